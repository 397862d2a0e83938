// Time-based one-time passwords (RFC 6238) with what every authenticator app has: HMAC-SHA-1, steps
// of 30 s, six digits.
import { createHmac } from 'node:crypto';
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';

export const STEP: Seconds = 30;

/** Which step of the day and age an instant is in. */
export const stepAt = (instant: Instant): number => Math.floor(instant / STEP);

/** @throws AppError SECRET_UNREADABLE when the secret is not base32 */
export function totp(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  // RFC 4226 §5.3: the last four bits say where the 31 bits of the code begin.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const value = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6, as it is shown to people: in groups, in any case, without padding. */
function fromBase32(text: string): Uint8Array {
  const digits = [...text.replace(/[\s-]|=+$/g, '').toUpperCase()].map((digit) =>
    ALPHABET.indexOf(digit),
  );
  if (digits.length === 0 || digits.includes(-1)) {
    throw new AppError('SECRET_UNREADABLE', 'the TOTP secret is not base32', {
      hint: 'it has the letters A to Z and the digits 2 to 7, and stands below the QR code',
    });
  }
  const bits = digits.map((digit) => digit.toString(2).padStart(5, '0')).join('');
  const octets = bits.match(/.{8}/g) ?? [];
  return Uint8Array.from(octets, (octet) => parseInt(octet, 2));
}
