// Absolute domain names in one form: lower-case A-labels, with the trailing dot.
import { domainToASCII } from 'node:url';
import { AppError } from '../base/errors.ts';

declare const fqdnBrand: unique symbol;
/**
 * `mx.example.org.`: absolute, lower case, every label ≤ 63 octets, the whole ≤ 255 (RFC 1035
 * §2.3.4).
 */
export type Fqdn = string & { readonly [fqdnBrand]: true };

const HOST_LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;
const LABEL = /^[\x21-\x2d\x2f-\x7e]{1,63}$/;

/** The labels of a name, leftmost first; none for the root. */
export function labelsOf(name: Fqdn): readonly string[] {
  return name === '.' ? [] : name.slice(0, -1).split('.');
}

/** Why the text is not a domain name, or undefined if it is one. */
function fault(name: string): string | undefined {
  if (name === '.') return undefined;
  const labels = name.slice(0, -1).split('.');
  for (const label of labels) {
    if (label === '') return 'has an empty label';
    if (label.length > 63) return `has a label of ${label.length} octets (at most 63)`;
    if (!LABEL.test(label)) return `has a character that is not allowed in label "${label}"`;
  }
  const octets = labels.reduce((sum, label) => sum + label.length + 1, 1);
  return octets > 255 ? `is ${octets} octets long (at most 255)` : undefined;
}

/**
 * Makes any spelling of a domain name absolute: U-labels become A-labels, upper case lower case,
 * the dot is added.
 * @throws AppError INPUT_INVALID
 */
export function fqdn(text: string): Fqdn {
  // domainToASCII accepts underscores, but changes escapes and empty names: only U-labels are
  // passed to it.
  const ascii = /[^\x00-\x7f]/.test(text) ? domainToASCII(text) : text.toLowerCase();
  const name = ascii.endsWith('.') ? ascii : `${ascii}.`;
  const reason = ascii === '' ? 'is empty or not a valid international name' : fault(name);
  if (reason !== undefined) {
    throw new AppError('INPUT_INVALID', `domain name "${text}" ${reason}`, {
      hint: 'write the name as in DNS, like mx1.example.org',
    });
  }
  return name as Fqdn;
}

/** The name one label up; undefined for the root. */
export function parentOf(name: Fqdn): Fqdn | undefined {
  if (name === '.') return undefined;
  const rest = name.slice(name.indexOf('.') + 1);
  return (rest === '' ? '.' : rest) as Fqdn;
}

/** Whether `name` is equal to `ancestor` or below it. */
export function isWithin(name: Fqdn, ancestor: Fqdn): boolean {
  return ancestor === '.' || name === ancestor || name.endsWith(`.${ancestor}`);
}

/** The name in the usual form of hosts: without the trailing dot. */
export function hostOf(name: Fqdn): string {
  return name === '.' ? '.' : name.slice(0, -1);
}

/**
 * Whether a machine can have this name (RFC 1123 §2.1; underscores occur in practice). A last label
 * that is a number would be a mistyped IPv4 address.
 */
export function isHostName(name: Fqdn): boolean {
  const labels = labelsOf(name);
  const last = labels.at(-1) ?? '';
  return last !== '' && !/^\d+$/.test(last) && labels.every((label) => HOST_LABEL.test(label));
}
