// A live generation that is placed again, or whose services are reloaded again.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { reload, repair } from '../../src/engine/act/deploy.ts';
import type { Event } from '../../src/engine/events.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { liveGeneration, newLineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import { A, NOW, generation, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const LIVE = generation(2, 'live', A);

/** Generation 2 is live at two targets; other files are at the first one. */
async function placing(fails: 'nothing' | 'place' | 'reload' = 'nothing') {
  const [done, events]: [string[], Event[]] = [[], []];
  const storage = new Storage();
  const files = storage.files(() => undefined);
  await files.writeKey('mail', 2, 'KEY');
  await files.writeChain('mail', 2, 'CHAIN');
  const world = fakeWorld({
    files,
    store: storage.store(() => undefined),
    pki: { readPem: () => A, keyFits: () => true },
    emit: (event: Event) => void events.push(event),
  });
  const recorded = () => storage.document<typeof lineage>(lineageKey('mail'));
  const attempt = (what: 'place' | 'reload', id: string) => {
    // What is on disk when the target is read.
    const reloads = recorded()?.generations[0]?.reloads?.count ?? 0;
    done.push(`${what} ${id} (${reloads} recorded)`);
    return what === fails
      ? Promise.reject(new AppError('DEPLOY_FAILED', 'it fails'))
      : Promise.resolve();
  };
  const targets = ['one', 'two'].map((id): DeployTarget => ({
    ...{ id, label: `files /${id}` },
    place: () => attempt('place', id),
    reload: () => attempt('reload', id),
    placed: () => Promise.resolve([]),
    differences: () => Promise.resolve([]),
  }));
  const memories = {
    one: { label: 'files /one', took: 2, differs: ['/one has another key'] },
    two: { label: 'files /two', took: 2 },
  };
  const lineage = { ...newLineage('mail'), generations: [LIVE], targets: memories };
  await world.store.write(lineageKey('mail'), lineage, 0);
  const task = fakeTask(intent(), { targets });
  const memory = await Memory.load(world, task.intent);
  const job = { task, memory, world, call: {} };
  return { job, done, events, memory };
}

describe('a repair', () => {
  it('places at the target where other files are, and reports what they were', async () => {
    const { job, done, events, memory } = await placing();
    await repair(job, LIVE, ['one']);
    expect(done).toEqual(['place one (0 recorded)', 'reload one (0 recorded)']);
    expect(events).toMatchObject([
      { event: 'repaired', target: 'files /one', differences: ['/one has another key'] },
      { event: 'deployed', generation: 2 },
    ]);
    expect(memory.lineage.targets?.['one']).toMatchObject({ took: 2, attempts: { count: 1 } });
  });

  it('that fails is reported and recorded, and ends nothing else', async () => {
    const { job, events, memory } = await placing('place');
    await expect(repair(job, LIVE, ['one'])).resolves.toBeUndefined();
    expect(events).toMatchObject([{ event: 'not-repaired', code: 'DEPLOY_FAILED' }]);
    expect(memory.lineage.targets?.['one']?.failure).toMatchObject({ since: NOW });
  });
});

describe('a reload', () => {
  it('is recorded before it begins: one that crashes the machine is not repeated at once', async () => {
    const { job, done } = await placing();
    await reload(job, LIVE);
    expect(done).toEqual(['reload one (1 recorded)', 'reload two (1 recorded)']);
  });

  it('that fails reports that, and since when', async () => {
    const { job, memory } = await placing('reload');
    await expect(reload(job, LIVE)).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      message: 'files /one: it fails; it also failed at files /two',
    });
    expect(liveGeneration(memory.lineage)?.reloadFailingSince).toBe(NOW);
  });
});
