// Which answers a first record at a name would end: a wildcard answers only for names that do not
// exist. It does not answer for an existing name or below it, even if the name has no records
// itself (RFC 4592 §2.2.2). Rule 26.
import type { Fqdn } from './name.ts';
import type { RdataHex, RecordType } from './rrset.ts';
import { isUnderscored } from './wildcard.ts';

/** Answers of a wildcard that clients would not get any more. */
export interface Silenced {
  /** Where they must be published explicitly: the new name, or the wildcard below it. */
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly rdata: readonly RdataHex[];
}

/** For a name that may be a host, or a mail domain: whatever clients ask for there, or below it. */
const AT_HOSTS: readonly RecordType[] = [
  'A',
  'AAAA',
  'MX',
  'TXT',
  'CAA',
  'SRV',
  'TLSA',
  'HTTPS',
  'SVCB',
  'SSHFP',
  'NAPTR',
];
/** For a name like _tcp, which is not a host: what clients ask for at the names of services. */
const BELOW_UNDERSCORES: readonly RecordType[] = ['TLSA', 'SRV', 'TXT'];

/**
 * The types that count at a name which the first record at `owner` creates. No client asks below
 * that owner.
 */
export function typesUsedAt(name: Fqdn, owner: Fqdn): readonly RecordType[] {
  if (!isUnderscored(name)) return AT_HOSTS;
  return name === owner ? [] : BELOW_UNDERSCORES;
}

/**
 * Types that count for the target of an alias: its TXT records are about the target, not about a
 * service below a name like _tcp.
 */
export function typesUsedThroughAlias(name: Fqdn, owner: Fqdn): readonly RecordType[] {
  return typesUsedAt(name, owner).filter((type) => type !== 'TXT' || !isUnderscored(name));
}

/**
 * "v=spf1" at the start of a character-string: a policy for mail domains, and a name below an
 * underscore is not a mail domain.
 */
const SPF = /^..763d73706631/;

/** What is lost when the name is created, if its wildcard gives these answers. */
export function silencedAt(
  name: Fqdn,
  type: RecordType,
  rdata: readonly RdataHex[],
): Silenced | undefined {
  if (!isUnderscored(name)) return { name, type, rdata };
  const used = type === 'TXT' ? rdata.filter((text) => !SPF.test(text)) : rdata;
  return used.length === 0 ? undefined : { name: `*.${name}` as Fqdn, type, rdata: used };
}
