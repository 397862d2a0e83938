// The power fails before any operation of a rollover: what is read afterwards is what was
// acknowledged last, or what was being written then; whole, and in the order of the writes.
import * as fs from 'node:fs';
import type * as promises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import type { Disk, Remains } from './power-loss.ts';
import { temporaryFolder } from './processes.ts';

const recording = vi.hoisted((): { disk: Disk | undefined } => ({ disk: undefined }));

/**
 * What the modules under test import passes through to the disk that is recorded, if there is one.
 */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  const pass = (name: keyof typeof real) =>
    ((...given: never[]) =>
      ((recording.disk?.recorded(real) ?? real)[name] as (...all: never[]) => unknown)(
        ...given,
      )) as never;
  const names = ['open', 'mkdir', 'rename', 'link', 'unlink', 'rmdir', 'symlink'] as const;
  return { ...real, ...Object.fromEntries(names.map((name) => [name, pass(name)])) };
});
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const renameSync: typeof real.renameSync = (from, to) => {
    real.renameSync(from, to);
    recording.disk?.rename(String(from), String(to));
  };
  const linkSync: typeof real.linkSync = (from, to) => {
    real.linkSync(from, to);
    recording.disk?.link(String(from), String(to));
  };
  const unlinkSync: typeof real.unlinkSync = (path) => {
    real.unlinkSync(path);
    recording.disk?.unlink(String(path));
  };
  const opened = new Map<number, string>();
  const openSync: typeof real.openSync = (path, flags, mode) => {
    const descriptor = real.openSync(path, flags, mode);
    opened.set(descriptor, String(path));
    if (flags === 'wx') recording.disk?.make(String(path));
    return descriptor;
  };
  const writeFileSync: typeof real.writeFileSync = (file, data, options) => {
    real.writeFileSync(file, data, options);
    if (typeof file === 'number') recording.disk?.write(opened.get(file) ?? '', String(data));
  };
  const fsync = ((descriptor: number, done: (error: Error | null) => void) => {
    real.fsync(descriptor, (error) => {
      recording.disk?.sync(opened.get(descriptor) ?? '');
      done(error);
    });
  }) as typeof real.fsync;
  return { ...real, renameSync, linkSync, unlinkSync, openSync, writeFileSync, fsync };
});

