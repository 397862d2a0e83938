// Many certificates at a CA that publishes its limits, and counts as Let's Encrypt does.
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { accountKey } from '../../src/engine/state/account.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { run } from '../../src/engine/run.ts';
import type { RunOptions } from '../../src/engine/run.ts';
import type { RunResult } from '../../src/engine/result.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { Issuer, NewOrder, OrderStatus } from '../../src/ports/issuer.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Intent, Lineage } from '../../src/rollover/model.ts';
import type { AccountMemory } from '../../src/rollover/record/account.ts';
import { DAY, HOUR, NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { createPki, pemOf } from '../sim/tokens.ts';
import { fakeWorld } from '../support/fakes.ts';
import { Buckets, LETS_ENCRYPT } from '../support/lets-encrypt-limits.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const LE = 'https://acme-v02.api.letsencrypt.org/directory';
const KEY = accountKey(LE);
const OPTIONS: RunOptions = {
  ...{ wait: false, dryRun: false, named: false },
  ...{ parallel: 16, orders: 16 },
};
/** The test names are all below one domain, whose limit is left to the CA. */
const COUNTED = LETS_ENCRYPT.filter(({ name }) => !name.includes('registered domain'));

class Ca implements Issuer {
  readonly directory = LE;
  readonly signsHere = true;
  buckets = new Buckets(COUNTED);
  /** How it refuses an order that its buckets allow. */
  refuses: (order: NewOrder) => AppError | undefined = () => undefined;
  /** Names that it cannot validate. */
  readonly unproven = new Set<string>();
  takesReplacements = true;
  readonly ordered: string[] = [];
  readonly orderedAt: number[] = [];
  refused = 0;
  readonly #issued = new Set<string>();
  readonly #world: Pick<World, 'clock'>;

  constructor(world: Pick<World, 'clock'>) {
    this.#world = world;
  }

  async newOrder(order: NewOrder): Promise<OrderStatus> {
    const { domains } = order;
    const byAri = order.replaces !== undefined && this.takesReplacements;
    const isRenewal = this.#issued.has(domains.join());
    const counted = { account: 'a', names: domains, byAri, isRenewal };
    const other = this.refuses(order);
    const limit = other ?? this.buckets.order(counted, this.#world.clock.now());
    await this.#world.clock.sleep(1);
    if (limit !== undefined) {
      this.refused += 1;
      const details = { scope: 'account' };
      if (limit instanceof AppError) throw limit;
      throw new AppError('ACME_RATE_LIMITED', 'too many', { details, notBefore: limit.until });
    }
    this.orderedAt.push(this.#world.clock.now());
    const url = `${domains.join()} ${this.ordered.push(domains.join())}`;
    const status = { url, status: 'ready', challenges: [] } as const;
    return byAri ? { ...status, replaces: true } : status;
  }

  lookAtOrder(url: string): Promise<OrderStatus> {
    const [names = ''] = url.split(' ');
    const failed = names.split(',').filter((name) => this.unproven.has(name));
    if (failed.length === 0) return Promise.resolve({ url, status: 'ready', challenges: [] });
    return Promise.resolve({ url, status: 'invalid', challenges: [], problem: 'no TXT', failed });
  }

  readonly #keys = new Map<string, string>();

  finalize(url: string, _csr: Uint8Array, _call: unknown, key = ''): Promise<OrderStatus> {
    this.#keys.set(url, key);
    return Promise.resolve({ url, status: 'valid', challenges: [] });
  }

  download(url: string): Promise<string> {
    const names = (url.split(' ')[0] ?? '').split(',');
    const from = this.#world.clock.now();
    const dates = { from, to: from + 90 * DAY };
    const serial = this.ordered.length;
    const leaf = { serial, key: this.#keys.get(url) ?? '', signer: 'X', names, ca: false };
    const authority = { serial: 1, key: 'X', signer: 'X', names: [], ca: true };
    this.#issued.add(names.join());
    return Promise.resolve(pemOf([leaf, authority].map((one) => ({ ...one, ...dates }))));
  }

  answerChallenge(): Promise<undefined> {
    throw new Error('it proves nothing');
  }

  renewalInfo(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  revoke(): Promise<void> {
    return Promise.resolve();
  }
}

let storage: Storage;
let clock: ReturnType<typeof virtualClock>;
let ca: Ca;
let pki: World['pki'];
let touched: { reads: number; writes: number };

beforeEach(() => {
  storage = new Storage();
  clock = virtualClock(NOW);
  ca = new Ca({ clock });
  pki = createPki();
  touched = { reads: 0, writes: 0 };
});

function watched(store: Store): Store {
  return {
    ...store,
    read: async (key) => {
      if (key === KEY) touched.reads += 1;
      return store.read(key);
    },
    write: async (key, value, expected) => {
      if (key === KEY) touched.writes += 1;
      return store.write(key, value, expected);
    },
  };
}

const namesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `c${String(at).padStart(3, '0')}`);

function taskOf(name: string, changes: Partial<Intent> = {}): Task {
  const domains = [`${name}.example.org`];
  const plain = { name, domains, directory: LE, services: [], dane: false };
  return {
    intent: intent({}, { ...plain, ...changes }),
    ...{ neighbours: [], reach: {}, targets: [] },
  };
}

/** One process. */
async function ran(
  tasks: readonly Task[],
  options: Partial<RunOptions> = {},
): Promise<readonly RunResult[]> {
  const world = fakeWorld({
    clock,
    store: watched(storage.store(() => undefined)),
    files: storage.files(() => undefined),
    ...{ pki, issuer: ca, resolver: {}, probe: {} },
  });
  const { results } = await run(tasks, world, { ...OPTIONS, ...options }, {});
  return tasks.map(({ intent: { name } }) => {
    const result = results.get(name);
    if (result === undefined) throw new RangeError(name);
    return result;
  });
}

const until = (result: RunResult | undefined): number | undefined =>
  result !== undefined && 'standing' in result && result.standing.kind === 'wait'
    ? result.standing.until
    : undefined;

/** It was issued some time ago. */
async function enrolled(names: readonly string[]): Promise<Task[]> {
  const tasks = names.map((name) => taskOf(name));
  await ran(tasks);
  expect(ca.ordered).toHaveLength(names.length);
  ca.ordered.length = 0;
  await clock.sleep(61 * DAY);
  return tasks;
}

/** So many orders were placed just before, by other certificates. */
async function placedBefore(count: number, known = count): Promise<void> {
  for (let one = 0; one < count; one += 1) {
    const other = { account: 'a', names: [`other${one}.test`], byAri: false, isRenewal: false };
    ca.buckets.order(other, NOW);
  }
  const used = { orders: { account: NOW + known * 36 } };
  await storage.store(() => undefined).write(KEY, { schema: 1, used }, 0);
}

describe('first certificates at Let’s Encrypt', () => {
  it('are ordered up to the limit of the account, and each of the others knows its time', async () => {
    const tasks = namesOf(400).map((name) => taskOf(name));
    const results = await ran(tasks);
    expect(ca.refused).toBe(0);
    expect(ca.ordered.length).toBeGreaterThanOrEqual(300);
    // What is filled again while the run lasts is used.
    expect(ca.ordered.length - 300).toBeLessThanOrEqual((clock.now() - NOW) / 36);
    const waits = results.flatMap((result) => until(result) ?? []).toSorted((a, b) => a - b);
    expect(waits).toHaveLength(400 - ca.ordered.length);
    // Each gets a token of its own.
    expect(waits).toEqual(waits.map((_, at) => (waits[0] ?? 0) + at * 36));
    expect(waits[0]).toBeGreaterThan(clock.now() - 1);
    expect(results.every(({ exit }) => exit === 0)).toBe(true);
    expect(results.at(-1)).toMatchObject({
      standing: {
        known: true,
        reasons: [
          {
            rule: 'ca-limit',
            because: 'the CA allows 300 new orders of an account in 3h, and they are used up',
          },
        ],
      },
    });
    // Nothing was made or written for those that wait.
    expect(storage.document(lineageKey('c399'))).toBeUndefined();
    // One write for each order, and hardly any read.
    expect(touched.writes).toBe(ca.ordered.length);
    expect(touched.reads).toBeLessThan((clock.now() - NOW) / 10 + 2);
    expect(JSON.stringify(storage.document(KEY)).length).toBeLessThan(20_000);
    // The next process knows what is left.
    const before = ca.ordered.length;
    await clock.sleep(HOUR / 2);
    await ran(tasks);
    expect(ca.refused).toBe(0);
    expect(ca.ordered.length - before).toBeGreaterThanOrEqual(50);
    expect(ca.ordered.length - before).toBeLessThan(60);
  });

  it('are all ordered with --wait, in the shortest time that the limit allows', async () => {
    await placedBefore(290);
    const tasks = namesOf(30).map((name) => taskOf(name));
    await ran(tasks, { wait: true, waitUntil: NOW + HOUR });
    expect(new Set(ca.ordered).size).toBe(30);
    expect(ca.refused).toBe(0);
    expect(ca.orderedAt.at(-1)).toBeLessThan(NOW + 20 * 36 + 30);
  });

  it('take no token from each other when they are ordered at the same time', async () => {
    await placedBefore(290);
    const tasks = namesOf(16).map((name) => taskOf(name));
    await ran(tasks);
    expect([ca.ordered.length, ca.refused]).toEqual([10, 0]);
  });

  it('leave their token to the next one when the CA refuses them for their names', async () => {
    await placedBefore(299);
    ca.refuses = ({ domains }) =>
      domains[0]?.startsWith('c000') === true
        ? new AppError('ACME_PROBLEM', 'not this name')
        : undefined;
    const results = await ran(
      namesOf(2).map((name) => taskOf(name)),
      { parallel: 1, orders: 1 },
    );
    expect(results.map(({ exit }) => exit)).toEqual([4, 0]);
    expect(ca.ordered).toEqual(['c001.example.org']);
  });

  it('with --force ask the CA itself, until it refuses one: the rest is not sent', async () => {
    // Another machine has the same account.
    await placedBefore(295, 290);
    const forced = namesOf(30).map((name) => taskOf(name, { force: true }));
    const results = await ran(forced, { parallel: 4, orders: 4 });
    expect(ca.ordered).toHaveLength(5);
    expect(ca.refused).toBeGreaterThan(0);
    expect(ca.refused).toBeLessThanOrEqual(4);
    expect(results.at(-1)).toMatchObject({
      exit: 3,
      failure: { code: 'ACME_RATE_LIMITED', message: 'too many' },
    });
  });

  it('are ordered beyond the limit when the operator names them: the CA may allow more', async () => {
    await placedBefore(0, 300);
    expect(until((await ran([taskOf('a')]))[0])).toBe(NOW + 36);
    const [named] = await ran([taskOf('a')], { named: true });
    expect(named).toMatchObject({ exit: 0 });
    expect(ca.ordered).toEqual(['a.example.org']);
    const { orders } = storage.document<AccountMemory>(KEY)?.used ?? {};
    expect(orders?.['account']).toBeLessThanOrEqual(clock.now() + 3 * HOUR);
  });

  it('at the same names wait when the CA has issued five in a week', async () => {
    const domains = ['a.example.org'];
    const results = await ran(namesOf(6).map((name) => taskOf(name, { domains })));
    expect([ca.ordered.length, ca.refused]).toEqual([5, 0]);
    const wait = (until(results[5]) ?? 0) - NOW;
    expect(wait - (7 * DAY) / 5).toBeGreaterThanOrEqual(0);
    expect(wait - (7 * DAY) / 5).toBeLessThan(10);
  });
});

describe('renewals', () => {
  it('of the same names count for no limit of the account', async () => {
    const tasks = await enrolled(['a', 'b']);
    const { used } = storage.document<AccountMemory>(KEY) ?? {};
    const emptied = { ...used, orders: { account: clock.now() + 3 * HOUR } };
    storage.rewrite<{ used: object }>(KEY, (document) => ({ ...document, used: emptied }));
    await ran(tasks);
    expect(ca.ordered).toHaveLength(2);
    expect(ca.refused).toBe(0);
  });

  it('with ARI take nothing from any limit, unless the CA does not take them as such', async () => {
    pki = createPki('key', [], true);
    const tasks = await enrolled(['a', 'b']);
    touched.writes = 0;
    await ran(tasks);
    expect(ca.ordered).toHaveLength(2);
    expect(touched.writes).toBe(0);
    ca.takesReplacements = false;
    await clock.sleep(61 * DAY);
    await ran(tasks);
    expect(ca.ordered).toHaveLength(4);
    expect(Object.keys(storage.document<AccountMemory>(KEY)?.used?.['sets'] ?? {})).toHaveLength(2);
  });
});

it('names whose validation failed five times in an hour wait, whichever certificate has them', async () => {
  const domains = ['a.example.org'];
  ca.unproven.add('a.example.org');
  const tasks = namesOf(6).map((name) => taskOf(name, { domains: [...domains, `${name}.test`] }));
  const results = await ran(tasks, { parallel: 1, orders: 1 });
  expect(ca.ordered).toHaveLength(5);
  expect(results.slice(0, 5).map(({ exit }) => exit)).toEqual([3, 3, 3, 3, 3]);
  expect(results[5]).toMatchObject({
    standing: {
      kind: 'wait',
      reasons: [
        {
          because:
            'the CA allows 5 failed validations of a.example.org in 1h, and they are used up',
        },
      ],
    },
  });
  expect(until(results[5])).toBeLessThanOrEqual(NOW + 720 + 10);
});

it('a certificate with another issuer asks that one when the limit lasts longer than its patience', async () => {
  const other = 'https://other.example/directory';
  const task = taskOf('a', { otherDirectories: [other], issuerPatience: 0 });
  const used = { orders: { account: NOW + 3 * HOUR } };
  await storage.store(() => undefined).write(KEY, { schema: 1, used }, 0);
  await ran([task]);
  expect(storage.document<Lineage>(lineageKey('a'))?.orderFailures).toEqual({ [LE]: NOW });
});
