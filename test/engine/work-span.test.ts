// The commands of the operator around all orders and deployments of a run: never one without the
// other, and never where nothing is ordered or deployed.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Event } from '../../src/engine/events.ts';
import { fingerprint } from '../../src/engine/due-index.ts';
import { run } from '../../src/engine/run.ts';
import { tryOut } from '../../src/engine/try-out.ts';
import type { RunOptions } from '../../src/engine/run.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { RUN_COMMANDS, WorkSpan } from '../../src/engine/work-span.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { RunCommands } from '../../src/ports/run-commands.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { A, NOW, generation, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { fakeWorld } from '../support/fakes.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const OPTIONS: RunOptions = {
  ...{ wait: false, dryRun: false, named: false },
  ...{ parallel: 4, orders: 4 },
};

interface Given {
  /** What `before` and `after` do; absent: they end well, after ten seconds. */
  readonly before?: () => Promise<void>;
  readonly after?: () => Promise<void>;
  /** How long the CA works on an order, before it fails. */
  readonly takes?: number;
  /** How long it wants no further request after the first one. */
  readonly retryAfter?: number;
  readonly configured?: 'both' | 'before' | 'after' | 'none';
}

/** Everything that happens, in its order. */
function scene({ before, after, takes = 20, retryAfter = 0, configured = 'both' }: Given = {}) {
  const clock = virtualClock(NOW);
  const told: string[] = [];
  const events: Event[] = [];
  const storage = new Storage();
  const begun = new Map<string, number>();
  const command = (name: 'before' | 'after', act?: () => Promise<void>) => ({
    argv: [`/sbin/${name}`, 'secret'],
    run: async () => {
      told.push(name);
      await clock.sleep(10);
      await act?.();
      told.push(`${name} ends`);
    },
  });
  const has = (name: string): boolean => configured === 'both' || configured === name;
  const runCommands: RunCommands = {
    ...(has('before') ? { before: command('before', before) } : {}),
    ...(has('after') ? { after: command('after', after) } : {}),
  };
  const world = fakeWorld({
    clock,
    runCommands,
    store: storage.store(() => undefined),
    files: storage.files(() => undefined),
    emit: (event: Event) => events.push(event),
    issuer: {
      directory: 'https://ca.example/directory',
      lookAtOrder: (url: string) => {
        const since = begun.get(url) ?? clock.now();
        begun.set(url, since);
        told.push(`order ${url}`);
        if (clock.now() - since < takes) {
          const notBefore = since + retryAfter;
          return Promise.resolve({ url, status: 'processing', challenges: [], notBefore });
        }
        return Promise.reject(new AppError('ACME_UNREACHABLE', 'the CA is gone'));
      },
    },
  });
  return { clock, world, told, events, storage };
}

const wanted = (name: string) =>
  intent({}, { name, services: [], dane: false, domains: [`${name}.example`] });

const taskOf = (name: string): Task => ({
  ...{ intent: wanted(name), neighbours: [], reach: {}, targets: [] },
});

