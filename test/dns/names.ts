// Arbitraries for names and RDATA.
import fc from 'fast-check';
import type { Fqdn } from '../../src/dns/name.ts';

/** Labels of any octets, as wire form. */
export const wireName = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 5 })
  .filter((labels) => labels.reduce((sum, label) => sum + label.length + 1, 1) <= 255)
  .map((labels) => Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]));

export const hostName = fc
  .array(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), { minLength: 1, maxLength: 6 })
  .map((labels) => `${labels.join('.')}.` as Fqdn);
