// A certificate in the memory of HAProxy: one transaction, or none.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHaproxyTarget } from '../../src/deploy/remote/haproxy.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { startFakeHaproxy } from './haproxy-fake.ts';
import type { FakeHaproxy } from './haproxy-fake.ts';
import { pems, somePackage, temporaryFolder } from './packages.ts';

const NAME = '/etc/haproxy/certs/mx1.pem';
const OTHER = '/etc/haproxy/certs/www.pem';
const OLD = pems.chain;
const NEW = pems.privkey + pems.fullchain;

const targetAt = (path: string, name = NAME, timeout = 5): DeployTarget =>
  createHaproxyTarget({ target: 'lb', name, socket: { path }, timeout });

const started = (): Promise<FakeHaproxy> => startFakeHaproxy({ [NAME]: OLD, [OTHER]: OLD });

test('key and chain are exchanged in one transaction, and seen there', async () => {
  const haproxy = await started();
  const target = targetAt(haproxy.path);
  expect(await target.differences(somePackage())).toEqual([`lb ${NAME} is another certificate`]);
  await target.place(somePackage());
  expect(haproxy.loaded.get(NAME)?.trim()).toBe(NEW.trim());
  expect(haproxy).toMatchObject({ open: undefined });
  expect(await target.differences(somePackage())).toEqual([]);
  await target.reload(somePackage());
  expect(await target.placed({})).toEqual([]);
});

test('holger target test shows what is loaded', async () => {
  const haproxy = await started();
  expect(await targetAt(haproxy.path).examine?.()).toEqual([
    { name: 'loaded', value: expect.stringMatching(/^SHA-1 [0-9a-f]{40}$/) as unknown },
    { name: 'chain', value: '0 more' },
  ]);
  expect(await targetAt(haproxy.path, '/none').examine?.()).toEqual([
    { name: 'loaded', value: 'no certificate of this name' },
  ]);
});

test('another chain for the same certificate is a difference', async () => {
  const haproxy = await startFakeHaproxy({ [NAME]: pems.cert });
  expect(await targetAt(haproxy.path).differences(somePackage())).toEqual([
    `lb ${NAME} has another chain`,
  ]);
});

test('staging lets HAProxy read key and chain, and changes nothing', async () => {
  const haproxy = await started();
  await targetAt(haproxy.path).stage?.(somePackage());
  expect(haproxy.asked).toContain('set ssl cert');
  expect(haproxy.asked).not.toContain('commit ssl cert');
  expect(haproxy).toMatchObject({ open: undefined });
  expect(haproxy.loaded.get(NAME)).toBe(OLD);
});

test('a refused commit ends the transaction, and what is presented stays', async () => {
  const haproxy = await started();
  haproxy.answer = (command) =>
    command.startsWith('commit')
      ? 'inconsistencies between private key and certificate'
      : undefined;
  await expect(targetAt(haproxy.path).place(somePackage())).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining('inconsistencies between private key') as unknown,
  });
  expect(haproxy).toMatchObject({ open: undefined });
  expect(haproxy.loaded.get(NAME)).toBe(OLD);
});

test('the transaction of another certificate is not touched', async () => {
  const haproxy = await started();
  haproxy.open = { name: OTHER, pem: OLD };
  await expect(targetAt(haproxy.path).place(somePackage())).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: `${haproxy.path}: another program changes a certificate there`,
  });
  expect(haproxy.open).toEqual({ name: OTHER, pem: OLD });
});

test('what another program put into the transaction is not committed', async () => {
  const haproxy = await started();
  haproxy.answer = (command) => {
    if (command.startsWith('show ssl cert *') && haproxy.open) haproxy.open.pem = OLD;
    return undefined;
  };
  await expect(targetAt(haproxy.path).place(somePackage())).rejects.toMatchObject({
    message: expect.stringContaining('another program changes') as unknown,
  });
  expect(haproxy.asked).not.toContain('commit ssl cert');
});

test('a transaction that a stopped run has left is ended', async () => {
  const haproxy = await started();
  haproxy.open = { name: NAME, pem: OLD };
  await targetAt(haproxy.path).place(somePackage());
  expect(haproxy.loaded.get(NAME)?.trim()).toBe(NEW.trim());
});

test('certificates of one HAProxy take turns', async () => {
  const haproxy = await started();
  await Promise.all([NAME, OTHER].map((name) => targetAt(haproxy.path, name).place(somePackage())));
  for (const name of [NAME, OTHER]) expect(haproxy.loaded.get(name)?.trim()).toBe(NEW.trim());
});

test.each<[string, (command: string) => string | undefined, object]>([
  [
    'a name that HAProxy has not loaded',
    (command) =>
      command.startsWith('set')
        ? "Can't replace a certificate which is not referenced by the configuration!"
        : undefined,
    { code: 'DEPLOY_REFUSED', hint: expect.stringContaining('show ssl cert') as unknown },
  ],
  [
    'a socket that may not change anything',
    (command) => (command.startsWith('set') ? 'Permission denied' : undefined),
    { code: 'DEPLOY_REFUSED', hint: expect.stringContaining('level admin') as unknown },
  ],
  [
    'a pair that is larger than its buffer',
    (command) => (command.startsWith('set') ? '' : undefined),
    { code: 'DEPLOY_FAILED', hint: expect.stringContaining('tune.bufsize') as unknown },
  ],
  [
    'a program that is not HAProxy',
    () => '220 mx1.example.org ESMTP',
    { code: 'DEPLOY_FAILED', message: expect.stringContaining('220 mx1.example.org') as unknown },
  ],
  [
    'a commit that has no effect',
    (command) => (command.startsWith('commit') ? 'Committing.\nSuccess!' : undefined),
    { code: 'DEPLOY_FAILED', message: expect.stringContaining('still another') as unknown },
  ],
])('%s is an error that says what to do', async (_, answer, error) => {
  const haproxy = await started();
  haproxy.answer = answer;
  await expect(targetAt(haproxy.path).place(somePackage())).rejects.toMatchObject(error);
});

test('without HAProxy nothing is known, and it is asked again later', async () => {
  const path = join(await temporaryFolder(), 'none.sock');
  const target = targetAt(path);
  expect(await target.differences(somePackage())).toBeUndefined();
  await expect(target.placed({})).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining(path) as unknown,
  });
});

test('a certificate that is not loaded is a difference', async () => {
  const haproxy = await startFakeHaproxy({});
  expect(await targetAt(haproxy.path).differences(somePackage())).toEqual([
    `lb ${NAME} is not loaded`,
  ]);
});

test('HAProxy that never answers is given up', async () => {
  const path = join(await temporaryFolder(), 'silent.sock');
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  await expect(targetAt(path, NAME, 0.2).place(somePackage())).rejects.toMatchObject({
    message: `${path} did not answer within 0.2 s`,
  });
});

test('a generation without its private key is not placed', async () => {
  const haproxy = await started();
  const { privkey: _, ...rest } = pems;
  await expect(
    targetAt(haproxy.path).place({ ...somePackage(), pems: rest }),
  ).rejects.toMatchObject({ code: 'DEPLOY_REFUSED' });
  expect(haproxy.asked).not.toContain('set ssl cert');
});
