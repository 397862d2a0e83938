// A Secret of a cluster: read, tried, applied as the field manager "holger".
import { describe, expect, test } from 'vitest';
import { createKubernetesTarget } from '../../src/deploy/remote/kubernetes.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { DeployPackage, DeployTarget } from '../../src/ports/target.ts';
import { NAMESPACE, secretOf, startKubernetesFake, TOKEN } from './kubernetes-fake.ts';
import type { KubernetesFake } from './kubernetes-fake.ts';
import { pems, somePackage } from './packages.ts';

const FENCE = 1000;
const OTHERS = { 'tls.crt': pems.chain, 'tls.key': pems.privkey };

const fenced = (number = FENCE, before?: number): DeployPackage => ({
  ...somePackage(),
  fence: { number, before },
});

const targetAt = (server: string, more: object = {}): DeployTarget =>
  createKubernetesTarget({
    ...{ target: 'k8s', name: 'www-tls', server, namespace: NAMESPACE, force: false, timeout: 5 },
    token: () => Promise.resolve(TOKEN),
    open: (secrets) => Promise.resolve(createHttpClient({ secrets })),
    ...more,
  });

interface Scene {
  readonly fake: KubernetesFake;
  readonly target: DeployTarget;
}

async function started(): Promise<Scene> {
  const fake = await startKubernetesFake();
  return { fake, target: targetAt(fake.url) };
}

const held = (fake: KubernetesFake) => fake.secrets.get('www-tls');
const textIn = (fake: KubernetesFake, key: string): string =>
  Buffer.from(held(fake)?.data[key] ?? '', 'base64').toString();

describe('a Secret', () => {
  test('is made with key and chain, and seen there', async () => {
    const { fake, target } = await started();
    expect(await target.differences(fenced())).toEqual([
      'k8s www-tls tls.crt is missing',
      'k8s www-tls tls.key is missing',
    ]);
    await target.place(fenced());
    expect(held(fake)).toMatchObject({
      type: 'kubernetes.io/tls',
      annotations: { 'holger/fence': String(FENCE) },
      owners: { 'tls.crt': 'holger', 'tls.key': 'holger' },
    });
    expect(textIn(fake, 'tls.crt')).toBe(pems.fullchain);
    expect(textIn(fake, 'tls.key')).toBe(pems.privkey);
    expect(await target.differences(fenced())).toEqual([]);
    expect(await target.placed({})).toEqual([
      { place: 'k8s www-tls tls.crt', pem: pems.fullchain },
    ]);
    expect(target.reads).toEqual(['k8s www-tls tls.crt']);
    await target.reload(fenced());
  });

  test('is shown by holger target test without the key', async () => {
    const { target } = await started();
    expect(await target.examine?.()).toContainEqual({ name: 'version', value: 'none yet' });
    await target.place(fenced());
    expect(await target.examine?.()).toEqual([
      { name: 'version', value: '1' },
      { name: 'tls.crt', value: expect.stringMatching(/SHA-256 [0-9a-f]{64}$/) as unknown },
      { name: 'fence', value: String(FENCE) },
    ]);
  });

  test('is tried by staging, and stays as it is', async () => {
    const { fake, target } = await started();
    await target.stage?.(fenced());
    expect(fake.asked.at(-1)).toContain('dryRun=All');
    expect(held(fake)).toBeUndefined();
  });

  test('keeps the fields and labels of others', async () => {
    const { fake, target } = await started();
    const more = { labels: { app: 'web' } };
    fake.secrets.set('www-tls', secretOf({ 'ca.crt': pems.chain }, 'kubectl', more));
    await target.place(fenced());
    expect(held(fake)).toMatchObject({
      labels: { app: 'web' },
      owners: { 'ca.crt': 'kubectl', 'tls.crt': 'holger' },
    });
  });

  test('of another manager is a difference, may be loaded, and is taken over by force alone', async () => {
    const { fake, target } = await started();
    fake.secrets.set('www-tls', secretOf(OTHERS, 'cert-manager'));
    expect(await target.differences(fenced())).toEqual([
      'k8s www-tls tls.crt is of another generation',
    ]);
    expect(await target.placed({})).toEqual([{ place: 'k8s www-tls tls.crt', pem: pems.chain }]);
    for (const act of [target.stage, target.place]) {
      await expect(act?.(fenced())).rejects.toMatchObject({
        ...{ code: 'DEPLOY_REFUSED', exit: 4 },
        message: expect.stringContaining('conflict with "cert-manager"') as unknown,
        hint: expect.stringContaining('force = true') as unknown,
      });
    }
    expect(textIn(fake, 'tls.crt')).toBe(pems.chain);
    await targetAt(fake.url, { force: true }).place(fenced());
    expect(textIn(fake, 'tls.crt')).toBe(pems.fullchain);
  });

  test('that was changed after it was read is not overwritten', async () => {
    const { fake, target } = await started();
    await target.place(fenced());
    fake.beforeChange = () => fake.secrets.set('www-tls', secretOf(OTHERS, 'holger'));
    await expect(target.place(fenced())).rejects.toMatchObject({
      ...{ code: 'DEPLOY_FAILED', exit: 3 },
      message: expect.stringContaining('was changed meanwhile') as unknown,
    });
    expect(textIn(fake, 'tls.crt')).toBe(pems.chain);
  });

  test('of another type is not touched', async () => {
    const { fake, target } = await started();
    fake.secrets.set('www-tls', secretOf(OTHERS, 'holger', { type: 'Opaque' }));
    await expect(target.place(fenced())).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('another type than kubernetes.io/tls') as unknown,
    });
    expect(fake.asked.filter((one) => one.startsWith('PATCH'))).toEqual([]);
  });

  test('that the cluster keeps with another certificate is not a deployment', async () => {
    const { fake, target } = await started();
    fake.admission = { 'tls.crt': Buffer.from(pems.chain).toString('base64') };
    for (const act of [target.stage, target.place]) {
      await expect(act?.(fenced())).rejects.toMatchObject({
        code: 'DEPLOY_REFUSED',
        message: expect.stringContaining('accepted with another certificate') as unknown,
      });
    }
  });
});

