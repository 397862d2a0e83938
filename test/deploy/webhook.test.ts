// A receiver of the operator: staged, activated, asked.
import { describe, expect, test } from 'vitest';
import { createWebhookTarget } from '../../src/deploy/remote/webhook.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { ReceiverSecrets } from '../../src/http/receiver.ts';
import type { DeployPackage, DeployTarget } from '../../src/ports/target.ts';
import { pems, somePackage } from './packages.ts';
import { BEARER, HMAC, startWebhookFake } from './webhook-fake.ts';
import type { WebhookFake } from './webhook-fake.ts';

const FENCE = 1000;

const fenced = (number = FENCE, before?: number): DeployPackage => ({
  ...somePackage(),
  fence: { number, before },
});

const targetAt = (
  url: string,
  secrets: ReceiverSecrets = { bearer: BEARER, hmac: HMAC },
  name = 'edge',
): DeployTarget =>
  createWebhookTarget({
    ...{ target: 'hook', name, url, timeout: 5 },
    secrets: () => Promise.resolve(secrets),
    open: (hidden) => Promise.resolve(createHttpClient({ secrets: hidden })),
  });

async function started(): Promise<{ readonly fake: WebhookFake; readonly target: DeployTarget }> {
  const fake = await startWebhookFake('edge');
  return { fake, target: targetAt(fake.url) };
}

describe('a generation', () => {
  test('is staged first, and nothing is live', async () => {
    const { fake, target } = await started();
    await target.stage?.(fenced());
    expect([...fake.staged.values()]).toEqual([
      {
        'privkey.pem': pems.privkey,
        'cert.pem': pems.cert,
        'chain.pem': pems.chain,
        'fullchain.pem': pems.fullchain,
      },
    ]);
    expect(fake.live).toBeUndefined();
    expect(await target.differences(fenced())).toEqual(['hook edge live is nothing yet']);
    expect(await target.placed({})).toEqual([]);
  });

  test('is activated without being sent again, and seen there', async () => {
    const { fake, target } = await started();
    await target.stage?.(fenced());
    await target.place(fenced());
    await target.reload(fenced());
    expect(fake.done.filter((one) => one !== 'GET')).toEqual(['stage', 'activate']);
    expect(await target.differences(fenced())).toEqual([]);
    expect(await target.placed({})).toEqual([{ place: 'hook edge live', pem: pems.fullchain }]);
    expect(target.reads).toContain('hook edge live');
  });

  test('that the receiver has lost is staged again', async () => {
    const { fake, target } = await started();
    await target.place(fenced());
    expect(fake.done.filter((one) => one !== 'GET')).toEqual(['stage', 'activate']);
  });

  test('of a certificate with csr comes without a key', async () => {
    const { fake, target } = await started();
    const { privkey: _, ...rest } = pems;
    await target.stage?.({ ...fenced(), pems: rest });
    expect(Object.keys([...fake.staged.values()][0] ?? {})).not.toContain('privkey.pem');
  });

  test('has one key for a call that is sent again, and another one for each operation', async () => {
    const { fake, target } = await started();
    await target.stage?.(fenced());
    await target.stage?.(fenced());
    await target.place(fenced());
    const keys = fake.headers.flatMap((one) => one['idempotency-key'] ?? []);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
  });
});

describe('the reload', () => {
  test('that failed is reported once, and asked for again', async () => {
    const { fake, target } = await started();
    fake.reload = 'appliance\u001b[31m is busy';
    await target.place(fenced());
    await expect(target.reload(fenced())).rejects.toMatchObject({
      code: 'RELOAD_FAILED',
      message: expect.stringContaining('appliance\\u001b[31m is busy') as unknown,
    });
    fake.reload = undefined;
    await target.reload(fenced());
    expect(fake.done.filter((one) => one !== 'GET')).toEqual(['stage', 'activate', 'reload']);
  });
});

describe('the fence', () => {
  test('of another sender that is larger stops this one before anything is sent', async () => {
    const { fake, target } = await started();
    fake.fence = FENCE;
    await expect(target.place(fenced(FENCE + 1, FENCE - 1))).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('a newer run of holger') as unknown,
    });
    expect(fake.staged.size).toBe(0);
  });

  test('that grows between question and call is refused by the receiver', async () => {
    const { fake, target } = await started();
    fake.answer = (call) => {
      if (call !== 'GET') fake.fence = FENCE + 1;
      return undefined;
    };
    await expect(target.stage?.(fenced())).rejects.toMatchObject({
      code: 'DEPLOY_REFUSED',
      message: expect.stringContaining('a newer run of holger') as unknown,
    });
  });
});

