// Which of a CA's chains is preferred: by the name of the issuer of its last certificate, or by a
// trust anchor that it contains, as TLSA records name it (RFC 7671 §5.2: a client finds the anchor
// only among the certificates that are sent).
import { X509Certificate } from 'node:crypto';
import { associationData } from '../dane/association.ts';
import { chainFromPem } from '../x509/chain.ts';
import { topIssuerOf } from './pem.ts';

export type ChainChoice =
  | { readonly name: string }
  | { readonly selector: number; readonly matchingType: number; readonly data: string };

const DIGITS: Readonly<Record<string, number>> = { '1': 64, '2': 128 };

/**
 * `ISRG Root X1`, `2 1 1 0b9f…`, or the SHA-256 of a key alone. Undefined: meant as an anchor, and
 * not well-formed.
 */
export function chainChoice(text: string): ChainChoice | undefined {
  const trimmed = text.trim();
  const [, selector = '', matchingType = '', record = ''] =
    /^2 +([01]) +([12]) +([0-9a-f\s:]+)$/i.exec(trimmed) ?? [];
  if (selector !== '') return anchorOf(selector, matchingType, record);
  const [, key = ''] = /^(?:sha256:)?([0-9a-f:]{40,})$/i.exec(trimmed) ?? [];
  if (key !== '') return anchorOf('1', '1', key);
  const isRecord = /^\d +\d +\d +/.test(trimmed) || trimmed.startsWith('sha256:');
  return trimmed === '' || isRecord ? undefined : { name: trimmed };
}

function anchorOf(selector: string, matchingType: string, text: string): ChainChoice | undefined {
  const data = text.replaceAll(/[\s:]/g, '').toLowerCase();
  if (data.length !== DIGITS[matchingType]) return undefined;
  return { selector: Number(selector), matchingType: Number(matchingType), data };
}

/** The CA certificates of a chain as `2 1 1`, in the order sent. */
function anchorsIn(pem: string, selector = 1, matchingType = 1): readonly string[] {
  return chainFromPem(pem)
    .certificates.slice(1)
    .flatMap((one) => associationData(one, selector, matchingType) ?? []);
}

export function isChosen(blocks: readonly string[], choice: ChainChoice, url: string): boolean {
  if ('name' in choice) return topIssuerOf(blocks, url) === choice.name;
  const { selector, matchingType, data } = choice;
  return anchorsIn(blocks.join(''), selector, matchingType).includes(data);
}

/** For messages: in the terms of the choice. */
export function chainWords(blocks: readonly string[], choice: ChainChoice, url: string): string {
  const name = topIssuerOf(blocks, url);
  if ('name' in choice) return name;
  const { selector, matchingType } = choice;
  const anchors = anchorsIn(blocks.join(''), selector, matchingType);
  const named = blocks.slice(1).map((block, at) => `${subjectOf(block)} ${anchors[at] ?? ''}`);
  return `${name}: ${named.join(', ') || 'no CA certificates'}`;
}

function subjectOf(block: string): string {
  const { subject } = new X509Certificate(block);
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}
