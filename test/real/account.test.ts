// The account at a real CA: its key is changed although answers are lost, only the operator ends
// it, and CAA records name it.
import { generateKeyPairSync } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccountKey } from '../../src/acme/account.ts';
import { createAcmeClient } from '../../src/acme/client.ts';
import { createIssuer } from '../../src/acme/issuer.ts';
import type { AcmeIssuer } from '../../src/acme/issuer.ts';
import { changeKey } from '../../src/acme/key-change.ts';
import { createTransport } from '../../src/acme/transport.ts';
import type { Send } from '../../src/acme/transport.ts';
import { AppError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { createHttpClient } from '../../src/http/client.ts';
import { accountKeyPath } from '../../src/store/account-files.ts';
import { failureOf, memoryFiles } from '../acme/world.ts';
import type { MemoryFiles } from '../acme/world.ts';
import { installationCommand } from '../lab/holger.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import type { RunResult } from '../lab/processes.ts';

const LIMIT_MS = 120_000;
const clock = { now: () => Date.now() / 1000, sleep: () => Promise.reject(new Error('slept')) };

let lab: Lab;
let config: string;

beforeAll(async () => {
  lab = await startLab({
    index: 94,
    ttl: 2,
    pebbleEnv: { PEBBLE_AUTHZREUSE: '100', PEBBLE_WFE_NONCEREJECT: '0' },
  });
  config = await writeInstallation(lab, 'account', [certificateFor('mail', [lab.services.mail])]);
  expect(await holger('run', '--wait')).toMatchObject({ status: 0 });
}, LIMIT_MS);
afterAll(() => lab?.stop());

const holger = (...args: readonly string[]): Promise<RunResult> =>
  lab.run(installationCommand(config, ...args), { timeoutMs: LIMIT_MS });
async function ends(status: number, ...args: readonly string[]): Promise<string> {
  const ended = await holger(...args);
  const told = `${ended.stdout}${ended.stderr}`;
  expect(ended, `${args.join(' ')}\n${told}`).toMatchObject({ status });
  return told.replaceAll(/\s+;?\s*/g, ' ');
}

describe('K41: a new account key', () => {
  const issuerWith = async (accountFiles: MemoryFiles): Promise<AcmeIssuer> =>
    createIssuer({
      directory: lab.acme.directory,
      caPem: await readFile(lab.acme.caFile, 'utf8'),
      ...{ accountFiles, clock, logger: silentLogger },
    });
  const crash = (): Promise<never> => Promise.reject(new Error('the power is gone'));

  /** What a process after the crash finds: the account, and the key that it has. */
  async function worksAfterwards(files: MemoryFiles, url: string): Promise<void> {
    const later = await issuerWith(files);
    expect(await later.account({})).toMatchObject({ url, status: 'valid' });
    expect((await later.newOrder({ domains: ['mail.dane.test'] }, {})).url).toMatch(/^https:/);
  }

  test('is found after a crash before the CA got it, and used by the next attempt', async () => {
    const files = memoryFiles();
    const url = await (await issuerWith(files)).accountUrl({});
    const before = files.account?.keyPem;
    const { writeNextKey } = files;
    files.writeNextKey = async (directory, key) => {
      await writeNextKey(directory, key);
      await crash();
    };
    await expect((await issuerWith(files)).changeKey({})).rejects.toThrow('power');
    const next = files.account?.nextKeyPem;
    expect(next).toBeDefined();
    await worksAfterwards(files, url);
    expect(files.account?.keyPem).toBe(before);
    await (await issuerWith(files)).changeKey({});
    expect(files.account).toMatchObject({ keyPem: next, url });
    expect(files.account).not.toHaveProperty('nextKeyPem');
    await worksAfterwards(files, url);
  });

  test('is found after a crash between the answer of the CA and the file', async () => {
    const files = memoryFiles();
    const url = await (await issuerWith(files)).accountUrl({});
    const { takeNextKey } = files;
    files.takeNextKey = crash;
    await expect((await issuerWith(files)).changeKey({})).rejects.toThrow('power');
    files.takeNextKey = takeNextKey;
    const next = files.account?.nextKeyPem;
    expect(files.account?.keyPem).not.toBe(next);
    await worksAfterwards(files, url);
    expect(files.account?.keyPem).toBe(next);
  });

  test.each([
    ['the request', false],
    ['the answer', true],
  ])("when %s is lost, is the account's key or not, as the CA has it", async (_what, arrives) => {
    const files = memoryFiles();
    const url = await (await issuerWith(files)).accountUrl({});
    const before = files.account?.keyPem;
    const http = createHttpClient({ caPem: await readFile(lab.acme.caFile, 'utf8') });
    const real = createTransport(http, () => undefined);
    const lost = new AppError('ACME_UNREACHABLE', 'the line is dead');
    const send: Send = async (request, call) => {
      if (!/roll/.test(request.url)) return real(request, call);
      if (arrives) await real(request, call);
      throw lost;
    };
    const base = { directoryUrl: lab.acme.directory, send, clock };
    const clientWith = (keyPem: string) =>
      createAcmeClient({ ...base, accountKey: () => Promise.resolve(keyPem) });
    const client = createAcmeClient({
      ...base,
      accountKey: createAccountKey(files, lab.acme.directory),
    });
    const options = { client, clientWith, files, hasExternalAccount: false, logger: silentLogger };
    const change = changeKey({ ...options, directoryUrl: lab.acme.directory }, {});
    if (arrives) await change;
    else expect(await failureOf(change)).toBe(lost);
    expect(files.account?.keyPem === before).toBe(!arrives);
    await worksAfterwards(files, url);
    await http.close();
  });

  test('leaves the URL, and orders still use it', { timeout: LIMIT_MS }, async () => {
    const path = accountKeyPath(join(lab.dir, 'account'), lab.acme.directory);
    const before = await readFile(path, 'utf8');
    const shown = JSON.parse((await holger('--json', 'account')).stdout) as object;
    await ends(0, 'account', 'key-change');
    expect(await readFile(path, 'utf8')).not.toBe(before);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, '..'))).not.toContain('next-key.pem');
    expect(JSON.parse((await holger('--json', 'account')).stdout)).toEqual(shown);
    await ends(0, 'run', '--wait', '--force', 'mail');
  });
});