/** Its order is under way. */
async function ordering(name: string, world: World): Promise<Task> {
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

async function ran(
  given: ReturnType<typeof scene>,
  names: readonly string[] = ['a'],
  { signal, ...options }: Partial<RunOptions> & { readonly signal?: AbortSignal } = {},
) {
  const { world } = given;
  const tasks = await Promise.all(names.map((name) => ordering(name, world)));
  const call = signal === undefined ? {} : { signal };
  const { exit, results } = await run(tasks, world, { ...OPTIONS, ...options }, call);
  const failures = [...results.values()].map((it) => ('failure' in it ? it.failure : undefined));
  return { exit, codes: failures.map((it) => it?.code), failures };
}

/** The orders between, by their number. */
const shortened = (told: readonly string[]): readonly string[] =>
  told.filter((it, at) => !it.startsWith('order ') || told[at - 1]?.startsWith('order ') !== true);

const failing =
  (code: 'BEFORE_FAILED' | 'BEFORE_REFUSED' | 'AFTER_FAILED', isStarted = true) =>
  (): Promise<void> =>
    Promise.reject(new AppError(code, 'it ended with status 1', { details: { isStarted } }));

describe('before and after', () => {
  it('are called once each, around the orders of all certificates', async () => {
    const given = scene();
    const { codes } = await ran(given, ['a', 'b', 'c']);
    expect(codes).toEqual(['ACME_UNREACHABLE', 'ACME_UNREACHABLE', 'ACME_UNREACHABLE']);
    const order = given.told.find((it) => it.startsWith('order'));
    expect(shortened(given.told)).toEqual([
      ...['before', 'before ends', order, 'after', 'after ends'],
    ]);
    expect(given.events.map(({ event, certificate }) => [event, certificate])).toContainEqual([
      ...['before-run', ''],
    ]);
    expect(given.events.at(-1)).toEqual({
      ...{ event: 'after-run', certificate: '', command: '/sbin/after' },
      at: given.clock.now(),
    });
    expect(JSON.stringify(given.events)).not.toContain('secret');
  });

  it('are not called where nothing is due, or another run is at work', async () => {
    const given = scene();
    const { world, told } = given;
    const idle = { idleUntil: NOW + 3600, idleIntent: fingerprint(wanted('a')) };
    await world.store.write(lineageKey('a'), { ...newLineage('a'), ...idle }, 0);
    expect(await run([taskOf('a')], world, OPTIONS, {})).toMatchObject({ exit: 0 });
    await world.store.acquire(lineageKey('b'), 'another', 3600);
    expect(await ran(given, ['b'])).toMatchObject({ codes: ['LOCKED'] });
    expect(told).toEqual([]);
  });

  it.each(['before', 'after', 'none'] as const)('where %s is configured', async (configured) => {
    const given = scene({ configured });
    await ran(given);
    const called = given.told.filter((it) => !it.startsWith('order') && !it.endsWith('ends'));
    expect(called).toEqual(configured === 'none' ? [] : [configured]);
  });

  it('follow each other anew in the next run', async () => {
    const given = scene();
    await ran(given);
    await given.world.store.remove(lineageKey('a'));
    await ran(given, ['b']);
    expect(given.told.filter((it) => !it.startsWith('order') && !it.endsWith('ends'))).toEqual([
      ...['before', 'after', 'before', 'after'],
    ]);
  });
});

describe('a run that stays', () => {
  const spans = async (given: ReturnType<typeof scene>, names: readonly string[]) => {
    await ran(given, names, { wait: true, waitUntil: NOW + 1900 });
    return given.told.filter((it) => !it.endsWith('ends'));
  };

  it('calls after before a long wait, and before again when the wait is over', async () => {
    const given = scene({ takes: 1800, retryAfter: 1800 });
    const [first, second, third, ...rest] = await spans(given, ['a']);
    expect([first, second, third]).toEqual(['before', 'order a', 'after']);
    expect(rest.slice(0, 3)).toEqual(['before', 'order a', 'after']);
    expect(rest.length % 3).toBe(0);
  });

  it('calls nothing in between where others are in progress', async () => {
    const given = scene({ takes: 20 });
    const told = await spans(given, ['a', 'b', 'c']);
    expect(shortened(told)).toHaveLength(3);
    expect(told.at(-1)).toBe('after');
  });
});

describe('a command that fails', () => {
  it('before: nothing is ordered for any certificate, each says why, and after is called', async () => {
    const given = scene({ before: failing('BEFORE_FAILED') });
    const { exit, codes, failures } = await ran(given, ['a', 'b']);
    expect({ exit, codes }).toEqual({ exit: 3, codes: ['BEFORE_FAILED', 'BEFORE_FAILED'] });
    expect(failures[0]?.message).toBe('it ended with status 1');
    expect(given.told).toEqual(['before', 'after', 'after ends']);
  });

  it('before that fails for a quarter of an hour needs a person, until it ends well', async () => {
    let fails = true;
    const given = scene({
      before: () => (fails ? failing('BEFORE_FAILED')() : Promise.resolve()),
    });
    expect(await ran(given)).toMatchObject({ exit: 3 });
    await given.clock.sleep(900);
    await given.world.store.remove(lineageKey('a'));
    const late = await ran(given);
    expect(late).toMatchObject({ exit: 4, codes: ['BEFORE_FAILED'] });
    expect(late.failures[0]?.message).toMatch(/^it ended with status 1; it fails since 2026-/);
    fails = false;
    await ran(given, ['b']);
    expect(await given.world.store.read(RUN_COMMANDS)).toBeUndefined();
  });

  it('before that cannot be started is not followed by after', async () => {
    const given = scene({ before: failing('BEFORE_REFUSED', false) });
    expect(await ran(given)).toMatchObject({ exit: 4, codes: ['BEFORE_REFUSED'] });
    expect(given.told).toEqual(['before']);
  });

  it('after: the run ends with 4, and what was done stays', async () => {
    const given = scene({ after: failing('AFTER_FAILED') });
    const { exit, codes } = await ran(given);
    expect({ exit, codes }).toEqual({ exit: 4, codes: ['ACME_UNREACHABLE'] });
    expect(given.events.at(-1)).toMatchObject({
      ...{ event: 'after-failed', certificate: '', code: 'AFTER_FAILED', exit: 4 },
    });
  });

  it('a disk that is full changes nothing but how long it is known to fail', async () => {
    const given = scene({ before: failing('BEFORE_FAILED') });
    const { world, storage, told } = given;
    const work = new WorkSpan(world);
    storage.full = true;
    await expect(work.begin()).rejects.toMatchObject({ code: 'BEFORE_FAILED' });
    await work.end();
    expect(told).toEqual(['before', 'after', 'after ends']);
  });
});

describe('a run that is stopped', () => {
  it('during before orders nothing, and calls after', async () => {
    const given = scene();
    const stop = new AbortController();
    void given.clock.sleep(5).then(() => stop.abort(new Error('stopped')));
    const { codes } = await ran(given, ['a', 'b'], { signal: stop.signal });
    expect(codes).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    expect(given.told).toEqual(['before', 'before ends', 'after', 'after ends']);
  });

  it('during an order calls after', async () => {
    const given = scene({ takes: 1000 });
    const stop = new AbortController();
    void given.clock.sleep(30).then(() => stop.abort(new Error('stopped')));
    const { codes } = await ran(given, ['a'], { signal: stop.signal });
    expect(codes).toEqual(['INTERRUPTED']);
    expect(given.told.slice(-2)).toEqual(['after', 'after ends']);
  });

  it('by a crash leaves nothing that the next one minds', async () => {
    const { world, told } = scene();
    const crashed = new WorkSpan(world);
    await crashed.begin();
    const next = new WorkSpan({ ...world, store: new Storage().store(() => undefined) });
    await next.begin();
    await next.end();
    expect(told.filter((it) => !it.endsWith('ends'))).toEqual(['before', 'before', 'after']);
  });
});

describe('the look before an act', () => {
  it('is made after before has ended: what it has repaired is not deployed again', async () => {
    let differs = true;
    const given = scene({
      before: () => {
        differs = false;
        return Promise.resolve();
      },
    });
    const { world, told } = given;
    const target: DeployTarget = {
      ...{ id: 'one', label: 'files /one' },
      place: () => Promise.resolve(void told.push('place')),
      reload: () => Promise.resolve(),
      placed: () => Promise.resolve([]),
      differences: () => Promise.resolve(differs ? ['/one is missing'] : []),
    };
    const live = generation(1, 'live', A, { domains: ['a.example'] });
    await world.files.writeKey('a', 1, 'KEY');
    await world.files.writeChain('a', 1, 'CHAIN');
    await world.files.setLive('a', 1);
    const targets = { one: { label: target.label, took: 1 } };
    const lineage = { ...newLineage('a'), generations: [live], targets };
    await world.store.write(lineageKey('a'), lineage, 0);
    const pki = { readPem: () => A, keyFits: () => true, certId: () => undefined };
    const named = { ...wanted('a'), targets: [{ id: target.id, label: target.label }] };
    const task = { ...taskOf('a'), intent: named, targets: [target] };
    const { exit } = await run([task], { ...world, pki: pki as never }, OPTIONS, {});
    expect({ exit, told }).toEqual({
      exit: 0,
      told: ['before', 'before ends', 'after', 'after ends'],
    });
  });
});

describe('a trial at the test environment', () => {
  it('is an order like any other: without before, nothing is ordered', async () => {
    const given = scene({ before: failing('BEFORE_FAILED') });
    const world = {
      ...given.world,
      issuerAt: () => ({ directory: 'own', signsHere: true }) as never,
      pki: { createKey: () => Promise.resolve('KEY'), spkiOf: () => 'spki' } as never,
    };
    const { exit } = await tryOut([taskOf('a')], world, { wait: false }, {});
    expect({ exit, told: given.told }).toEqual({
      exit: 3,
      told: ['before', 'after', 'after ends'],
    });
  });
});

describe('two runs at once', () => {
  it('are not both between before and after: the second one orders nothing', async () => {
    const given = scene();
    const held = await given.world.store.acquire(RUN_COMMANDS, 'another', 3600);
    const { exit, codes, failures } = await ran(given);
    expect({ exit, codes, told: given.told }).toEqual({ exit: 5, codes: ['LOCKED'], told: [] });
    expect(failures[0]?.message).toMatch(/another run of holger is between before and after/);
    await held?.release();
    await given.world.store.remove(lineageKey('a'));
    await ran(given);
    expect(given.told.at(-1)).toBe('after ends');
    expect(await given.world.store.acquire(RUN_COMMANDS, 'a third', 3600)).toBeDefined();
  });
});

describe('a dry run', () => {
  it('calls nothing, and says once what would be called', async () => {
    const given = scene();
    await ran(given, ['a', 'b'], { dryRun: true });
    expect(given.told).toEqual([]);
    expect(given.events.filter(({ event }) => event === 'commands-planned')).toEqual([
      {
        ...{ event: 'commands-planned', certificate: '', at: given.clock.now() },
        ...{ before: ['/sbin/before', 'secret'], after: ['/sbin/after', 'secret'] },
      },
    ]);
  });

  it('says nothing of them where none is configured, or nothing is due', async () => {
    const given = scene({ configured: 'none' });
    await ran(given, ['a'], { dryRun: true });
    const other = scene();
    const idle = { idleUntil: NOW + 3600, idleIntent: fingerprint(wanted('a')) };
    await other.world.store.write(lineageKey('a'), { ...newLineage('a'), ...idle }, 0);
    await run([taskOf('a')], other.world, { ...OPTIONS, dryRun: true }, {});
    const names = [...given.events, ...other.events].map(({ event }) => event);
    expect(names).not.toContain('commands-planned');
  });
});
