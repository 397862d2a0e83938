// A server of a provider behind HTTP on loopback: each fake gives the answers; how requests fail on
// the way is the same for all.
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
  /** Of the fake's account: no error may contain them. */
  readonly secrets: readonly string[];
  /** Options with which the provider is opened, secrets read. */
  options(url: string): Readonly<Record<string, unknown>>;
  answer(request: FakeRequest, far: FarSide): FakeAnswer;
  /** Whether a request changes something; by default, every method except GET. */
  isWrite?(request: FakeRequest): boolean;
  /**
   * Whether a request only gets a token or opens a session: it counts as neither read nor write.
   */
  isLogin?(request: FakeRequest): boolean;
  /** Statuses of HTTP that this API never uses, because it answers everything with 200. */
  readonly never?: readonly number[];
  /** Errors in its own words, and what each means for the planned write. */
  readonly says?: readonly Saying[];
  /**
   * Of an account that accepts new values at this owner and nothing else; what it holds is read
   * from DNS.
   */
  readonly onlyAddsAt?: string;
}

export interface Saying {
  readonly status: number;
  readonly body: string;
  readonly means: ErrorCode;
}

/** What goes wrong with the next request of its kind. */
export interface Fault {
  readonly on: 'any' | 'read' | 'write';
  readonly how:
    | {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      }
    /** The answer is not JSON. */
    | 'malformed'
    /** The answer ends in the middle. */
    | 'cut'
    | 'silent'
    /** The request is carried out, and its answer is lost. */
    | 'lost'
    /** Another client sends the same just before. */
    | 'twice';
  /** After so many requests without a fault. */
  readonly after?: number;
}

export interface Running {
  readonly far: FarSide;
  readonly url: string;
  readonly requests: FakeRequest[];
  fault: Fault | undefined;
  /** What another client does just before the next write arrives. */
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
    // A request that is aborted in the middle has asked for nothing.
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