test('the account of another client is taken over by its key', { timeout: LIMIT_MS }, async () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const accountFiles = memoryFiles();
  await accountFiles.writeKey('', key.export({ type: 'pkcs8', format: 'pem' }).toString());
  const other = createIssuer({
    directory: lab.acme.directory,
    caPem: await readFile(lab.acme.caFile, 'utf8'),
    ...{ accountFiles, clock, logger: silentLogger },
  });
  const url = await other.accountUrl({});
  await other.close();
  const file = join(lab.dir, 'private_key.json');
  await writeFile(file, JSON.stringify(key.export({ format: 'jwk' })), { mode: 0o600 });
  const state = join(lab.dir, 'imported');
  expect(await ends(0, '--state', state, 'account', 'import', file)).toContain(url);
  expect(await ends(0, '--state', state, 'account', 'show')).toContain('valid');
  expect(await ends(2, 'account', 'import', file)).toContain('the state has another account');
});

describe('K41: CAA and the account', () => {
  const records = async (): Promise<readonly string[]> => {
    const { stdout } = await holger('caa', 'mail');
    return stdout.split('\n').filter((line) => /^\S+ IN CAA /.test(line));
  };
  const inZone = async (lines: readonly string[]): Promise<void> => {
    const add = lines.map((line) => `update add ${line.replace(' IN CAA', ' 2 IN CAA')}`);
    await lab.nsupdate(['update delete mail.dane.test. CAA', ...add]);
  };

  test('the printed records allow this account alone to issue', { timeout: LIMIT_MS }, async () => {
    expect(await ends(0, 'caa', 'mail')).toContain('every CA');
    const printed = await records();
    expect(printed.join()).toMatch(/accounturi=https:.*validationmethods=dns-01/);
    await inZone(printed);
    const isAlone = () => holger('caa', 'mail');
    await expect
      .poll(async () => (await isAlone()).stdout, { timeout: 20_000 })
      .toContain('only this account may issue');
    expect((await isAlone()).status).toBe(0);
    await ends(0, 'run', '--wait', '--force', 'mail');
  });

  test(
    'those of another account are named, and do not allow this one any more',
    { timeout: LIMIT_MS },
    async () => {
      const own = await records();
      const other = own.map((line) =>
        line.replace(/accounturi=[^;"]+/, 'accounturi=https://ca.example/7'),
      );
      await inZone(other);
      await expect
        .poll(async () => (await holger('caa', 'mail')).status, { timeout: 20_000 })
        .toBe(1);
      expect(await ends(1, 'caa', 'mail')).toContain('another account (https://ca.example/7)');
      const refused = await ends(4, 'run', '--wait', '--force', 'mail');
      expect(refused).toContain('forbid the order for mail.dane.test');
      expect(refused).toContain(own[0]?.split(' IN ')[1]);
      await inZone(own);
      await expect
        .poll(async () => (await holger('caa', 'mail')).status, { timeout: 20_000 })
        .toBe(0);
    },
  );

  test(
    'an account ends only when the operator asks for it, and is named where CAA still has it',
    { timeout: LIMIT_MS },
    async () => {
      const { account } = JSON.parse((await holger('--json', 'account')).stdout) as {
        account: { url: string };
      };
      expect(await ends(2, 'account', 'deactivate', '--yes')).toContain(
        'renewed with the account: mail',
      );
      expect(await ends(2, 'account', 'deactivate', '--force')).toContain('--yes --force');
      expect(await ends(0, 'account', 'show')).toContain('valid');
      const told = await ends(0, 'account', 'deactivate', '--yes', '--force');
      expect(told).toContain('deactivated');
      expect(told).toContain(`accounturi=${account.url}`);
      const [archived = ''] = await readdir(join(lab.dir, 'account', 'archive'));
      expect(archived).toMatch(/^account-/);
      await ends(1, 'account', 'show');
      await ends(0, 'account', 'update');
      const renewed = await ends(0, 'account', 'show');
      expect(renewed).toContain('names an account that is no longer used');
      expect(await ends(1, 'caa', 'mail')).toContain(`a former account (${account.url})`);
      await inZone(await records());
      await expect
        .poll(async () => (await holger('caa', 'mail')).status, { timeout: 20_000 })
        .toBe(0);
      expect(await ends(0, 'account', 'show')).not.toContain('no longer used');
    },
  );
});
