// RRsets as values. RDATA is lower-case hex of the wire form, so that sets compare and store
// without loss.
import type { Seconds } from '../base/clock.ts';
import type { Fqdn } from './name.ts';

/** RDATA in wire form, lower-case hex, names inside it uncompressed. */
export type RdataHex = string;

/** Record types that the program names; others appear as TYPE123 (RFC 3597 §5). */
export type RecordType =
  | 'A'
  | 'AAAA'
  | 'CAA'
  | 'CNAME'
  | 'DNSKEY'
  | 'DS'
  | 'HTTPS'
  | 'MX'
  | 'NAPTR'
  | 'NS'
  | 'RRSIG'
  | 'SOA'
  | 'SRV'
  | 'SSHFP'
  | 'SVCB'
  | 'TLSA'
  | 'TXT';

/**
 * All records of one owner and type. An absent RRset is `undefined` or an empty `rdata`, as the
 * caller says.
 */
export interface RRset {
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl: Seconds;
  /** Sorted, no duplicates. */
  readonly rdata: readonly RdataHex[];
}

/** The set of RDATA in its one form: lower case, sorted, unique. */
export function rdataSet(rdata: Iterable<RdataHex>): readonly RdataHex[] {
  return [...new Set([...rdata].map((item) => item.toLowerCase()))].sort();
}

export function sameRdata(a: readonly RdataHex[], b: readonly RdataHex[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
