// A hook of another program asks for a look at a certificate that is idle.
import { describe, expect, it } from 'vitest';
import { DueIndex, fingerprint } from '../../src/engine/due-index.ts';
import { idle } from '../../src/engine/idle.ts';
import { answer, ask, askedAt, askedKey } from '../../src/engine/state/asked.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { World } from '../../src/engine/world.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { PairSource } from '../../src/ports/source.ts';
import { NOW, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const source: PairSource = {
  label: '/live/fullchain.pem',
  watches: ['/live/fullchain.pem'],
  read: () => Promise.resolve(undefined),
};
const task = fakeTask(intent(), { source });
const { name } = task.intent;

async function asks(world: World): Promise<void> {
  await ask(name, 'certbot', world);
}

describe('a certificate at which a hook asks to look', () => {
  it('is not idle, whatever its document and the index say, until it has been looked at', async () => {
    const signed: string[] = [];
    const world = fakeWorld({
      signatures: {
        of: (lists: readonly (readonly string[])[]) => {
          signed.push(...lists.flat());
          return Promise.resolve(lists.map(() => 'same'));
        },
      },
    });
    const { store } = world;
    const pathOf = (key: string): string => `state/${key}`;
    const withPaths = { ...world, store: { ...store, pathOf } };
    await DueIndex.open([task], withPaths);
    expect(signed).toContain(pathOf(askedKey(name)));

    const memory = await Memory.load(world, { ...task.intent, services: [], dane: false });
    const rest = { idleUntil: NOW + 3600, idleIntent: fingerprint(task.intent) };
    await memory.saveLineage({ ...newLineage(name), ...rest });
    // Without a source nothing is read of another program, so that the document alone decides.
    const own = fakeTask(task.intent);
    expect(await idle(own, world)).toMatchObject({ kind: 'done' });
    await asks(world);
    expect(await idle(task, world)).toBeUndefined();
    expect((await store.read(lineageKey(name)))?.value).toMatchObject(rest);
  });

  it('was looked at only if nothing has asked since the look began', async () => {
    const world = fakeWorld();
    await asks(world);
    const before = await askedAt(task, world);
    await asks(world);
    await answer(task, before, world);
    const since = await askedAt(task, world);
    expect(since).not.toBe(before);
    await answer(task, since, world);
    expect(await askedAt(task, world)).toBeUndefined();
  });

  it('is asked about by several hooks at the same time', async () => {
    const world = fakeWorld();
    await Promise.all([1, 2, 3].map(() => asks(world)));
    expect(await askedAt(task, world)).toBe(3);
  });
});