describe('what is there', () => {
  test('may be a chain of another program, and further ones', async () => {
    const { fake, target } = await started();
    fake.live = { 'fullchain.pem': pems.chain };
    fake.others = [pems.cert, 'nothing', 7, ...Array<string>(9).fill(pems.cert)];
    expect(await target.differences(fenced())).toEqual(['hook edge live is another generation']);
    expect(await target.placed({})).toEqual([
      { place: 'hook edge live', pem: pems.chain },
      ...[1, 2, 3, 4].map((at) => ({ place: `hook edge other ${at}`, pem: pems.cert })),
    ]);
  });

  test('is shown by holger target test', async () => {
    const { target } = await started();
    const none = { name: 'live', value: 'nothing yet' };
    expect(await target.examine?.()).toEqual([none, { name: 'fence', value: 'none yet' }]);
    await target.place(fenced());
    expect(await target.examine?.()).toEqual([
      { name: 'live', value: expect.stringMatching(/SHA-256 [0-9a-f]{64}$/) as unknown },
      { name: 'fence', value: String(FENCE) },
    ]);
  });

  test('differs as the receiver says, bounded and cleaned', async () => {
    const { fake, target } = await started();
    await target.place(fenced());
    fake.differs = ['/etc/x is\u202e missing', 5, ...Array<string>(99).fill('y')];
    const differences = await target.differences(fenced());
    expect(differences?.[0]).toBe('hook edge /etc/x is\\u202e missing');
    expect(differences).toHaveLength(16);
  });

  test.each<[string, number, unknown]>([
    ['another server', 200, '<html>welcome</html>'],
    ['another version', 200, { schema: 2, fence: 0 }],
    ['no fence', 200, { schema: 1 }],
    ['a fence in words', 200, { schema: 1, fence: 'many' }],
    ['a chain without certificates', 200, { schema: 1, fence: 0, live: 'x' }],
    ['a failure', 503, { error: 'down' }],
    ['a refusal', 403, { error: 'no' }],
  ])('is not known from %s', async (_, status, body) => {
    const { fake, target } = await started();
    fake.answer = () => [status, body];
    expect(await target.differences(fenced())).toBeUndefined();
    await expect(target.placed({})).rejects.toMatchObject({
      message: expect.stringContaining('127.0.0.1:') as unknown,
    });
    await expect(target.place(fenced())).rejects.toThrow();
    expect(fake.staged.size).toBe(0);
  });
});

describe('an answer', () => {
  test.each<[number, unknown, string, number]>([
    [401, { error: 'who?' }, 'DEPLOY_REFUSED', 4],
    [404, { error: 'no such name' }, 'DEPLOY_REFUSED', 4],
    [422, { error: 'pair' }, 'DEPLOY_REFUSED', 4],
    [429, { error: 'later' }, 'DEPLOY_FAILED', 3],
    [500, 'oops', 'DEPLOY_FAILED', 3],
    [302, '', 'DEPLOY_REFUSED', 4],
    [200, { status: 'ok' }, 'DEPLOY_FAILED', 3],
    [200, 'OK', 'DEPLOY_FAILED', 3],
  ])('%i %j to a generation', async (status, body, code, exit) => {
    const { fake, target } = await started();
    fake.answer = (call) => (call === 'stage' ? [status, body] : undefined);
    await expect(target.stage?.(fenced())).rejects.toMatchObject({ code, exit });
  });

  test('with a secret of ours is shown without it', async () => {
    const { fake } = await started();
    const target = targetAt(fake.url, { bearer: 'wrong-5ecre7' });
    const error = await target.stage?.(fenced()).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'DEPLOY_REFUSED', hint: expect.anything() as unknown });
    expect(String(error)).not.toMatch(/5ecre7|pa7h|BEGIN/);
  });

  test.each([
    [404, { error: 'Cannot POST /hook-pa7h with bearer-5ecre7' }],
    [200, { status: 'reload-failed', error: 'at /hook-pa7h with hmac-5ecre7' }],
  ])('that repeats our secrets is shown without them: %i', async (status, body) => {
    const { fake, target } = await started();
    fake.answer = (call) => (call === 'GET' ? undefined : [status, body]);
    const error = await target.stage?.(fenced()).catch((it: unknown) => it);
    expect(String(error)).toContain('***');
    expect(String(error)).not.toMatch(/5ecre7|pa7h/);
  });

  test('none at all is tried again', async () => {
    const target = targetAt('http://127.0.0.1:1/hook-pa7h');
    expect(await target.differences(fenced())).toBeUndefined();
    const error = await target.place(fenced()).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'DEPLOY_FAILED', exit: 3 });
    expect(String(error)).not.toMatch(/5ecre7|pa7h/);
  });
});
