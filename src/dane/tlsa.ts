// The TLSA record as a value (RFC 6698 §2.1) and its three printed forms.
import type { RdataHex } from '../dns/rrset.ts';

/** One TLSA record. The three numbers are octets and may be outside what RFC 6698 assigns. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  /** Certificate association data, lower-case hex. */
  readonly data: string;
}

/**
 * The three parameters of a record, "3 1 1": what a client may or may not support (RFC 7671 §8).
 */
export type Combination = string;

export function combinationOf(record: TlsaRecord): Combination {
  return `${record.usage} ${record.selector} ${record.matchingType}`;
}

/** Zone file text: `3 1 1 ab12…`. */
export function tlsaText(record: TlsaRecord): string {
  return `${combinationOf(record)} ${record.data}`;
}

function octet(value: number): string {
  return value.toString(16).padStart(2, '0');
}

export function tlsaToRdata(record: TlsaRecord): RdataHex {
  return octet(record.usage) + octet(record.selector) + octet(record.matchingType) + record.data;
}

/**
 * The record of RDATA that is at least three octets long; undefined for shorter RDATA, which is no
 * TLSA record.
 */
export function tlsaFromRdata(rdata: RdataHex): TlsaRecord | undefined {
  if (rdata.length < 6) return undefined;
  return {
    usage: parseInt(rdata.slice(0, 2), 16),
    selector: parseInt(rdata.slice(2, 4), 16),
    matchingType: parseInt(rdata.slice(4, 6), 16),
    data: rdata.slice(6),
  };
}
