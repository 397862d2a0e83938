// Several certificates in one run, each waiting for a slow CA.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { run } from '../../src/engine/run.ts';
import type { Task, World } from '../../src/engine/world.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { fakeWorld } from '../support/fakes.ts';

/** How long the CA needs for each order. */
const TAKES = 40;
const NAMES = ['a', 'b', 'c', 'd'];

function surroundings() {
  const time = { now: NOW };
  const begun = new Map<string, number>();
  const told: string[] = [];
  const alive = (): void => undefined;
  const storage = new Storage();
  const world = fakeWorld({
    clock: {
      now: () => time.now,
      sleep: (seconds: number) => {
        told.push('sleeps');
        time.now += seconds;
        return Promise.resolve();
      },
    },
    store: storage.store(alive),
    files: storage.files(alive),
    issuer: {
      directory: 'https://ca.example/directory',
      lookAtOrder: (url: string) => {
        told.push(url);
        begun.set(url, begun.get(url) ?? time.now);
        if (time.now - (begun.get(url) ?? 0) >= TAKES) {
          return Promise.reject(new AppError('ACME_UNREACHABLE', 'the CA is gone'));
        }
        return Promise.resolve({ url, status: 'processing', challenges: [] });
      },
    },
  });
  return { time, world, told };
}

function taskOf(name: string): Task {
  const wanted = intent({}, { name, services: [], dane: false, domains: [`${name}.example`] });
  return { intent: wanted, neighbours: [], reach: {}, targets: [] };
}

async function withOrder(name: string, world: World): Promise<Task> {
  const task = taskOf(name);
  const { keyType, domains, directory } = task.intent;
  const generation = {
    ...{ number: 1, state: 'key', keyType, domains, directory, createdAt: NOW, keyMadeAt: NOW },
    ...{ spki: name, orderUrl: name },
  } as Generation;
  await world.files.writeKey(name, 1, name);
  const lineage = { ...newLineage(name), generations: [generation] };
  await world.store.write(lineageKey(name), lineage, 0);
  return task;
}

describe('K13: certificates do not delay each other', () => {
  it('all of them are in progress before the run sleeps, and wait at the same time', async () => {
    const { world, told, time } = surroundings();
    const tasks = await Promise.all(NAMES.map((name) => withOrder(name, world)));
    const options = { wait: false, dryRun: false, named: false };
    const { results } = await run(tasks, world, options, {});
    expect(told.slice(0, told.indexOf('sleeps'))).toEqual(NAMES);
    expect([...results.values()]).toEqual(
      NAMES.map(() => expect.objectContaining({ exit: 3 }) as unknown),
    );
    expect(time.now - NOW).toBeLessThan(2 * TAKES);
  });
});
