// A certificate that is removed from the configuration is named, with the records that are still in
// DNS, until holger delete has ended it (rule 30).
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deletion } from '../../src/app/use-cases/delete.ts';
import { departed, leavingTasks } from '../../src/app/known/departed.ts';
import {
  asRemembered,
  asServed,
  leftBehind,
  leftServices,
} from '../../src/app/known/left-behind.ts';
import { systemClock } from '../../src/app/world/clock.ts';
import { keepConfigured } from '../../src/app/known/kept.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Resolver } from '../../src/ports/resolver.ts';
import type { Store } from '../../src/ports/store.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { NOW } from '../rollover/world.ts';
import { OURS, OWNER, SMTP, certificate, sceneIn } from './scene.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-left-'));
  store = createStore({ directory: folder, clock: systemClock });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { configOf, ran, now } = sceneIn(() => ({ folder, store }));
const left = async (config: Config) => leftBehind(await now(config), asRemembered);

describe('K5: what is in the state and not in the configuration is named with its records', () => {
  it('a removed certificate', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    const after = configOf();
    expect(await left(after)).toMatchObject([
      {
        name: 'mx1',
        owner: OWNER,
        records: [expect.stringMatching(/^3 1 1 /) as string],
        because: `certificate "mx1" is not configured any more, and its TLSA record is still at ${OWNER}`,
        hint: 'withdraw what is left and archive its keys: holger delete mx1',
      },
    ]);
    expect((await leftServices(await now(after))).map(({ url }) => url)).toEqual([SMTP]);
  });

  it('a renamed one, with the certificate that continues its state', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    // At the same owner the records belong to the new name, so that only keys and state are left.
    const hint =
      'if it is called "mail" now, continue with its keys and records: holger rename mx1 mail';
    const after = configOf(certificate('mail', [SMTP]));
    expect(await left(after)).toMatchObject([
      { name: 'mx1', records: [], hint: expect.stringContaining(hint) as string },
    ]);
    // What the new name has deployed itself is not given up for the old one.
    await ran(after, []);
    expect(await left(after)).toMatchObject([
      { hint: 'withdraw what is left and archive its keys: holger delete mx1' },
    ]);
  });

  it('a service that was removed from a certificate that stays', async () => {
    const imap = '_993._tcp.mx1.example.org.';
    await ran(configOf(certificate('mx1', [SMTP, 'imaps://mx1.example.org'])), [OWNER, imap]);
    const after = configOf(certificate('mx1', [SMTP]));
    expect(await left(after)).toMatchObject([
      { name: '_993._tcp.mx1.example.org', owner: imap, records: [expect.anything()] },
    ]);
    expect((await leftServices(await now(after))).map(({ scheme }) => scheme)).toEqual(['imaps']);
  });

  it('another tlsa_owner or port: the owner that it had before', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    for (const service of [
      `services = [{ url = "${SMTP}", tlsa_owner = "_dane.example.org" }]`,
      'services = ["smtp://mx1.example.org:2525"]',
    ]) {
      const text = certificate('mx1', []).replace('services = []', service);
      expect(await left(configOf(text))).toMatchObject([{ owner: OWNER }]);
    }
  });

  it('nothing where all is configured, and nothing where no record remains', async () => {
    const config = configOf(certificate('mx1', [SMTP]));
    await ran(config);
    expect(await left(config)).toEqual([]);
    const stored = await store.read<object>(`owner/${OWNER}`);
    await store.write(`owner/${OWNER}`, { ...stored?.value, ours: [] }, stored?.revision ?? 0);
    const text = certificate('mx1', ['smtp://mx1.example.org:2525']);
    expect(await left(configOf(text))).toEqual([]);
  });

  it('a certificate with the owners that it had before the last ones', async () => {
    const imap = '_993._tcp.mx1.example.org.';
    await ran(configOf(certificate('mx1', [SMTP, 'imaps://mx1.example.org'])), [OWNER, imap]);
    await keepConfigured(configOf(certificate('mx1', [SMTP])), { store, log: silentLogger });
    expect(await left(configOf())).toMatchObject([
      { name: 'mx1', owner: OWNER },
      { name: 'mx1', owner: imap },
    ]);
  });

  it('records that are served, also after another party withdrew them; without an answer those that were seen last', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    const named = async (...answers: readonly (readonly string[] | 'timeout')[]) => {
      const addresses = answers.map((rdata) => ({
        answer: rdata === 'timeout' ? { status: rdata } : { status: 'answered', rdata },
      }));
      const resolver = { sweep: () => Promise.resolve({ addresses }) } as unknown as Resolver;
      const found = await leftBehind(await now(configOf()), asServed(resolver, {}));
      return found.map(({ records }) => records.length);
    };
    expect(await named([OURS])).toEqual([1]);
    // Keys and state are still there.
    expect(await named([], 'timeout')).toEqual([0]);
    expect(await named([], [OURS])).toEqual([1]);
    expect(await named('timeout')).toEqual([1]);
  });

  it('a certificate whose configuration was never stored, from its documents', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    await store.remove('kept/mx1');
    const found = await departed('mx1', await now(configOf()));
    expect(found?.services).toMatchObject([{ scheme: 'smtp', port: 25, tlsaOwner: OWNER }]);
    expect(await left(configOf())).toMatchObject([{ name: 'mx1', owner: OWNER }]);
  });
});

