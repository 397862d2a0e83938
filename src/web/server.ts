// The HTTP server. It only answers: GET and HEAD, with small bounds on all that a request may have.
import { chmod, lstat, unlink } from 'node:fs/promises';
import { Server as TlsServer } from 'node:tls';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { gatekeeper } from './access.ts';
import { openApi } from './openapi.ts';
import type { Access, Listen, Pages, Served, Tls } from './served.ts';

const MOST_HEADER_BYTES = 8192;
const MOST_CONNECTIONS = 256;
const REQUESTS_PER_CONNECTION = 1000;
/** For the headers, for the whole request, and for a reader that takes no more. */
const TIMEOUT_MS = 10_000;
const IDLE_MS = 30_000;
/** A certificate has up to 255 characters, each of which may be written as %XX. */
const LONGEST_NAME = 765;
/** Of refused requests at most one a minute is in the log, with the number of the others. */
const REPORT_MS = 60_000;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Of a page: it contains no script and no style, and sends its form to this server only. */
const PAGE_POLICY = [
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface WebOptions {
  readonly version: string;
  readonly listen: Listen;
  readonly access: Access;
  readonly tls?: Tls;
  readonly served: Served;
  readonly log: Logger;
}

interface Asked {
  readonly Querystring: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface WebServer {
  /** Where it listens, with the port that it got. */
  readonly address: string;
  /** A new certificate, for connections from now on. */
  useTls(tls: Tls): void;
  close(): Promise<void>;
}

/** @throws AppError CONFIG_INVALID if it cannot listen there */
export async function openWebServer(options: WebOptions): Promise<WebServer> {
  const { listen, tls, log } = options;
  const app = fastify({
    ...(tls === undefined ? {} : { https: { ...tls, minVersion: 'TLSv1.2' as const } }),
    http: { maxHeaderSize: MOST_HEADER_BYTES, connectionsCheckingInterval: TIMEOUT_MS / 2 },
    bodyLimit: 1,
    requestTimeout: TIMEOUT_MS,
    connectionTimeout: IDLE_MS,
    keepAliveTimeout: TIMEOUT_MS / 2,
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_NAME },
    frameworkErrors: (_error, _request, reply) => void refuse(reply, 400, 'the path is not valid'),
  }) as unknown as FastifyInstance;
  const { server } = app;
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = TIMEOUT_MS;
  app.removeAllContentTypeParsers();
  guard(app, options, refusals(log));
  routes(app, options);
  pageRoutes(app, options.served.pages);
  try {
    await listenAt(app, listen);
  } catch (error) {
    await app.close();
    throw cannotListen(listen, error);
  }
  return {
    address: 'socket' in listen ? listen.socket : addressOf(app),
    useTls: (next) => {
      if (server instanceof TlsServer) server.setSecureContext({ ...next });
    },
    close: () => app.close(),
  };
}

function guard(
  app: FastifyInstance,
  { listen, access }: WebOptions,
  refused: (request: FastifyRequest, message: string) => void,
): void {
  const judge = gatekeeper(listen, access);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    const { headers, method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      refused(request, 'method');
      return refuse(reply.header('allow', 'GET, HEAD'), 405, 'only GET and HEAD are answered');
    }
    const refusal = judge({
      ...{ host: onlyHost(request), authorization: headers.authorization },
      user: access.userHeader === undefined ? undefined : single(headers[access.userHeader]),
      peer: request.socket.remoteAddress,
    });
    // A service manager that asks whether it lives has no token.
    const isOpen = request.routeOptions.url === '/healthz' && refusal?.status === 401;
    if (refusal === undefined || isOpen) return undefined;
    refused(request, refusal.message);
    if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
    return refuse(reply, refusal.status, refusal.message);
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'there is nothing here'));
  app.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return refuse(reply, status, status < 500 ? 'the request is not valid' : 'this is a bug');
  });
}

