// The keys of a zone as values (RFC 4034 §2), and the digests in the DS records of its parent (§5).
import { createHash } from 'node:crypto';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { malformed, nameToWire } from './name-wire.ts';
import { viewOf } from './wire-reader.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex } from './rrset.ts';

export interface Dnskey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly keyTag: number;
  /** May sign records of the zone: the flag, and protocol 3 (RFC 4034 §2.1.1, §2.1.2). */
  readonly isZoneKey: boolean;
  /** Signs nothing any more except its own revocation (RFC 5011 §2.1). */
  readonly isRevoked: boolean;
  readonly publicKey: Uint8Array;
  readonly rdata: RdataHex;
}

export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  /** Lower-case hex. */
  readonly digest: string;
}

/** A zone with the keys by which its signatures are judged. */
export interface ZoneKeys {
  readonly zone: Fqdn;
  readonly keys: readonly Dnskey[];
}

/** SEP (0x0001) is a hint for people: validators ignore it (RFC 4034 §2.1.1). */
const FLAG = { ZONE: 0x0100, REVOKE: 0x0080 } as const;
const RSAMD5 = 1;

/** DNSKEY data (RFC 4034 §2.1). @throws AppError DNS_MALFORMED */
export function dnskeyOf(rdata: RdataHex): Dnskey {
  const bytes = fromHex(rdata);
  if (bytes.length < 5) throw malformed(`a DNSKEY record has ${bytes.length} octets of data`);
  const view = viewOf(bytes);
  const flags = view.getUint16(0);
  const protocol = view.getUint8(2);
  return {
    flags,
    protocol,
    algorithm: view.getUint8(3),
    keyTag: keyTagOf(bytes),
    isZoneKey: (flags & FLAG.ZONE) !== 0 && protocol === 3,
    isRevoked: (flags & FLAG.REVOKE) !== 0,
    publicKey: bytes.subarray(4),
    rdata,
  };
}

/** RFC 4034 App. B; RSA/MD5 had a rule of its own (App. B.1). */
function keyTagOf(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  if (view.getUint8(3) === RSAMD5) return bytes.length < 7 ? 0 : view.getUint16(bytes.length - 3);
  let sum = 0;
  for (const [at, octet] of bytes.entries()) sum += at % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}

/** DS data (RFC 4034 §5.1). @throws AppError DNS_MALFORMED */
export function dsOf(rdata: RdataHex): Ds {
  const bytes = fromHex(rdata);
  if (bytes.length < 5) throw malformed(`a DS record has ${bytes.length} octets of data`);
  const view = viewOf(bytes);
  return {
    keyTag: view.getUint16(0),
    algorithm: view.getUint8(2),
    digestType: view.getUint8(3),
    digest: toHex(bytes.subarray(4)),
  };
}

// RFC 4034 App. A.2, RFC 4509, RFC 6605 §2.
const DIGEST: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

export function isKnownDigestType(digestType: number): boolean {
  return DIGEST[digestType] !== undefined;
}

/**
 * The digest that a DS of this key carries (RFC 4034 §5.1.4); undefined for unknown digest types.
 */
export function digestOf(zone: Fqdn, key: Dnskey, digestType: number): string | undefined {
  const hash = DIGEST[digestType];
  if (hash === undefined) return undefined;
  return createHash(hash)
    .update(concatBytes(nameToWire(zone), fromHex(key.rdata)))
    .digest('hex');
}

/** Whether the DS is of this key of `zone`: tag, algorithm and digest (RFC 4034 §5.2). */
export function dsMatches(ds: Ds, zone: Fqdn, key: Dnskey): boolean {
  if (ds.keyTag !== key.keyTag || ds.algorithm !== key.algorithm) return false;
  return digestOf(zone, key, ds.digestType) === ds.digest;
}
