// What a run reads when the index knows which certificates are due.
import { describe, expect, it } from 'vitest';
import { DUE_INDEX, DueIndex, fingerprint } from '../../src/engine/due-index.ts';
import type { DueDocument } from '../../src/engine/due-index.ts';
import { rest } from '../../src/engine/idle.ts';
import { run } from '../../src/engine/run.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const NAMES = ['a', 'b', 'c'];

function scene() {
  const storage = new Storage();
  const store = storage.store(() => undefined);
  const read: string[] = [];
  const at = { now: NOW };
  /** Of each list by its first file, which is the document. */
  const signed = new Map<string, string | undefined>();
  const world = fakeWorld({
    clock: { now: () => at.now },
    files: { ...storage.files(() => undefined), folder: (name: string) => `state/${name}` },
    store: {
      ...store,
      pathOf: (key: string) => key,
      read: (key: string) => {
        read.push(key);
        return store.read(key);
      },
    },
    signatures: {
      of: (lists: readonly (readonly string[])[]) =>
        Promise.resolve(
          lists.map(([first = '']) => (signed.has(first) ? signed.get(first) : `of ${first}`)),
        ),
    },
  });
  return { world, read, at, signed };
}

const intentOf = (name: string): Intent =>
  intent({}, { name, services: [], dane: false, domains: [`${name}.example`] });

const taskOf = (name: string, more: Partial<Intent> = {}): Task =>
  fakeTask({ ...intentOf(name), ...more });

async function rested(world: World, until = NOW + 3600): Promise<void> {
  for (const name of NAMES) {
    const idle = { idleUntil: until, idleIntent: fingerprint(intentOf(name)) };
    await world.store.write(lineageKey(name), { ...newLineage(name), ...idle }, 0);
  }
}

async function ran(world: World, tasks = NAMES.map((name) => taskOf(name))) {
  const index = await DueIndex.open(tasks, world);
  const options = { wait: false, dryRun: false, named: false, parallel: 4, orders: 4, index };
  const { results } = await run(tasks, world, options, {});
  await index.save(tasks, undefined, world);
  return results;
}

async function entries(world: World): Promise<readonly string[]> {
  const stored = await world.store.read<DueDocument>(DUE_INDEX);
  return stored?.value.entries.map(({ name }) => name) ?? [];
}

describe('the index of due times', () => {
  it('lets a run read no document of a certificate that is not due', async () => {
    const { world, read } = scene();
    await rested(world);
    await ran(world);
    expect(await entries(world)).toEqual(NAMES);
    read.length = 0;
    const results = await ran(world);
    expect(read).toEqual([DUE_INDEX]);
    expect([...results.values()]).toEqual(
      NAMES.map(() => ({
        ...{ exit: 0, isResting: true },
        standing: { kind: 'done', until: NOW + 3600, reasons: [] },
      })),
    );
  });

  const READ_AGAIN: readonly (readonly [string, (given: ReturnType<typeof scene>) => Task])[] = [
    ['with another intent', () => taskOf('b', { keyType: 'rsa-2048' })],
    ['that is to be renewed now', () => taskOf('b', { force: true })],
    ['with an operation', () => ({ ...taskOf('b'), operation: { kind: 'off' } })],
    [
      'with other files',
      ({ signed }) => {
        signed.set(lineageKey('b'), 'another');
        return taskOf('b');
      },
    ],
    [
      'with files that cannot be judged',
      ({ signed }) => {
        signed.set(lineageKey('b'), undefined);
        return taskOf('b');
      },
    ],
  ];

  it.each(READ_AGAIN)('lets a run read the document of a certificate %s', async (_, change) => {
    const given = scene();
    const { world, read } = given;
    await rested(world);
    await ran(world);
    const changed = change(given);
    read.length = 0;
    await ran(world, [taskOf('a'), changed, taskOf('c')]);
    const documents = new Set(read.filter((key) => key.startsWith('certificate/')));
    expect(documents).toEqual(new Set(['certificate/b']));
  });

  it.each([
    ['the time has come', 3600],
    ['the clock was set back', -1],
  ])('is not believed when %s', async (_, passed) => {
    const { world, read, at } = scene();
    await rested(world);
    await ran(world);
    at.now += passed;
    read.length = 0;
    await ran(world);
    expect(read.filter((key) => key.startsWith('certificate/'))).not.toEqual([]);
  });

  it('says nothing of what has changed after the signature was taken', async () => {
    const { world, signed } = scene();
    await rested(world);
    const tasks = [taskOf('a')];
    signed.set(lineageKey('a'), 'before');
    const index = await DueIndex.open(tasks, world);
    signed.set(lineageKey('a'), 'after');
    index.note(taskOf('a'), NOW + 3600, NOW);
    await index.save(tasks, undefined, world);
    const next = await DueIndex.open(tasks, world);
    expect(next.standing(taskOf('a'), NOW)).toBeUndefined();
  });

  it('is used once in a run: one that waits reads the document again', async () => {
    const { world } = scene();
    await rested(world);
    await ran(world);
    const index = await DueIndex.open([taskOf('a')], world);
    expect(index.standing(taskOf('a'), NOW)).toBeDefined();
    expect(index.standing(taskOf('a'), NOW)).toBeUndefined();
  });

  it('is not written where documents are not files', async () => {
    const { world } = scene();
    await rested(world);
    const { pathOf: _none, ...store } = world.store;
    await ran({ ...world, store });
    expect(await entries(world)).toEqual([]);
  });

  it('leaves a certificate without records in DNS idle for as long as any other', async () => {
    const { world, at } = scene();
    at.now += 30 * 86_400;
    const task = taskOf('a');
    const memory = await Memory.load(world, task.intent);
    const next = { kind: 'done', until: at.now + 86_400, reasons: [] } as const;
    await rest({ task, memory, world, call: {} }, next);
    expect(memory.lineage.idleUntil).toBe(at.now + 6 * 3600);
  });

  it('of another run that was faster stays', async () => {
    const { world } = scene();
    await rested(world);
    const tasks = NAMES.map((name) => taskOf(name));
    const slow = await DueIndex.open(tasks, world);
    await ran(world);
    slow.note(taskOf('a'), NOW + 60, NOW);
    await slow.save(tasks, undefined, world);
    expect(await entries(world)).toEqual(NAMES);
  });
});
