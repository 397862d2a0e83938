// What a first record at a name would silence: a wildcard answers for names that do not exist, and
// no longer for one that does, nor for those below it, though it be there only for what is below
// (RFC 4592 §2.2.2). The laws, rule 26.
import type { Fqdn } from './name.ts';
import type { RdataHex, RecordType } from './rrset.ts';
import { isUnderscored } from './wildcard.ts';

/** Answers of a wildcard that nobody would get any more. */
export interface Silenced {
  /**
   * Where they have to stand explicitly: the name that comes into being, or the wildcard below it.
   */
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly rdata: readonly RdataHex[];
}

/** At a name that may be a host, or a mail domain: whatever clients ask for there, or below it. */
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
/** Below a name that is none, like _tcp: what clients ask for at the names of services. */
const BELOW_UNDERSCORES: readonly RecordType[] = ['TLSA', 'SRV', 'TXT'];

/**
 * The types that count at a name which the first record at `owner` brings into being. Below that
 * owner nothing is asked for.
 */
export function typesUsedAt(name: Fqdn, owner: Fqdn): readonly RecordType[] {
  if (!isUnderscored(name)) return AT_HOSTS;
  return name === owner ? [] : BELOW_UNDERSCORES;
}

/**
 * Types that count where an alias leads: its target's TXT records speak for the target, and for no
 * service below a name like _tcp.
 */
export function typesUsedThroughAlias(name: Fqdn, owner: Fqdn): readonly RecordType[] {
  return typesUsedAt(name, owner).filter((type) => type !== 'TXT' || !isUnderscored(name));
}

/**
 * "v=spf1" at the start of a character-string: a policy for mail domains, and a name below an
 * underscore is none.
 */
const SPF = /^..763d73706631/;

/** What is lost when the name comes into being, if the answers of its wildcard are these. */
export function silencedAt(
  name: Fqdn,
  type: RecordType,
  rdata: readonly RdataHex[],
): Silenced | undefined {
  if (!isUnderscored(name)) return { name, type, rdata };
  const used = type === 'TXT' ? rdata.filter((text) => !SPF.test(text)) : rdata;
  return used.length === 0 ? undefined : { name: `*.${name}` as Fqdn, type, rdata: used };
}
