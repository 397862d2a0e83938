import { expect, test } from 'vitest';
import { fuzzMessages } from './messages.ts';

test('mutated DNS messages are read or refused, and nothing else', { timeout: 60_000 }, () => {
  const { outcomes, broken } = fuzzMessages(1, 10_000);
  expect(broken).toEqual([]);
  // Most are malformed, but enough are not: a fuzzer whose messages all fail at the first octet
  // tests little.
  expect(outcomes['malformed'] ?? 0).toBeGreaterThan(1000);
  expect(outcomes['read'] ?? 0).toBeGreaterThan(1000);
});
