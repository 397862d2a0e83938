// Names that MX and SRV records can contain but that cannot be a host. No server is asked about
// them.
import { labelsOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';

/** Letters, digits and hyphens (RFC 1123 §2.1); also underscores, which mail servers accept. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** Top-level names that are in no public zone: RFC 6761 §6.3, §6.4, RFC 7686 §2, RFC 6762 §3. */
const SPECIAL: ReadonlySet<string> = new Set(['localhost', 'invalid', 'onion', 'local']);

/** Why the name cannot be a host that other machines reach; undefined: it can be one. */
export function noHostBecause(name: Fqdn): string | undefined {
  const labels = labelsOf(name);
  const top = labels.at(-1) ?? '';
  if (labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label))) {
    return 'it is an address, and the record must name a host';
  }
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) return `a host name cannot have the label "${wrong}"`;
  if (/^\d+$/.test(top)) return `the top-level domain "${top}" does not exist`;
  if (SPECIAL.has(top)) return `names below "${top}" are not in a public zone`;
  return undefined;
}
