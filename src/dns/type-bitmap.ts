// Which types exist at a name, according to NSEC and NSEC3: windows of 256 types, a bit for each
// (RFC 4034 §4.1.2).
import { malformed } from './name-wire.ts';

/** @throws AppError DNS_MALFORMED when windows are out of order, empty, too long or cut off */
export function typesOf(bitmap: Uint8Array): ReadonlySet<number> {
  const types = new Set<number>();
  let last = -1;
  for (let at = 0; at < bitmap.length;) {
    const [window = 0, length = 0] = bitmap.subarray(at, at + 2);
    const bits = bitmap.subarray(at + 2, at + 2 + length);
    if (window <= last || length < 1 || length > 32 || bits.length < length) {
      throw malformed('the list of types of an NSEC or NSEC3 record cannot be read');
    }
    for (const [index, octet] of bits.entries()) {
      for (let bit = 0; bit < 8; bit += 1) {
        if ((octet & (0x80 >> bit)) !== 0) types.add(window * 256 + index * 8 + bit);
      }
    }
    last = window;
    at += 2 + length;
  }
  return types;
}