describe('the fence', () => {
  test('of another sender that is larger stops this one', async () => {
    const { fake, target } = await started();
    const more = { annotations: { 'holger/fence': String(FENCE) } };
    fake.secrets.set('www-tls', secretOf(OTHERS, 'holger', more));
    for (const act of [target.stage, target.place]) {
      await expect(act?.(fenced(FENCE + 1, FENCE - 1))).rejects.toMatchObject({
        code: 'DEPLOY_REFUSED',
        message: expect.stringContaining('a newer run of holger') as unknown,
      });
    }
    expect(textIn(fake, 'tls.crt')).toBe(pems.chain);
  });
});

describe('a cluster that does not take it', () => {
  test.each<[string, object, readonly string[], object]>([
    [
      'an expired token',
      { token: () => Promise.resolve('eyJ.wrong-5ecre7') },
      ['get'],
      { code: 'DEPLOY_REFUSED', hint: expect.stringContaining('token') as unknown },
    ],
    [
      'a role that may not patch',
      {},
      ['get', 'create'],
      { code: 'DEPLOY_REFUSED', message: expect.stringContaining('cannot patch') as unknown },
    ],
    [
      'a role that may not create',
      {},
      ['get', 'patch'],
      { code: 'DEPLOY_REFUSED', hint: expect.stringContaining('create and patch') as unknown },
    ],
    [
      'no namespace',
      { namespace: 'nowhere' },
      ['get', 'create', 'patch'],
      { code: 'DEPLOY_REFUSED', hint: expect.stringContaining('create the namespace') as unknown },
    ],
  ])('%s', async (_, more, verbs, error) => {
    const { fake } = await started();
    fake.verbs = verbs;
    const target = targetAt(fake.url, more);
    for (const act of [target.stage, target.place]) {
      const thrown = await act?.(fenced()).catch((it: unknown) => it);
      expect(thrown).toMatchObject(error);
      expect(String(thrown)).toContain(new URL(fake.url).host);
      expect(String(thrown)).not.toMatch(/5ecre7|BEGIN/);
    }
  });

  test('a role that may not read leaves unknown what is there', async () => {
    const { fake, target } = await started();
    fake.verbs = ['patch'];
    expect(await target.differences(fenced())).toBeUndefined();
    await expect(target.placed({})).rejects.toMatchObject({ code: 'DEPLOY_REFUSED' });
  });
});
