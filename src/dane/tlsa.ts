// The TLSA record as a value (RFC 6698 §2.1) and its three printed forms.
import type { RdataHex } from '../dns/rrset.ts';

/** One TLSA record. The three numbers are octets and may be outside what RFC 6698 assigns. */
export interface TlsaRecord extends Parameters {
  /** Certificate association data, lower-case hex. */
  readonly data: string;
}

interface Parameters {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
}

/** The three parameters of a record as configuration and messages write them: "3 1 1". */
export type CombinationText = string;

/**
 * The three parameters of a record: what a client may or may not support (RFC 7671 §8). Equal ones
 * are the same value.
 */
export interface Combination extends Parameters {
  readonly text: CombinationText;
}

/**
 * A record of an RRset, with everything that is read from its RDATA. Equal ones are the same value.
 */
export interface Tlsa extends TlsaRecord {
  readonly combination: Combination;
  readonly rdata: RdataHex;
}

/** Usages 0 and 2 name a CA certificate, 1 and 3 the certificate of the server. */
export function namesAuthority({ usage }: Pick<Parameters, 'usage'>): boolean {
  return usage === 0 || usage === 2;
}

export function combinationText(of: Parameters): CombinationText {
  return `${of.usage} ${of.selector} ${of.matchingType}`;
}

const combinations = new Map<CombinationText, Combination>();

export function combinationOf(of: Parameters): Combination {
  const text = combinationText(of);
  let known = combinations.get(text);
  if (known === undefined) {
    const { usage, selector, matchingType } = of;
    combinations.set(text, (known = { usage, selector, matchingType, text }));
  }
  return known;
}

/** From a text that the configuration has checked. */
export function combinationFrom(text: CombinationText): Combination {
  const [usage = NaN, selector = NaN, matchingType = NaN] = text.split(' ').map(Number);
  return combinationOf({ usage, selector, matchingType });
}

/** Zone file text: `3 1 1 ab12…`. */
export function tlsaText(record: TlsaRecord): string {
  return `${combinationText(record)} ${record.data}`;
}

function octet(value: number): string {
  return value.toString(16).padStart(2, '0');
}

export function tlsaToRdata(record: TlsaRecord): RdataHex {
  return octet(record.usage) + octet(record.selector) + octet(record.matchingType) + record.data;
}

/**
 * The record of RDATA that is at least three octets long; undefined for shorter RDATA, which is not
 * a TLSA record.
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

// The laws compare the records of a few owners thousands of times. Records that nothing holds any
// more leave: a zone that changes its records for months fills no memory.
const records = new Map<RdataHex, WeakRef<Tlsa>>();
const unheld = new FinalizationRegistry((rdata: RdataHex) => {
  if (records.get(rdata)?.deref() === undefined) records.delete(rdata);
});

/** RDATA that is too short has parameters that no client can use. */
const UNREADABLE: TlsaRecord = { usage: 255, selector: 255, matchingType: 255, data: '' };

/** The record of RDATA in DNS messages and state documents. */
export function tlsaOf(rdata: RdataHex): Tlsa {
  const known = records.get(rdata)?.deref();
  if (known !== undefined) return known;
  const record = tlsaFromRdata(rdata) ?? UNREADABLE;
  const value: Tlsa = { ...record, combination: combinationOf(record), rdata };
  records.set(rdata, new WeakRef(value));
  unheld.register(value, rdata);
  return value;
}

export function tlsaValue(record: TlsaRecord): Tlsa {
  return tlsaOf(tlsaToRdata(record));
}

/** In the order of an RRset, each once. */
export function tlsaSet(all: Iterable<Tlsa>): readonly Tlsa[] {
  return [...new Set(all)].sort((a, b) => (a.rdata < b.rdata ? -1 : 1));
}
