import { expect, it } from 'vitest';
import { stepAt, totp } from '../../providers/inwx/totp.ts';

/** "12345678901234567890" in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

// RFC 6238 appendix B has eight digits; six of them are the last ones.
it.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('makes the code of RFC 6238 for %i', (instant, code) => {
  expect(totp(SECRET, stepAt(instant))).toBe(code.slice(2));
});

it('reads a secret as it is printed for people', () => {
  expect(totp('gezd gnbv gy3t qojq gezd gnbv gy3t qojq', 1)).toBe(totp(SECRET, 1));
  expect(totp('GEZDGNBVGY======', 1)).toBe(totp('GEZDGNBVGY', 1));
});

it('does not show a secret that is not base32', () => {
  expect(() => totp('not-base-32!', 1)).toThrow('the TOTP secret is not base32');
});
