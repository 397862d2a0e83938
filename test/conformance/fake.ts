// A far side behind HTTP on loopback: what it answers is the fake's; how the way there fails is the
// same for all.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ErrorCode } from '../../src/base/errors.ts';
import { FarSide } from './far-side.ts';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is; anything else as JSON. */
  readonly body?: unknown;
}

/** Built from the provider's public description, which `source` names. */
export interface Fake {
  readonly type: string;
  readonly source: string;
  /** Of the fake's account: they must turn up in no error. */
  readonly secrets: readonly string[];
  /** Options as the provider is opened with, secrets read. */
  options(url: string): Readonly<Record<string, unknown>>;
  answer(request: FakeRequest, far: FarSide): FakeAnswer;
  /** Whether a request changes something; by default, what is no GET. */
  isWrite?(request: FakeRequest): boolean;
  /** Whether a request only gets a token or opens a session: it is no read and no write. */
  isLogin?(request: FakeRequest): boolean;
  /** Statuses of HTTP that this API never has, because it tells everything with 200. */
  readonly never?: readonly number[];
  /** Errors in its own words, and what each means to whoever planned the write. */
  readonly says?: readonly Saying[];
  /**
   * Of an account that takes new values at this owner and nothing else; what it holds is asked in
   * DNS.
   */
  readonly onlyAddsAt?: string;
}

export interface Saying {
  readonly status: number;
  readonly body: string;
  readonly means: ErrorCode;
}

/** What goes wrong with the next request that it is meant for. */
export interface Fault {
  readonly on: 'any' | 'read' | 'write';
  readonly how:
    | {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      }
    /** The answer is no JSON. */
    | 'malformed'
    /** It ends in the middle. */
    | 'cut'
    | 'silent'
    /** It is done, and nobody hears of it. */
    | 'lost'
    /** Somebody else does the same just before. */
    | 'twice';
  /** After so many requests that went well. */
  readonly after?: number;
}

export interface Running {
  readonly far: FarSide;
  readonly url: string;
  readonly requests: FakeRequest[];
  fault: Fault | undefined;
  /** What somebody else does just before the next write arrives. */
  meanwhile: (() => void) | undefined;
  stop(): Promise<void>;
}

export async function startFake(fake: Fake): Promise<Running> {
  const far = new FarSide();
  const requests: FakeRequest[] = [];
  const running = {
    ...{ far, requests, url: '' },
    fault: undefined as Fault | undefined,
    meanwhile: undefined as (() => void) | undefined,
  };
  const server = createServer((incoming, response) => {
    const heard = (request: FakeRequest): void => {
      requests.push(request);
      if (running.meanwhile !== undefined && sortOf(request, fake) === 'write') {
        running.meanwhile();
        running.meanwhile = undefined;
      }
      serve(request, response, fake, running);
    };
    // Whoever hangs up in the middle of a request has asked nothing.
    void read(incoming).then(heard, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  running.url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(running, { stop });
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk);
  const url = new URL(incoming.url ?? '/', 'http://fake');
  let json: unknown;
  try {
    json = text === '' ? undefined : JSON.parse(text);
  } catch {
    json = undefined;
  }
  return {
    ...{ method: incoming.method ?? '', url, path: decodeURIComponent(url.pathname) },
    ...{ headers: incoming.headers, text, json },
  };
}

function serve(
  request: FakeRequest,
  response: ServerResponse,
  fake: Fake,
  running: { readonly far: FarSide; fault: Fault | undefined },
): void {
  const how = faultFor(request, fake, running);
  if (how === 'silent') return;
  if (typeof how === 'object') {
    response.writeHead(how.status, { 'content-type': 'application/json', ...how.headers });
    response.end(how.body ?? '{}');
    return;
  }
  if (how === 'twice') fake.answer(request, running.far);
  const { status = 200, headers = {}, body } = fake.answer(request, running.far);
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  if (how === 'lost') {
    response.destroy();
    return;
  }
  if (how === 'malformed') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html>The service is being moved</html>');
    return;
  }
  response.writeHead(status, {
    'content-type': 'application/json',
    ...headers,
    ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
  });
  if (how === 'cut') {
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
    return;
  }
  response.end(text);
}

function faultFor(
  request: FakeRequest,
  fake: Fake,
  running: { fault: Fault | undefined },
): Fault['how'] | undefined {
  const { fault } = running;
  if (fault === undefined) return undefined;
  if (fault.on !== 'any' && fault.on !== sortOf(request, fake)) return undefined;
  if ((fault.after ?? 0) > 0) {
    running.fault = { ...fault, after: (fault.after ?? 0) - 1 };
    return undefined;
  }
  running.fault = undefined;
  return fault.how;
}

export function sortOf(request: FakeRequest, fake: Fake): 'login' | 'read' | 'write' {
  if (fake.isLogin?.(request)) return 'login';
  return (fake.isWrite?.(request) ?? request.method !== 'GET') ? 'write' : 'read';
}
