// A certificate gets another name: with all its state, after a crash at any instant, and never in
// place of a certificate that is in use (rule 30).
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/app/world/clock.ts';
import { deletion } from '../../src/app/use-cases/delete.ts';
import { withFormer } from '../../src/app/known/former.ts';
import { asRemembered, leftBehind } from '../../src/app/known/left-behind.ts';
import { renaming } from '../../src/app/use-cases/rename.ts';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Event } from '../../src/engine/events.ts';
import { dry } from '../../src/engine/state/read-only.ts';
import { takeOver } from '../../src/engine/rename.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { GenerationFiles, Store } from '../../src/ports/store.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { NOW, chain, generation } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { A, OWNER, SMTP, certificate, sceneIn } from './scene.ts';
import { fakeWorld } from '../support/fakes.ts';

let folder: string;
let store: Store;
let files: GenerationFiles;
let events: Event[];
const { configOf, ran, now } = sceneIn(() => ({ folder, store }));

async function open(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'holger-rename-'));
  store = createStore({ directory: folder, clock: systemClock });
  files = createGenerationFiles(folder);
  events = [];
}
/** For tests with many repetitions: without a disk. */
function inMemory(): void {
  const storage = new Storage();
  store = storage.store(() => undefined);
  files = storage.files(() => undefined);
  events = [];
}
beforeEach(open);
afterEach(() => rm(folder, { recursive: true, force: true }));

