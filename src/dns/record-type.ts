// Numbers of record types, classes and response codes (IANA DNS parameters), for the names the
// program uses.
import type { RecordType } from './rrset.ts';

const NUMBER: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
};

export function typeNumber(type: RecordType): number {
  return NUMBER[type];
}

/** `TLSA`, or `TYPE61` for types without a name here (RFC 3597 §5). */
export function typeName(type: number): string {
  const known = Object.entries({ ...NUMBER, ...META_TYPE }).find(([, value]) => value === type);
  return known?.[0] ?? `TYPE${type}`;
}

/** Types that appear in messages without being asked for as RRsets. */
export const META_TYPE = {
  DNAME: 39,
  OPT: 41,
  NSEC: 47,
  NSEC3: 50,
  NXNAME: 128,
  TSIG: 250,
  ANY: 255,
} as const;

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADSIG: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADTRUNC: 22,
} as const;

/** Of EDNS (RFC 6891 §6.1.3); in TSIG the same number is BADSIG. */
export const BADVERS = 16;

/** `SERVFAIL`, or `RCODE23` for codes without a name here. */
export function rcodeName(rcode: number): string {
  const [name] = Object.entries(RCODE).find(([, value]) => value === rcode) ?? [];
  return name ?? `RCODE${rcode}`;
}
