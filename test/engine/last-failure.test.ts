// A failure is known to the next command, whatever else is stored of the certificate.
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { recordFailure } from '../../src/engine/state/last-failure.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import { intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

it('is stored for a certificate of which nothing is stored yet, and counted from then on', async () => {
  const storage = new Storage();
  const world = fakeWorld({ store: storage.store(() => undefined) });
  const task = fakeTask(intent());
  const failure = new AppError('DNS_UNREACHABLE', 'no server answers');
  for (const attempts of [1, 2]) {
    await recordFailure(task, failure, world);
    expect(storage.document<Lineage>(lineageKey('mail'))).toMatchObject({
      generations: [],
      trouble: { code: 'DNS_UNREACHABLE', attempts, exit: 3 },
    });
  }
});

it('the answer to a command that was refused does not concern the certificate', async () => {
  const storage = new Storage();
  const world = fakeWorld({ store: storage.store(() => undefined) });
  const task = fakeTask(intent(), { operation: { kind: 'rollback' } });
  await recordFailure(task, new AppError('BLOCKED', 'nothing to go back to'), world);
  expect(storage.document(lineageKey('mail'))).toBeUndefined();
});
