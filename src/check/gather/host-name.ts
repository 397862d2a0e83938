// Names that MX and SRV records may hold, and that can be no host: nobody is asked about them.
import { labelsOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';

/**
 * Letters, digits and hyphens (RFC 1123 §2.1); underscores are no letters, and mail servers take
 * them all the same.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** Top-level names that are in no public zone: RFC 6761 §6.3, §6.4, RFC 7686 §2, RFC 6762 §3. */
const SPECIAL: ReadonlySet<string> = new Set(['localhost', 'invalid', 'onion', 'local']);

/** Why the name can be no host that others reach; undefined: it can be one. */
export function noHostBecause(name: Fqdn): string | undefined {
  const labels = labelsOf(name);
  const top = labels.at(-1) ?? '';
  if (labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label))) {
    return 'it is an address, and the record has to name a host';
  }
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) return `the name of a host cannot have the label "${wrong}"`;
  if (/^\d+$/.test(top)) return `there is no top-level domain "${top}"`;
  if (SPECIAL.has(top)) return `names below "${top}" are in no public zone`;
  return undefined;
}
