// What a message says about one name and type: the RRset, the CNAMEs in front of it, the SOA of a
// denial, signatures.
import { AppError } from '../base/errors.ts';
import { rrsigOf, soaOf, targetName, type Rrsig, type Soa } from './rdata.ts';
import { CLASS, META_TYPE, typeNumber } from './record-type.ts';
import { isWithin, type Fqdn } from './name.ts';
import { rdataSet, type RecordType, type RRset } from './rrset.ts';
import type { Message, WireRecord } from './wire-reader.ts';

/** The RRset among records of one section; undefined when it has none. */
export function rrsetIn(
  records: readonly WireRecord[],
  owner: Fqdn,
  type: RecordType,
): RRset | undefined {
  const number = typeNumber(type);
  const own = records.filter(
    (record) => record.owner === owner && record.type === number && record.class === CLASS.IN,
  );
  if (own.length === 0) return undefined;
  // Differing TTLs within an RRset are an error of the server (RFC 2181 §5.2); waiting for the
  // longest is always safe.
  const ttl = Math.max(...own.map((record) => record.ttl));
  return { owner, type, ttl, rdata: rdataSet(own.map(({ rdata }) => rdata)) };
}

export interface Chain {
  /** The name at the end of the CNAMEs. */
  readonly owner: Fqdn;
  readonly aliases: readonly RRset[];
  readonly rrset?: RRset;
}

const MAX_ALIASES = 16;

/**
 * Follows CNAMEs through an answer. @throws AppError DNS_MALFORMED for loops and for two CNAMEs at
 * one name
 */
export function chainIn(message: Message, name: Fqdn, type: RecordType): Chain {
  const aliases: RRset[] = [];
  let owner = name;
  for (;;) {
    const rrset = rrsetIn(message.answers, owner, type);
    if (rrset !== undefined) return { owner, aliases, rrset };
    const alias = rrsetIn(message.answers, owner, 'CNAME');
    if (alias === undefined) return { owner, aliases };
    const [target, second] = alias.rdata;
    if (target === undefined || second !== undefined) {
      throw new AppError('DNS_MALFORMED', `${owner} has two CNAME records`);
    }
    aliases.push(alias);
    owner = targetName(target);
    if (aliases.length > MAX_ALIASES || aliases.some((passed) => passed.owner === owner)) {
      throw new AppError('DNS_MALFORMED', `the CNAME records from ${name} form a loop`);
    }
  }
}

export interface Denial {
  readonly zone: Fqdn;
  readonly soa: Soa;
  /** How long caches keep it: min(SOA TTL, SOA minimum) (RFC 2308 §5). */
  readonly negativeTtl: number;
}

/** The SOA that a negative answer for `name` carries. */
export function denialIn(message: Message, name: Fqdn): Denial | undefined {
  const record = message.authorities.find(
    ({ owner, type, class: recordClass }) =>
      type === typeNumber('SOA') && recordClass === CLASS.IN && isWithin(name, owner),
  );
  if (record === undefined) return undefined;
  const soa = soaOf(record.rdata);
  return { zone: record.owner, soa, negativeTtl: Math.min(record.ttl, soa.minimum) };
}

/** Signatures over the RRset at `owner`. */
export function signaturesIn(
  records: readonly WireRecord[],
  owner: Fqdn,
  type: RecordType,
): readonly Rrsig[] {
  return rrsigs(records.filter((record) => record.owner === owner)).filter(
    ({ typeCovered }) => typeCovered === typeNumber(type),
  );
}

/** Whether any record of the answer, or of the denial, came with a signature. */
export function hasSignatures({ answers, authorities }: Message): boolean {
  return [...answers, ...authorities].some(({ type }) => type === typeNumber('RRSIG'));
}

/** Signatures over the SOA and the proofs of a denial. */
export function denialSignaturesIn(message: Message): readonly Rrsig[] {
  const covered: readonly number[] = [typeNumber('SOA'), META_TYPE.NSEC, META_TYPE.NSEC3];
  return rrsigs(message.authorities).filter(({ typeCovered }) => covered.includes(typeCovered));
}

const rrsigs = (records: readonly WireRecord[]): Rrsig[] =>
  records.filter(({ type }) => type === typeNumber('RRSIG')).map(({ rdata }) => rrsigOf(rdata));