const clock = { now: () => 1_800_000_000, sleep: () => Promise.resolve() };
const pem = (label: string, text: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(text).toString('base64')}\n-----END ${label}-----\n`;
const key = (number: number): string => pem('PRIVATE KEY', `key ${number}`);
const chain = (number: number): string =>
  pem('CERTIFICATE', `leaf ${number}`) + pem('CERTIFICATE', 'intermediate');

interface Lineage {
  readonly generations: Readonly<Record<number, 'key' | 'issued' | 'live' | 'retired'>>;
  readonly step: number;
}

/**
 * The acts of two rollovers on disk, one after the other; each records its result when it is
 * acknowledged.
 */
async function rollovers(state: string, acknowledged: (what: Partial<Known>) => void) {
  const files = createGenerationFiles(state);
  const store = createStore({ directory: state, clock });
  let lineage: Lineage = { generations: {}, step: 0 };
  let revision = 0;
  let owner = 0;
  const save = async (number: number, is: Lineage['generations'][number]): Promise<void> => {
    lineage = {
      generations: { ...lineage.generations, [number]: is },
      step: lineage.step + 1,
    };
    revision = await store.write('certificate/mx1', lineage, revision);
    acknowledged({ step: lineage.step });
  };
  for (const number of [1, 2]) {
    await files.writeKey('mx1', number, key(number));
    acknowledged({ keys: number });
    await save(number, 'key');
    await files.writeChain('mx1', number, chain(number));
    acknowledged({ chains: number });
    await save(number, 'issued');
    owner = await store.write('owner/_25._tcp.mx1.', { pad: 'x'.repeat(500), number }, owner);
    acknowledged({ owner: number });
    await save(number, 'live');
    await files.setLive('mx1', number);
    acknowledged({ live: number });
    if (number > 1) await save(number - 1, 'retired');
  }
}

/** How far each document had come; `step` counts the documents of the certificate. */
interface Known {
  readonly step: number;
  readonly keys: number;
  readonly chains: number;
  readonly owner: number;
  readonly live: number;
}
const NOTHING: Known = { step: 0, keys: 0, chains: 0, owner: 0, live: 0 };

async function recorded(): Promise<{ readonly remains: Remains; readonly known: Known }[]> {
  const { Disk } = await import('./power-loss.ts');
  const state = await temporaryFolder();
  const found = new Map<string, { readonly remains: Remains; readonly known: Known }>();
  let known = NOTHING;
  const fails = (): void => {
    for (const remains of disk.remains(['locks'])) {
      found.set(JSON.stringify([known, [...remains].sort()]), { remains, known });
    }
  };
  const disk = new Disk(state);
  disk.beforeEach = fails;
  recording.disk = disk;
  try {
    await rollovers(state, (what) => {
      fails();
      known = { ...known, ...what };
      fails();
    });
  } finally {
    recording.disk = undefined;
  }
  return [...found.values()];
}

function lay(remains: Remains, folder: string): void {
  fs.mkdirSync(folder);
  for (const [path, text] of remains) {
    const at = join(folder, path);
    fs.mkdirSync(dirname(at), { recursive: true });
    if (text.startsWith('-> ')) fs.symlinkSync(text.slice(3), at);
    else fs.writeFileSync(at, text);
  }
}

async function readAgain(state: string): Promise<Known & Pick<Lineage, 'generations'>> {
  const files = createGenerationFiles(state);
  const store = createStore({ directory: state, clock });
  const wholeUntil = async (
    read: (number: number) => Promise<string | undefined>,
    whole: (number: number) => string,
  ): Promise<number> => {
    const texts = await Promise.all([1, 2].map(read));
    const there = texts.filter((text) => text !== undefined);
    expect(there).toEqual(there.map((_, index) => whole(index + 1)));
    expect(texts.slice(0, there.length)).toEqual(there);
    return there.length;
  };
  const lineage = (await store.read<Lineage>('certificate/mx1'))?.value;
  const owner = await store.read<{ number: number; pad: string }>('owner/_25._tcp.mx1.');
  if (owner !== undefined) expect(owner.value.pad).toHaveLength(500);
  return {
    step: lineage?.step ?? 0,
    generations: lineage?.generations ?? {},
    keys: await wholeUntil((number) => files.readKey('mx1', number), key),
    chains: await wholeUntil((number) => files.readChain('mx1', number), chain),
    owner: owner?.value.number ?? 0,
    live: (await files.live('mx1')) ?? 0,
  };
}

test('after a power failure everything is as it was acknowledged, or as it was about to be', async () => {
  const all = await recorded();
  expect(all.length).toBeGreaterThan(80);
  const disks = await temporaryFolder();
  let later = 0;
  for (const [index, { remains, known }] of all.entries()) {
    const state = join(disks, String(index));
    lay(remains, state);
    const { generations, ...found } = await readAgain(state);
    const about = `${JSON.stringify(known)} ${JSON.stringify([...remains])}`;
    // Never older than acknowledged, and at most the one act ahead that was in progress.
    const ahead = (Object.keys(NOTHING) as (keyof Known)[]).map(
      (what) => found[what] - known[what],
    );
    expect(Math.min(...ahead), about).toBe(0);
    expect(
      ahead.reduce((sum, by) => sum + by, 0),
      about,
    ).toBeLessThanOrEqual(1);
    if (Math.max(...ahead) > 0) later += 1;
    // Nothing is named that does not exist, and nothing is live that was not recorded before.
    for (const [number, is] of Object.entries(generations)) {
      expect(found.keys, about).toBeGreaterThanOrEqual(Number(number));
      if (is !== 'key') expect(found.chains, about).toBeGreaterThanOrEqual(Number(number));
    }
    if (found.live > 0) expect(generations[found.live], about).toBe('live');
    fs.rmSync(state, { recursive: true });
  }
  expect(later).toBeGreaterThan(10);
});

test('the same acts, done again after a power failure, end with the same result', async () => {
  const all = await recorded();
  const disks = await temporaryFolder();
  for (let index = 0; index < all.length; index += 9) {
    const state = join(disks, String(index));
    lay(all[index]?.remains ?? new Map(), state);
    // Documents continue from their revision, which is not tested here.
    fs.rmSync(join(state, 'documents'), { recursive: true, force: true });
    await rollovers(state, () => undefined);
    const { generations, ...found } = await readAgain(state);
    expect(found).toEqual({ step: 7, keys: 2, chains: 2, owner: 2, live: 2 });
    expect(generations).toEqual({ 1: 'retired', 2: 'live' });
  }
});

test('K5: a reader of live under the old name or the new one finds a whole pair at each moment of a rename, and after a power failure in it', async () => {
  const { Disk } = await import('./power-loss.ts');
  const state = await temporaryFolder();
  const files = createGenerationFiles(state);
  const pairAt = (at: string, name: string): unknown =>
    ['privkey.pem', 'fullchain.pem'].map((file) =>
      fs.readFileSync(join(at, 'certificates', name, 'live', file), 'utf8'),
    );
  const found = new Map<string, Remains>();
  const disk = new Disk(state);
  recording.disk = disk;
  try {
    await files.writeKey('mx1', 1, key(1));
    await files.writeChain('mx1', 1, chain(1));
    await files.setLive('mx1', 1);
    disk.beforeEach = () => {
      expect(pairAt(state, 'mx1')).toEqual([key(1), chain(1)]);
      for (const remains of disk.remains(['locks'])) {
        found.set(JSON.stringify([...remains].sort()), remains);
      }
    };
    await files.rename('mx1', 'mail');
  } finally {
    recording.disk = undefined;
  }
  expect(found.size).toBeGreaterThan(20);
  const disks = await temporaryFolder();
  for (const [index, remains] of [...found.values()].entries()) {
    const after = join(disks, String(index));
    lay(remains, after);
    expect(pairAt(after, 'mx1')).toEqual([key(1), chain(1)]);
    const again = createGenerationFiles(after);
    await again.rename('mx1', 'mail');
    for (const name of ['mx1', 'mail']) expect(pairAt(after, name)).toEqual([key(1), chain(1)]);
    expect([await again.numbers('mail'), await again.live('mail')]).toEqual([[1], 1]);
    const left = fs.readdirSync(join(after, 'certificates', 'mx1'));
    // A temporary link name of a process that was killed counts as nothing.
    expect(left.filter((name) => !name.startsWith('.'))).toEqual(['live']);
    fs.rmSync(after, { recursive: true });
  }
});