function routes(app: FastifyInstance, { served, version }: WebOptions): void {
  const description = JSON.stringify(openApi(version));
  const json = (reply: FastifyReply, body: string | Buffer | undefined, missing: string) =>
    body === undefined
      ? refuse(reply, 404, missing)
      : reply.type('application/json; charset=utf-8').send(body);
  app.get('/healthz', (_request, reply) => {
    const late = served.late();
    const body = late === undefined ? { status: 'ok' } : { status: 'late', detail: late };
    return reply.code(late === undefined ? 200 : 503).send(body);
  });
  app.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(served.metrics()),
  );
  app.get('/api/v1/openapi.json', (_request, reply) => json(reply, description, ''));
  app.get('/api/v1/certificates', (_request, reply) => {
    const all = served.certificates();
    if (all !== undefined) return json(reply, all, '');
    return refuse(reply.header('retry-after', '5'), 503, 'the certificates are being read');
  });
  app.get<{ Params: { name: string } }>('/api/v1/certificates/:name', ({ params }, reply) =>
    json(reply, served.certificate(params.name), 'there is no such certificate'),
  );
  app.get<{ Params: { name: string } }>('/api/v1/history/:name', ({ params }, reply) =>
    json(reply, served.history(params.name), 'nothing is known of such a certificate'),
  );
}

function pageRoutes(app: FastifyInstance, pages: Pages): void {
  const page = (reply: FastifyReply, status: number, body: string): FastifyReply =>
    reply
      .code(status)
      .header('content-security-policy', PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(body);
  app.get('/style.css', (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(pages.style),
  );
  app.get<Asked>('/', ({ query }, reply) => {
    const given = {
      q: single(query['q']),
      state: single(query['state']),
      page: single(query['page']),
    };
    const list = pages.list(defined(given));
    if (list !== undefined) return page(reply, 200, list);
    const notice = pages.notice('The certificates are being read. Try again in a few seconds.');
    return page(reply.header('retry-after', '5'), 503, notice);
  });
  app.get<Asked & { Params: { name: string } }>(
    '/certificates/:name',
    ({ params, query }, reply) => {
      const found = pages.certificate(params.name, query['history'] === 'all');
      if (found !== undefined) return page(reply, 200, found);
      return page(reply, 404, pages.notice('There is no such certificate.'));
    },
  );
}

/** Of what is there twice, none counts. */
const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Node takes the first of several, a reverse proxy perhaps another (RFC 9112 §3.2). */
function onlyHost({ raw, headers }: FastifyRequest): string | undefined {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  const count = names.filter((name) => name.toLowerCase() === 'host').length;
  return count === 1 ? headers.host : undefined;
}

/** What else such a request sends is not read. */
function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  if (status !== 404) void reply.header('connection', 'close');
  return reply.code(status).headers(HEADERS).send({ error: { status, message } });
}

async function listenAt(app: FastifyInstance, listen: Listen): Promise<void> {
  if (!('socket' in listen)) {
    await app.listen(listen);
    return;
  }
  // Only one holger serve works with a state, so that what is left there is of a dead one.
  const found = await lstat(listen.socket).catch(() => undefined);
  if (found?.isSocket() === true) await unlink(listen.socket);
  await app.listen({ path: listen.socket });
  await chmod(listen.socket, 0o660);
}

function addressOf(app: FastifyInstance): string {
  const found = app.server.address();
  if (found === null || typeof found === 'string') return found ?? '';
  const { address, port, family } = found;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function cannotListen(listen: Listen, error: unknown): AppError {
  const where = 'socket' in listen ? listen.socket : `${listen.host}:${listen.port}`;
  return new AppError('CONFIG_INVALID', `cannot listen at ${where}: ${reasonOf(error)}`, {
    hint: 'set listen of [serve] to an address or a path that is free',
    cause: error,
  });
}

/** A flood of requests does not fill the log. */
function refusals(log: Logger): (request: FastifyRequest, message: string) => void {
  let toldAt = -Infinity;
  let others = 0;
  return ({ socket, method }, detail) => {
    const now = performance.now();
    if (now - toldAt < REPORT_MS) {
      others += 1;
      return;
    }
    log.warn('request refused', { detail, method, from: socket.remoteAddress ?? 'socket', others });
    toldAt = now;
    others = 0;
  };
}
