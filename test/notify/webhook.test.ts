// POSTs to a server that works, fails, is slow, and fails before it works.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../src/http/client.ts';
import type { WebhookOptions } from '../../src/notify/webhook.ts';
import { createWebhook } from '../../src/notify/webhook.ts';
import type { Notice } from '../../src/ports/notifier.ts';

const notice: Notice = {
  ...{ id: 'c0ffee', at: 0, subject: 'subject', text: 'text' },
  document: { schema: 1, severity: 'critical', because: 'grün' },
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function hook(listener: RequestListener, more: Partial<WebhookOptions> = {}) {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return createWebhook({
    label: 'webhook',
    url: `http://127.0.0.1:${port}/hook-5ecre7?token=geheim`,
    open: (secrets) => Promise.resolve(createHttpClient({ userAgent: 'holger/1', secrets })),
    ...more,
  });
}

const word = (text: string) => () => Promise.resolve(text);

test('the document is the body; the secrets are a bearer token and the key of a signature', async () => {
  const got: { headers: IncomingHttpHeaders; body: string; url: string | undefined }[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push({ headers: request.headers, body, url: `${request.method} ${request.url}` });
      response.writeHead(204).end();
    });
  };
  const webhook = await hook(listener, { bearer: word('open sesame'), hmac: word('key') });
  expect(await webhook.deliver(notice, {})).toEqual({ later: [], refused: [] });
  const [{ headers, body, url } = { headers: {}, body: '', url: '' }] = got;
  expect(url).toBe('POST /hook-5ecre7?token=geheim');
  expect(JSON.parse(body)).toEqual(notice.document);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'idempotency-key': 'c0ffee',
    authorization: 'Bearer open sesame',
    'holger-signature': `sha256=${createHmac('sha256', 'key').update(body).digest('hex')}`,
  });
});

test('without secrets there are no such headers', async () => {
  let headers: IncomingHttpHeaders = {};
  const webhook = await hook((request, response) => {
    ({ headers } = request);
    response.end('ok');
  });
  await webhook.deliver(notice, {});
  expect(Object.keys(headers)).not.toContain('authorization');
  expect(Object.keys(headers)).not.toContain('holger-signature');
});

test.each([500, 403, 302])(
  '%i is not a delivery, and the next attempt may be one',
  async (status) => {
    let count = 0;
    const webhook = await hook((_, response) => {
      count += 1;
      response.writeHead(count === 1 ? status : 200, { location: '/elsewhere' });
      response.end('no\nroom');
    });
    await expect(webhook.deliver(notice, {})).rejects.toMatchObject({
      code: 'NOTIFY_FAILED',
      message: expect.stringMatching(
        new RegExp(`^POST http://127\\.0\\.0\\.1:\\d+ was answered with ${status}: no room$`),
      ) as string,
    });
    expect(await webhook.deliver(notice, {})).toEqual({ later: [], refused: [] });
  },
);

test('a slow receiver is interrupted when the watch ends', async () => {
  const webhook = await hook(() => undefined);
  const began = Date.now();
  await expect(webhook.deliver(notice, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject(
    { code: 'INTERRUPTED' },
  );
  expect(Date.now() - began).toBeLessThan(2000);
});

test('no server listens: the error contains no secret', async () => {
  const webhook = await hook(() => undefined, { bearer: word('open sesame') });
  server?.close();
  await expect(webhook.deliver(notice, {})).rejects.toMatchObject({
    code: 'HTTP_FAILED',
    message: expect.not.stringMatching(/sesame|geheim|5ecre7/) as string,
  });
});

describe('K49: any 2xx is a delivery', () => {
  test.each([
    ['large', (response: ServerResponse) => response.end('x'.repeat(3_000_000))],
    ['that never ends', (response: ServerResponse) => void response.write('ok')],
  ])('with any answer: a body %s', async (_, answer) => {
    const webhook = await hook((request, response) => {
      request.resume();
      response.writeHead(200);
      answer(response);
    });
    expect(await webhook.deliver(notice, {})).toEqual({ later: [], refused: [] });
  });

  test('of a large refusal the status and the first words are reported', async () => {
    const webhook = await hook((request, response) => {
      request.resume();
      response.writeHead(500).end(`broken ${'x'.repeat(3_000_000)}`);
    });
    await expect(webhook.deliver(notice, {})).rejects.toMatchObject({
      message: expect.stringMatching(/was answered with 500: broken x/) as string,
    });
  });
});
