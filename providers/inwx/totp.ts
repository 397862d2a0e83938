// Time-based one-time passwords (RFC 6238) with the parameters of all authenticator apps:
// HMAC-SHA-1, steps of 30 s, six digits.
import { createHmac } from 'node:crypto';
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';

export const STEP: Seconds = 30;

/** The number of the 30 s step of a time. */
export const stepAt = (instant: Instant): number => Math.floor(instant / STEP);

/** @throws AppError SECRET_UNREADABLE if the secret is not base32 */
export function totp(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  // RFC 4226 §5.3: the last four bits give the position of the 31 bits of the code.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const value = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6, as it is shown to users: in groups, in upper or lower case, without padding. */
function fromBase32(text: string): Uint8Array {
  const digits = [...text.replace(/[\s-]|=+$/g, '').toUpperCase()].map((digit) =>
    ALPHABET.indexOf(digit),
  );
  if (digits.length === 0 || digits.includes(-1)) {
    throw new AppError('SECRET_UNREADABLE', 'the TOTP secret is not base32', {
      hint:
        'it consists of the letters A to Z and the digits 2 to 7, and is shown below the QR ' +
        'code',
    });
  }
  const bits = digits.map((digit) => digit.toString(2).padStart(5, '0')).join('');
  const octets = bits.match(/.{8}/g) ?? [];
  return Uint8Array.from(octets, (octet) => parseInt(octet, 2));
}
