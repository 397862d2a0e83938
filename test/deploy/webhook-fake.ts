// A receiver as docs/target-webhook.md describes it, and nothing else: it checks what it gets,
// keeps the largest fence, and does nothing twice.
import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WebhookFake {
  readonly url: string;
  fence: number;
  readonly staged: Map<string, Readonly<Record<string, string>>>;
  live: Readonly<Record<string, string>> | undefined;
  others: readonly unknown[];
  differs: readonly unknown[];
  /** Operations that had an effect, and GET. */
  readonly done: string[];
  readonly headers: IncomingMessage['headers'][];
  /** What the reload says; undefined: it works. */
  reload: string | undefined;
  /** An answer in place of those below. */
  answer: ((call: string) => readonly [number, unknown] | undefined) | undefined;
}

export const BEARER = 'bearer-5ecre7';
export const HMAC = 'hmac-5ecre7';

type Answer = readonly [status: number, body: unknown];

export async function startWebhookFake(name: string): Promise<WebhookFake> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const [status, answer] = answerTo(request, body, name, fake);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const fake: WebhookFake = {
    url: `http://127.0.0.1:${port}/hook-pa7h`,
    ...{ fence: 0, staged: new Map(), live: undefined, others: [], differs: [] },
    ...{ done: [], headers: [], reload: undefined, answer: undefined },
  };
  return fake;
}

function answerTo(request: IncomingMessage, body: string, name: string, fake: WebhookFake): Answer {
  const { method = '', url = '', headers } = request;
  fake.headers.push(headers);
  const signed = method === 'GET' ? url : body;
  const signature = createHmac('sha256', HMAC).update(signed).digest('hex');
  const isKnown =
    headers.authorization === `Bearer ${BEARER}` &&
    headers['holger-signature'] === `sha256=${signature}`;
  if (!isKnown) return [401, { error: 'unknown sender' }];
  if (method === 'GET') {
    const own = fake.answer?.('GET');
    if (own !== undefined) return own;
    if (new URL(url, 'http://x').searchParams.get('name') !== name) return unknown;
    fake.done.push('GET');
    const { fence, live, others, differs } = fake;
    const chain = live?.['fullchain.pem'] ?? null;
    return [200, { schema: 1, fence, live: chain, others, differs }];
  }
  const call = JSON.parse(body) as Call;
  return fake.answer?.(call.operation) ?? (call.name === name ? carriedOut(call, fake) : unknown);
}

const unknown: Answer = [404, { error: 'no such name' }];

interface Call {
  readonly operation: string;
  readonly name: string;
  readonly fence: number;
  readonly sha256: string;
  readonly files?: Readonly<Record<string, string>>;
}

function carriedOut({ operation, fence, sha256, files }: Call, fake: WebhookFake): Answer {
  if (fence < fake.fence) return [409, { error: `fence ${fake.fence} is kept` }];
  fake.fence = fence;
  const chainOf = (one = files): string => sha256Of(one?.['fullchain.pem'] ?? '');
  if (operation === 'stage') {
    if (files === undefined || chainOf() !== sha256) return [422, { error: 'not the files' }];
    if (fake.staged.has(sha256)) return [200, { status: 'unchanged' }];
    fake.staged.set(sha256, files);
    fake.done.push(operation);
    return [200, { status: 'done' }];
  }
  if (operation === 'activate') {
    const files = fake.staged.get(sha256);
    if (files === undefined) return [412, { error: 'not staged' }];
    if (fake.live === files && fake.reload === undefined) return [200, { status: 'unchanged' }];
    fake.live = files;
  } else if (chainOf(fake.live) !== sha256) return [412, { error: 'not live' }];
  fake.done.push(operation);
  if (fake.reload === undefined) return [200, { status: 'done' }];
  return [200, { status: 'reload-failed', error: fake.reload }];
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