describe('K5: delete', () => {
  it('refuses what is configured, because the next run would make it again', async () => {
    const config = configOf(certificate('mx1', [SMTP]));
    await ran(config);
    await expect(deletion('mx1', await now(config), false)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('remove its [[certificate]] from') as string,
    });
    await expect(deletion('mx9', await now(config), false)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('has owners, services and the other certificates that need their documents', async () => {
    await ran(
      configOf(certificate('mx1', [SMTP]), certificate('rsa', [SMTP], 'key_type = "rsa-2048"')),
    );
    const after = configOf(certificate('rsa', [SMTP], 'key_type = "rsa-2048"'));
    const task = await deletion('mx1', await now(after), false);
    expect(task.intent).toMatchObject({ name: 'mx1', dane: true, services: [{ owner: OWNER }] });
    expect(task.neighbours.map(({ intent }) => intent.name)).toEqual(['rsa']);
    expect([...(task.departed?.shared ?? [])]).toContain(`owner/${OWNER}`);
  });

  it('of an owner that no certificate names any more', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    const after = configOf(certificate('mx1', ['smtp://mx1.example.org:2525']));
    const task = await deletion('_25._tcp.mx1.example.org', await now(after), false);
    expect(task.intent).toMatchObject({
      name: '_25._tcp.mx1.example.org',
      services: [{ owner: OWNER, id: 'smtp://mx1.example.org:25' }],
    });
  });

  it('continues at each run until it is finished', async () => {
    await ran(configOf(certificate('mx1', [SMTP])));
    const stored = await store.read<object>('certificate/mx1');
    const orders = { leaving: { since: NOW } };
    await store.write('certificate/mx1', { ...stored?.value, orders }, stored?.revision ?? 0);
    const tasks = await leavingTasks(await now(configOf()));
    expect(tasks.map(({ intent }) => intent.name)).toEqual(['mx1']);
    expect(await left(configOf())).toEqual([]);
  });

  it('moves the generations into the archive in one act, and may be done twice', async () => {
    const files = createGenerationFiles(folder);
    await files.writeKey('mx1', 1, 'KEY');
    const to = await files.archive('mx1', 'mx1-2026-11-29T050000Z');
    expect(to).toBe(join(folder, 'archive', 'mx1-2026-11-29T050000Z'));
    expect(await files.archive('mx1', 'mx1-2026-11-29T050000Z')).toBe(to);
    expect(await readFile(join(to ?? '', '1', 'privkey.pem'), 'utf8')).toBe('KEY\n');
    expect(await readdir(join(folder, 'certificates'))).toEqual([]);
    expect(await files.archive('never', 'never-1')).toBeUndefined();
  });
});
