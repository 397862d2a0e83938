// Several certificates in one run, each waiting for a CA that takes its time.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { run } from '../../src/engine/run.ts';
import type { RunOptions } from '../../src/engine/run.ts';
import type { Task, World } from '../../src/engine/world.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { fakeWorld } from '../support/fakes.ts';
import { virtualClock } from '../support/virtual-clock.ts';

/** How long the CA works on each order. */
const TAKES = 40;
/** How long each of its answers takes. */
const ANSWERS_AFTER = 2;
const NAMES = ['a', 'b', 'c', 'd'];
const OPTIONS: RunOptions = {
  ...{ wait: false, dryRun: false, named: false },
  ...{ parallel: 4, orders: 4 },
};

function surroundings({ answersAfter = ANSWERS_AFTER, fails = true } = {}) {
  const clock = virtualClock(NOW);
  const begun = new Map<string, Instant>();
  const storage = new Storage();
  /** How many requests the CA has at the same time, at most; and how many orders. */
  const seen = { requests: 0, asked: 0, most: 0, open: new Set<string>(), mostOpen: 0 };
  const world = fakeWorld({
    clock,
    store: storage.store(() => undefined),
    files: storage.files(() => undefined),
    issuer: {
      directory: 'https://ca.example/directory',
      lookAtOrder: async (url: string) => {
        begun.set(url, begun.get(url) ?? clock.now());
        seen.open.add(url);
        seen.mostOpen = Math.max(seen.mostOpen, seen.open.size);
        seen.requests += 1;
        seen.asked += 1;
        seen.most = Math.max(seen.most, seen.requests);
        await clock.sleep(answersAfter);
        seen.requests -= 1;
        if (!fails || clock.now() - (begun.get(url) ?? 0) < TAKES) {
          return { url, status: 'processing', challenges: [] };
        }
        seen.open.delete(url);
        throw new AppError('ACME_UNREACHABLE', 'the CA is gone');
      },
    },
  });
  return { clock, world, seen };
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

async function ran(options: Partial<RunOptions>, given = surroundings(), signal?: AbortSignal) {
  const { world, clock, seen } = given;
  const tasks = await Promise.all(NAMES.map((name) => withOrder(name, world)));
  const call = signal === undefined ? {} : { signal };
  const { results } = await run(tasks, world, { ...OPTIONS, ...options }, call);
  return { results, took: clock.now() - NOW, seen };
}

describe('K13: certificates do not hold each other up', () => {
  it('wait for the CA at the same time', async () => {
    const { results, took, seen } = await ran({});
    expect([...results.keys()]).toEqual(NAMES);
    expect([...results.values()]).toEqual(
      NAMES.map(() => expect.objectContaining({ exit: 3 }) as unknown),
    );
    expect(seen.most).toBe(NAMES.length);
    expect(took).toBeLessThan(TAKES + 20);
  });

  it('and also where one request is made at a time', async () => {
    const { took, seen } = await ran({ parallel: 1 }, surroundings({ answersAfter: 0 }));
    expect(seen.most).toBe(1);
    expect(took).toBeLessThan(2 * TAKES);
  });

  it('leave their place to the next order, and lose no patience meanwhile', async () => {
    const { results, took, seen } = await ran({ orders: 1 });
    expect(seen.mostOpen).toBe(1);
    expect(took).toBeGreaterThan(NAMES.length * TAKES);
    expect([...results.values()]).toEqual(
      NAMES.map(
        () =>
          expect.objectContaining({
            failure: expect.objectContaining({ code: 'ACME_UNREACHABLE' }) as unknown,
          }) as unknown,
      ),
    );
  });

  it('and are woken by a place of their own, not for one that another takes', async () => {
    const given = surroundings();
    const { store } = given.world;
    const begun: string[] = [];
    const counted: World = {
      ...given.world,
      store: {
        ...store,
        acquire: (key, holder, ttl) => {
          begun.push(key);
          return store.acquire(key, holder, ttl);
        },
      },
    };
    const { seen } = await ran({ orders: 1 }, { ...given, world: counted });
    expect(seen.mostOpen).toBe(1);
    // Once to learn that there is no place, and then for each request to the CA.
    expect(begun.length).toBeLessThanOrEqual(seen.asked + NAMES.length);
  });

  it('end together when the run is stopped, and those that had not begun say so', async () => {
    const given = surroundings({ fails: false });
    const stop = new AbortController();
    void given.clock.sleep(TAKES / 2).then(() => stop.abort(new Error('stopped')));
    const { results, took } = await ran({ parallel: 2, orders: 2 }, given, stop.signal);
    const codes = [...results.values()].map((it) => 'failure' in it && it.failure.code);
    expect(codes).toEqual(NAMES.map(() => 'INTERRUPTED'));
    expect(took).toBeLessThan(TAKES);
  });
});
