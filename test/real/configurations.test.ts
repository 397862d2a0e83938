// In the namespace, because mutated configurations name servers of other people.
import { expect, test } from 'vitest';
import { fuzzConfigurations } from '../fuzz/configurations.ts';

test('K36: for every configuration, config check and run refuse the same ones, and neither crashes', async () => {
  const { outcomes, broken } = await fuzzConfigurations(1, 150);
  expect(broken).toEqual([]);
  // Both kinds occur often: a fuzzer that finds only one of them tests little.
  expect(outcomes['check 2 run 2'] ?? 0).toBeGreaterThan(20);
  expect(outcomes['check 0 run 3'] ?? 0).toBeGreaterThan(20);
});
