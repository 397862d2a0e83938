// A secret in Vault or OpenBao: read, compared, written over the version that was read.
import { describe, expect, test } from 'vitest';
import { createVaultTarget } from '../../src/deploy/remote/vault.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { DeployPackage, DeployTarget } from '../../src/ports/target.ts';
import { pems, somePackage } from './packages.ts';
import { NAMESPACE, startVaultFake, TOKEN } from './vault-fake.ts';
import type { VaultFake } from './vault-fake.ts';

const FENCE = 1000;
const PATH = 'certificates/mail/mx1';

const fenced = (number = FENCE, before?: number): DeployPackage => ({
  ...somePackage(),
  fence: { number, before },
});

const targetAt = (url: string, more: object = {}): DeployTarget =>
  createVaultTarget({
    ...{ target: 'bao', name: 'mail/mx1', url, namespace: NAMESPACE, mount: 'kv' },
    ...{ path: 'certificates', timeout: 5 },
    token: () => Promise.resolve(TOKEN),
    open: (secrets) => Promise.resolve(createHttpClient({ secrets })),
    ...more,
  });

async function started(): Promise<{ readonly fake: VaultFake; readonly target: DeployTarget }> {
  const fake = await startVaultFake();
  return { fake, target: targetAt(fake.url) };
}

const last = (fake: VaultFake) => fake.secrets.get(PATH)?.at(-1)?.data;
const writes = (fake: VaultFake) => fake.asked.filter((one) => one === `POST /v1/kv/data/${PATH}`);

describe('key and chain', () => {
  test('are fields of the secret, and seen there', async () => {
    const { fake, target } = await started();
    expect(await target.differences(fenced())).toHaveLength(4);
    await target.place(fenced());
    expect(last(fake)).toEqual({ ...pems, holger_fence: String(FENCE) });
    expect(await target.differences(fenced())).toEqual([]);
    expect(await target.placed({})).toEqual([
      { place: 'bao mail/mx1 fullchain', pem: pems.fullchain },
      { place: 'bao mail/mx1 cert', pem: pems.fullchain },
    ]);
    expect(target.reads).toEqual(['bao mail/mx1 fullchain', 'bao mail/mx1 cert']);
    await target.reload(fenced());
    expect(writes(fake)).toHaveLength(1);
  });

  test('are shown by holger target test without the key', async () => {
    const { target } = await started();
    await target.place(fenced());
    expect(await target.examine?.()).toEqual([
      { name: 'version', value: '1' },
      { name: 'fullchain', value: expect.stringMatching(/SHA-256 [0-9a-f]{64}$/) as unknown },
      { name: 'fence', value: String(FENCE) },
    ]);
  });

  test('of another program are differences, and may be loaded', async () => {
    const { fake, target } = await started();
    await target.place(fenced());
    fake.secrets.get(PATH)?.push({ data: { ...last(fake), fullchain: pems.chain, privkey: 7 } });
    const again = targetAt(fake.url);
    expect(await again.differences(fenced())).toEqual([
      'bao mail/mx1 privkey is missing',
      'bao mail/mx1 fullchain is of another generation',
    ]);
    expect(await again.placed({})).toContainEqual({
      place: 'bao mail/mx1 fullchain',
      pem: pems.chain,
    });
  });

  test('keep what others have put beside them', async () => {
    const { fake, target } = await started();
    fake.secrets.set(PATH, [{ data: { owner: 'team', nested: { size: 5 } } }]);
    await target.place(fenced());
    expect(last(fake)).toMatchObject({ owner: 'team', nested: { size: 5 }, cert: pems.cert });
  });

  test('are not written where a number of others would change', async () => {
    const { fake, target } = await started();
    fake.secrets.set(PATH, [{ data: { deep: [{ serial: 12345678901234567890n.toString() }] } }]);
    await target.place(fenced());
    fake.secrets.set(PATH, [{ data: { deep: [{ serial: 2 ** 60 }] } }]);
    await expect(target.place(fenced())).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('numbers of others') as unknown,
    });
  });

  test('follow a version that was deleted', async () => {
    const { fake, target } = await started();
    fake.secrets.set(PATH, [{ data: null }]);
    expect(await target.placed({})).toEqual([]);
    await target.place(fenced());
    expect(fake.secrets.get(PATH)).toHaveLength(2);
  });

  test('are not written over a change that was not read', async () => {
    const { fake, target } = await started();
    fake.beforeWrite = () => fake.secrets.set(PATH, [{ data: { owner: 'team' } }]);
    await expect(target.place(fenced())).rejects.toMatchObject({ code: 'DEPLOY_FAILED', exit: 3 });
    expect(last(fake)).toEqual({ owner: 'team' });
  });

  test('are not sent by staging, which finds what a write would need', async () => {
    const { fake, target } = await started();
    await target.stage?.(fenced());
    expect(writes(fake)).toEqual([]);
    fake.capabilities = ['read', 'update'];
    await expect(target.stage?.(fenced())).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('may not create kv/data/certificates/mail/mx1') as unknown,
    });
    fake.secrets.set(PATH, [{ data: {} }]);
    await target.stage?.(fenced());
    fake.capabilities = ['root', 'read'];
    await target.stage?.(fenced());
  });
});

describe('the fence', () => {
  test('of another sender that is larger stops this one', async () => {
    const { fake, target } = await started();
    fake.secrets.set(PATH, [{ data: { holger_fence: String(FENCE) } }]);
    for (const act of [target.stage, target.place]) {
      await expect(act?.(fenced(FENCE + 1, FENCE - 1))).rejects.toMatchObject({
        code: 'DEPLOY_REFUSED',
        message: expect.stringContaining('a newer run of holger') as unknown,
      });
    }
    expect(writes(fake)).toEqual([]);
  });
});

describe('a server that does not take it', () => {
  test('says that the mount is of version 1 before the key is sent', async () => {
    const { fake, target } = await started();
    fake.kvVersion = '1';
    for (const act of [target.stage, target.place]) {
      await expect(act?.(fenced())).rejects.toMatchObject({
        code: 'DEPLOY_REFUSED',
        message: expect.stringContaining('kv is not a key-value store of version 2') as unknown,
      });
    }
    expect(writes(fake)).toEqual([]);
  });

  test.each<[string, object, object]>([
    [
      'no mount',
      { mount: 'nothing' },
      { code: 'DEPLOY_REFUSED', hint: 'check mount and namespace in [target.NAME]' },
    ],
    ['another namespace', { namespace: undefined }, { code: 'DEPLOY_REFUSED', exit: 4 }],
    [
      'another token',
      { token: () => Promise.resolve('hvs.wrong-5ecre7') },
      {
        code: 'DEPLOY_REFUSED',
        message: expect.stringMatching(/403: permission denied$/) as unknown,
      },
    ],
  ])('%s', async (_, more, error) => {
    const { fake } = await started();
    const target = targetAt(fake.url, more);
    const thrown = await target.place(fenced()).catch((it: unknown) => it);
    expect(thrown).toMatchObject(error);
    expect(String(thrown)).not.toMatch(/5ecre7|BEGIN/);
    expect(await target.differences(fenced())).toBeUndefined();
  });

  test('is sealed for a while', async () => {
    const { fake, target } = await started();
    fake.sealed = true;
    expect(await target.differences(fenced())).toBeUndefined();
    await expect(target.place(fenced())).rejects.toMatchObject({ code: 'DEPLOY_FAILED', exit: 3 });
    await expect(target.placed({})).rejects.toMatchObject({
      message: expect.stringContaining('Vault is sealed') as unknown,
    });
  });
});
