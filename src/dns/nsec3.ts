// NSEC3 data, and the hash under which names appear in it (RFC 5155 §3, §5).
import { createHash } from 'node:crypto';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { malformed, nameToWire } from './name-wire.ts';
import { labelsOf, parentOf, type Fqdn } from './name.ts';
import { typesOf } from './type-bitmap.ts';
import { viewOf } from './wire-reader.ts';
import type { RdataHex } from './rrset.ts';

export interface Nsec3 {
  readonly algorithm: number;
  readonly flags: number;
  readonly iterations: number;
  readonly salt: RdataHex;
  /**
   * The hash in the owner name, and the next one; lower-case hex, so that they compare as octets.
   */
  readonly hash: string;
  readonly next: string;
  readonly types: ReadonlySet<number>;
}

export const SHA1 = 1;
export const OPT_OUT = 0x01;

/**
 * @throws AppError DNS_MALFORMED, also if the owner is not a hash directly below the zone's apex
 * (RFC 5155 §3)
 */
export function nsec3Of(owner: Fqdn, rdata: RdataHex, zone: Fqdn): Nsec3 {
  const bytes = fromHex(rdata);
  if (bytes.length < 5) throw malformed(`an NSEC3 record has ${bytes.length} octets of data`);
  const view = viewOf(bytes);
  const saltEnd = 5 + view.getUint8(4);
  const hashEnd = saltEnd + 1 + (bytes[saltEnd] ?? 0);
  if (hashEnd > bytes.length) throw malformed('an NSEC3 record is cut off');
  const [label = ''] = labelsOf(owner);
  const hash = fromBase32Hex(label);
  const next = toHex(bytes.subarray(saltEnd + 1, hashEnd));
  if (parentOf(owner) !== zone || hash === undefined || hash.length !== next.length) {
    throw malformed(`${owner} is not the name of an NSEC3 record of ${zone}`);
  }
  return {
    algorithm: view.getUint8(0),
    flags: view.getUint8(1),
    iterations: view.getUint16(2),
    salt: toHex(bytes.subarray(5, saltEnd)),
    hash,
    next,
    types: typesOf(bytes.subarray(hashEnd)),
  };
}

/** RFC 5155 §5; the caller bounds `iterations`. Lower-case hex. */
export function hashedName(name: Fqdn, iterations: number, salt: RdataHex): string {
  const saltOctets = fromHex(salt);
  let digest: Uint8Array = nameToWire(name);
  for (let round = 0; round <= iterations; round += 1) {
    digest = createHash('sha1').update(concatBytes(digest, saltOctets)).digest();
  }
  return toHex(digest);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuv';

/** RFC 4648 §7 without padding, as lower-case hex; undefined for any other text. */
function fromBase32Hex(text: string): string | undefined {
  const octets: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      octets.push((value >>> bits) & 0xff);
    }
  }
  return toHex(Uint8Array.from(octets));
}
