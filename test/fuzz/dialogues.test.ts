import { expect, test } from 'vitest';
import { fuzzDialogues } from './dialogues.ts';

test('mutated dialogues end in an outcome or ask for more, and send only known commands', () => {
  const { outcomes, broken } = fuzzDialogues(1, 20_000);
  expect(broken).toEqual([]);
  // Every outcome occurs often: a fuzzer that finds only one of them tests little.
  for (const status of ['start-tls', 'no-tls', 'tls-failed', 'protocol-error', 'more']) {
    expect(outcomes[status] ?? 0, status).toBeGreaterThan(50);
  }
});