const PEM = (text: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;
const WATCHED = `watched/mx1/_25._tcp.other.example.org.`;

/**
 * All that a run leaves of "mx1", with its further documents: challenges, pending operations, and
 * what only it watches.
 */
async function mx1Ran(): Promise<void> {
  await ran(configOf(certificate('mx1', [SMTP])));
  await change('certificate/mx1', {
    challengeRecords: [{ owner: '_acme-challenge.mx1.example.org.', rdata: 'aa', at: NOW }],
    orders: { offSince: NOW },
    ...{ idleUntil: NOW + 60, idleIntent: 'of mx1' },
  });
  const watched = await store.read<object>(`owner/${OWNER}`);
  await store.write(WATCHED, watched?.value, 0);
  await withFiles('mx1', 'key of mx1');
  await files.setLive('mx1', 1);
}
async function withFiles(name: string, key: string): Promise<void> {
  await files.writeKey(name, 1, key);
  await files.writeChain(name, 1, PEM('leaf') + PEM('issuer'));
}
async function change(key: string, by: object): Promise<void> {
  const stored = await store.read<object>(key);
  await store.write(key, { ...stored?.value, ...by }, stored?.revision ?? 0);
}
/**
 * A run under the new name before the rename: a key and an order, and nothing that a service has.
 */
async function mailBegan(): Promise<void> {
  const challengeRecords = [{ owner: '_acme-challenge.mx1.example.org.', rdata: 'bb', at: NOW }];
  const generations = [generation(1, 'issued', chain('B'))];
  const begun = { ...newLineage('mail'), generations, challengeRecords };
  await store.write('certificate/mail', begun, 0);
  await withFiles('mail', 'key of mail');
}
const asMail = (): Config => configOf(certificate('mail', [SMTP]));

class Crash extends Error {}

function worldThat(instant: (label: string) => void): World {
  const used = { store, files, log: silentLogger, clock: systemClock };
  // Nothing else of the world is used.
  return fakeWorld({ ...used, emit: (event: Event) => void events.push(event), instant });
}

async function ordered(from: string, to: string, config: Config): Promise<Task> {
  const task = await renaming({ from, to }, await now(config), files);
  if (task === undefined) throw new RangeError('nothing to do');
  return task;
}
async function rename(from: string, to: string, config: Config, instant = (): void => undefined) {
  const task = await ordered(from, to, config);
  if (task.formerly === undefined) throw new RangeError(to);
  return takeOver(task, task.formerly, worldThat(instant), { dryRun: false });
}
/** As the next run does it by itself. */
async function nextRun(config: Config): Promise<void> {
  const installation = await now(config);
  const tasks = tasksOf(installation.certificates, config);
  for (const task of await withFormer(tasks, installation)) {
    if (task.formerly === undefined) continue;
    const standing = await takeOver(
      task,
      task.formerly,
      worldThat(() => undefined),
      {
        dryRun: false,
      },
    );
    expect(standing).toBeUndefined();
  }
}

async function documents(): Promise<Record<string, unknown>> {
  const keys = await store.keys('');
  const values = await Promise.all(keys.map(async (key) => (await store.read(key))?.value));
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}
/** What a service finds under a name, new or old. */
async function liveKey(name: string): Promise<string | undefined> {
  const now = await files.renamedTo(name);
  const at = now === undefined ? name : basename(dirname(now));
  return (await files.readKey(at, (await files.live(at)) ?? 0))?.trim();
}

/** What is there after a rename, whatever happened meanwhile. */
async function expectRenamed(): Promise<void> {
  const all = await documents();
  const about = Object.keys(all).filter((key) => !/^(owner|service|configuration)/.test(key));
  expect(about.sort()).toEqual(
    ['certificate/mail', 'kept/mail', WATCHED.replace('/mx1/', '/mail/')].sort(),
  );
  const lineage = all['certificate/mail'] as Lineage;
  expect(lineage).toMatchObject({
    name: 'mail',
    generations: [{ number: 1, state: 'live', chain: A }],
    orders: { offSince: NOW },
  });
  expect(lineage.challengeRecords[0]).toMatchObject({ rdata: 'aa' });
  // It was idle under the other name.
  expect([lineage.idleUntil, lineage.idleIntent]).toEqual([undefined, undefined]);
  expect(all[`owner/${OWNER}`]).toMatchObject({ owner: OWNER });
  expect([await files.live('mail'), await files.numbers('mail')]).toEqual([1, [1]]);
  expect([await liveKey('mx1'), await liveKey('mail')]).toEqual(['key of mx1', 'key of mx1']);
  expect(await leftBehind(await now(asMail()), asRemembered)).toEqual([]);
}

describe('K5: rename', () => {
  it('keeps all the state, and reports where services read from now on', async () => {
    await mx1Ran();
    const before = await documents();
    const news = {
      from: 'mx1',
      oldLive: join(folder, 'certificates/mx1/live'),
      live: join(folder, 'certificates/mail/live'),
    };
    expect(await rename('mx1', 'mail', asMail())).toEqual({ kind: 'renamed', ...news });
    expect(events).toMatchObject([{ event: 'renamed', certificate: 'mail', ...news }]);
    await expectRenamed();
    // Documents of owners and services have no name of a certificate: they are the same ones.
    const after = await documents();
    expect(after[`owner/${OWNER}`]).toEqual(before[`owner/${OWNER}`]);
    // A second time nothing is left to do, as after its last step.
    expect(await renaming({ from: 'mx1', to: 'mail' }, await now(asMail()), files)).toBeUndefined();
  });

  it('sets aside what a run began under the new name, and loses no TXT record of it', async () => {
    await mx1Ran();
    await mailBegan();
    const standing = await rename('mx1', 'mail', asMail());
    await expectRenamed();
    const { challengeRecords } = (await documents())['certificate/mail'] as Lineage;
    expect(challengeRecords.map(({ rdata }) => rdata)).toEqual(['aa', 'bb']);
    const [aside = ''] = await readdir(join(folder, 'archive'));
    expect(aside).toMatch(/^mail-replaced-\d{4}-/);
    expect(standing).toMatchObject({ replaced: join(folder, 'archive', aside) });
    const key = await readFile(join(folder, 'archive', aside, '1', 'privkey.pem'), 'utf8');
    expect(key).toBe('key of mail\n');
  });

  it.each(['once more', 'by the next run'])(
    'after a crash at any instant the rest is done %s',
    async (how) => {
      let instants = 0;
      inMemory();
      await mx1Ran();
      await mailBegan();
      await rename('mx1', 'mail', asMail(), () => void (instants += 1));
      expect(instants).toBeGreaterThan(10);
      for (let last = 1; last <= instants; last += 1) {
        inMemory();
        await mx1Ran();
        await mailBegan();
        let left = last;
        const dies = (): void => {
          left -= 1;
          if (left === 0) throw new Crash();
        };
        await expect(rename('mx1', 'mail', asMail(), dies)).rejects.toThrow(Crash);
        expect(await liveKey('mx1')).toBe('key of mx1');
        const isBegun = (await store.keys('renaming/')).length > 0;
        if (how === 'once more' || !isBegun) await rename('mx1', 'mail', asMail());
        else await nextRun(asMail());
        await expectRenamed();
        expect(events.at(-1)).toMatchObject({
          replaced: expect.stringContaining('/archive/mail-replaced-') as string,
        });
      }
    },
  );

  it('a failure that was stored meanwhile loses nothing', async () => {
    inMemory();
    await mx1Ran();
    await mailBegan();
    const label = 'after rename copy';
    const dies = (at?: string): void => {
      if (at === label) throw new Crash();
    };
    await expect(rename('mx1', 'mail', asMail(), dies)).rejects.toThrow(Crash);
    const trouble = { code: 'STORE_FAILED', message: 'the disk is full', at: NOW };
    await change('certificate/mail', {
      trouble: { ...trouble, attempts: 1, notBefore: NOW, exit: 3 },
    });
    await nextRun(asMail());
    await expectRenamed();
  });

  it('the document of the certificate is lost: keys and chains are kept, the rest is observed again', async () => {
    await mx1Ran();
    await mailBegan();
    await store.remove('certificate/mx1');
    await rename('mx1', 'mail', asMail());
    expect((await documents())['certificate/mail']).toBeUndefined();
    expect([await files.live('mail'), await liveKey('mail')]).toEqual([1, 'key of mx1']);
  });

  it('a dry run prints what is to be done and writes nothing', async () => {
    await mx1Ran();
    const before = await documents();
    const task = await ordered('mx1', 'mail', asMail());
    const world = dry(worldThat(() => undefined));
    const standing =
      task.formerly && (await takeOver(task, task.formerly, world, { dryRun: true }));
    expect(standing).toMatchObject({ kind: 'planned' });
    expect(events).toMatchObject([{ event: 'planned', way: [{ stage: 'rename', from: 'mx1' }] }]);
    expect(await documents()).toEqual(before);
    expect(await files.live('mx1')).toBe(1);
  });

  it('what services of the old name had at other owners is still named', async () => {
    const imap = '_993._tcp.mx1.example.org.';
    await ran(configOf(certificate('mx1', [SMTP, 'imaps://mx1.example.org'])), [OWNER, imap]);
    await rename('mx1', 'mail', asMail());
    expect((await documents())['kept/mail']).toMatchObject({
      certificate: { name: 'mail' },
      former: [{ scheme: 'imaps' }],
    });
    expect(await leftBehind(await now(asMail()), asRemembered)).toMatchObject([{ owner: imap }]);
  });

  it('a one-off certificate takes any name, and issue finds it by its names', async () => {
    const none = configOf();
    const [oneOff] = configOf(certificate('mx1.example.org', [SMTP])).certificates;
    await ran(configOf(certificate('mx1.example.org', [SMTP])));
    await store.remove('kept/mx1.example.org');
    await store.write('one-off/mx1.example.org', oneOff, 0);
    // A rename that has begun counts with its new name everywhere.
    const dies = (): void => {
      throw new Crash();
    };
    const late = (at?: string): void => (at === 'after rename begun' ? dies() : undefined);
    await expect(rename('mx1.example.org', 'mail', none, late)).rejects.toThrow(Crash);
    expect((await now(none)).certificates.map(({ name }) => name)).toEqual(['mail']);
    await expect(deletion('mail', await now(none), true)).rejects.toMatchObject({
      message: expect.stringContaining('is not finished') as string,
    });
    await nextRun(none);
    expect(await store.keys('one-off/')).toEqual(['one-off/mail']);
    expect((await now(none)).certificates).toMatchObject([
      { name: 'mail', domains: ['mx1.example.org'] },
    ]);
    expect(await store.keys('certificate/')).toEqual(['certificate/mail']);
  });

  it('a one-off certificate becomes a configured one', async () => {
    const [oneOff] = configOf(certificate('mx1', [SMTP])).certificates;
    await mx1Ran();
    await store.write('one-off/mx1', oneOff, 0);
    await rename('mx1', 'mail', asMail());
    await expectRenamed();
  });

  it('back to its former name', async () => {
    await mx1Ran();
    await rename('mx1', 'mail', asMail());
    await rename('mail', 'mx1', configOf(certificate('mx1', [SMTP])));
    expect(await files.live('mx1')).toBe(1);
    expect([await liveKey('mx1'), await liveKey('mail')]).toEqual(['key of mx1', 'key of mx1']);
  });
});

describe('K5: rename refuses, and nothing is changed', () => {
  const both = (): Config => configOf(certificate('mx1', [SMTP]), certificate('mail', []));
  const refused: readonly [string, () => Config, string, string, () => Promise<unknown>][] = [
    [
      'the configuration still has the old name',
      () => configOf(certificate('mx1', [SMTP])),
      'certificate "mx1" is configured under this name',
      'set name = "mail"',
      mx1Ran,
    ],
    [
      'the configuration has both',
      both,
      '"mx1" and "mail" are both configured',
      'remove the [[certificate]] "mx1" from',
      mx1Ran,
    ],
    [
      'the configuration has neither',
      () => configOf(),
      'no certificate "mail" is configured',
      'set name = "mail"',
      mx1Ran,
    ],
    [
      'nothing is known of the old name',
      asMail,
      'there is nothing called "mx1" to rename',
      'nothing',
      () => Promise.resolve(),
    ],
    [
      'the new one is in use',
      asMail,
      '"mail" has keys of its own in use (generation 1)',
      'holger delete mx1',
      async () => {
        await mx1Ran();
        await ran(asMail(), []);
      },
    ],
    [
      'the new one is in use, and its documents are lost',
      asMail,
      '"mail" has keys of its own in use (generation 1)',
      'holger delete mx1',
      async () => {
        await mx1Ran();
        await withFiles('mail', 'key of mail');
        await files.setLive('mail', 1);
      },
    ],
    [
      'the new name was that of a third one',
      asMail,
      '"mail" is the old name of another certificate',
      'let them read',
      async () => {
        await mx1Ran();
        await withFiles('mail', 'key of another');
        await files.setLive('mail', 1);
        await files.rename('mail', 'other');
      },
    ],
    [
      'it is being deleted',
      asMail,
      '"mx1" is being deleted',
      'holger delete mx1 --wait',
      async () => {
        await mx1Ran();
        await change('certificate/mx1', { orders: { leaving: { since: NOW } } });
      },
    ],
    [
      'another renaming is not finished',
      asMail,
      'the renaming of "other" to "mail" is not finished',
      'holger rename other mail',
      async () => {
        await mx1Ran();
        await store.write('renaming/mail', { schema: 1, from: 'other', since: NOW }, 0);
      },
    ],
  ];
  it.each(refused)('when %s', async (_when, config, message, hint, prepare) => {
    await prepare();
    const before = await documents();
    await expect(
      renaming({ from: 'mx1', to: 'mail' }, await now(config()), files),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
    expect(await documents()).toEqual(before);
  });

  it('when the name is its own, or cannot be the name of a folder', async () => {
    const [oneOff] = configOf(certificate('mx1', [SMTP])).certificates;
    await store.write('one-off/mx1', oneOff, 0);
    const to = async (name: string) =>
      renaming({ from: 'mx1', to: name }, await now(configOf()), files);
    await expect(to('mx1')).rejects.toMatchObject({ code: 'USAGE' });
    for (const name of ['../mx1', 'a/b', '.hidden', '']) {
      await expect(to(name)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});
