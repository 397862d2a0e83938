// A small ACME server for what Pebble cannot be made to do: limits with Retry-After, resets,
// endless bodies, refused `replaces`, any windows. Built from RFC 8555 §6 (signatures, nonces,
// errors) and §7 (resources), RFC 9773 (renewal information). It is correct: nonces are used once,
// every signature is verified, states follow §7.1.6.
import { createHash, createPublicKey, randomBytes, verify, type JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Resource =
  | 'directory'
  | 'newNonce'
  | 'newAccount'
  | 'account'
  | 'newOrder'
  | 'order'
  | 'authorization'
  | 'challenge'
  | 'finalize'
  | 'certificate'
  | 'renewalInfo'
  | 'keyChange'
  | 'revokeCert';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

export type Fault = Answer | 'reset' | 'endless' | 'silent';

/** What one request was, after its signature was verified. */
export interface Seen {
  readonly resource: Resource;
  readonly method: string;
  readonly payload: Record<string, unknown> | undefined;
  readonly header: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

/** A request to which the simulator may have an answer of its own (ca-simulator.ts). */
export interface Asked extends Seen {
  readonly id: string;
}

export interface FakeOptions {
  /** PEM: HTTPS instead of HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface AcmeFake {
  readonly directory: string;
  readonly seen: Seen[];
  /** The next `times` requests for the resource (Infinity: all) get this instead. */
  fail(resource: Resource, fault: Fault, times?: number): void;
  /** What a challenge becomes when it is answered; `valid` by default. */
  outcome:
    | { status: 'valid' | 'processing' }
    /** `pending`: it waits for another answer, as smallstep's CA does. */
    | { status: 'invalid' | 'pending'; error: object };
  meta: Record<string, unknown>;
  hasRenewalInfo: boolean;
  renewalInfo: Answer;
  /** PEM text of each chain: the default and its alternates. */
  chains: string[];
  /** Seconds; sent with pending authorizations and processing orders. */
  retryAfter: string | undefined;
  /** So many more nonces are refused, although they are good. */
  badNonces: number;
  /** Answers before the fake does. */
  first: ((asked: Asked) => Answer | undefined | Promise<Answer | undefined>) | undefined;
  /** Resources in the directory besides the usual ones. */
  readonly more: Resource[];
  readonly accounts: Map<string, Account>;
  readonly orders: Map<string, Order>;
  close(): Promise<void>;
}

export interface Account {
  readonly id: string;
  jwk: JsonWebKey;
  contact: unknown;
}

export const problem = (
  type: string,
  detail: string,
  status: number,
  more: object = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `urn:ietf:params:acme:error:${type}`, detail, status, ...more },
});

interface Authorization {
  readonly name: string;
  readonly token: string;
  status: string;
  challenge: string;
  error?: object;
}

export interface Order {
  readonly identifiers: { type: string; value: string }[];
  readonly authorizations: string[];
  status?: string;
  /** Why it is invalid. */
  error?: object;
  /** Its chain, if it is not the first one. */
  chain?: number;
}

/** The same for every spelling of a key: as it is sent. */
export const thumbOf = (jwk: JsonWebKey): string =>
  createHash('sha256').update(JSON.stringify(jwk)).digest('hex');

export async function startAcmeFake({ tls }: FakeOptions = {}): Promise<AcmeFake> {
  const nonces = new Set<string>();
  const accounts = new Map<string, Account>();
  const orders = new Map<string, Order>();
  const authorizations = new Map<string, Authorization>();
  const faults: { resource: Resource; fault: Fault; left: number }[] = [];
  const take = (request: IncomingMessage, response: ServerResponse): void =>
    void serve(request, response);
  const server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newId = (): string => randomBytes(8).toString('hex');

  const fake: AcmeFake = {
    directory: `${base}/directory`,
    seen: [],
    fail: (resource, fault, times = 1) => void faults.push({ resource, fault, left: times }),
    outcome: { status: 'valid' },
    meta: {},
    hasRenewalInfo: true,
    renewalInfo: { status: 404 },
    chains: [],
    retryAfter: undefined,
    badNonces: 0,
    first: undefined,
    more: [],
    accounts,
    orders,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, resource, id = ''] = (request.url ?? '').split('/') as [string, Resource, string];
    const send = (answer: Answer): void => {
      const nonce = newId();
      if (resource !== 'directory' && resource !== 'renewalInfo') {
        nonces.add(nonce);
        response.setHeader('replay-nonce', nonce);
      }
      for (const [name, value] of Object.entries(answer.headers ?? {})) {
        response.setHeader(name, value);
      }
      response.statusCode = answer.status;
      const { body } = answer;
      response.end(typeof body === 'object' ? JSON.stringify(body) : ((body as string) ?? ''));
    };
    const body = await read(request);
    const signed =
      request.method === 'POST' ? check(request, body) : { header: {}, payload: undefined };
    if ('status' in signed) return send(signed);
    const { header, payload } = signed;
    const { method = '', headers } = request;
    fake.seen.push({ resource, method, payload, header, headers });
    const fault = faults.find((one) => one.resource === resource && one.left-- > 0)?.fault;
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    if (fault === 'silent') return;
    if (fault === 'endless') return endless(response);
    const asked = { resource, id, method, payload, header, headers };
    send(fault ?? (await fake.first?.(asked)) ?? answer(resource, id, payload, header));
  }

  /** RFC 8555 §6.2 to §6.5: content type, nonce, URL, key, signature. */
  function check(request: IncomingMessage, text: string) {
    if (request.headers['content-type'] !== 'application/jose+json') {
      return problem('malformed', 'wrong content type', 415);
    }
    const jws = JSON.parse(text) as { protected: string; payload: string; signature: string };
    const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as {
      nonce: string;
      url: string;
      kid?: string;
      jwk?: JsonWebKey;
    } & Record<string, unknown>;
    const isRefused = fake.badNonces > 0;
    if (isRefused) fake.badNonces -= 1;
    if (!nonces.delete(header.nonce) || isRefused) return problem('badNonce', 'unknown nonce', 400);
    if (header.url !== base + (request.url ?? '')) return problem('malformed', 'wrong url', 400);
    if ((header.kid === undefined) === (header.jwk === undefined)) {
      return problem('malformed', 'exactly one of kid and jwk', 400);
    }
    const account = [...accounts.values()].find(({ id }) => `${base}/account/${id}` === header.kid);
    const jwk = header.jwk ?? account?.jwk;
    if (jwk === undefined) return problem('accountDoesNotExist', 'no such account', 400);
    const key = {
      key: createPublicKey({ key: jwk, format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
    } as const;
    const input = Buffer.from(`${jws.protected}.${jws.payload}`);
    if (!verify('sha256', input, key, Buffer.from(jws.signature, 'base64url'))) {
      return problem('unauthorized', 'wrong signature', 403);
    }
    const raw = Buffer.from(jws.payload, 'base64url').toString();
    const payload = raw === '' ? undefined : (JSON.parse(raw) as Record<string, unknown>);
    return { header, payload };
  }

  function answer(
    resource: Resource,
    id: string,
    payload: Record<string, unknown> | undefined,
    header: Record<string, unknown>,
  ): Answer {
    const later = fake.retryAfter === undefined ? {} : { 'retry-after': fake.retryAfter };
    if (resource === 'directory') return { status: 200, body: directoryBody() };
    if (resource === 'newNonce') return { status: 200 };
    if (resource === 'newAccount') return account(header['jwk'] as JsonWebKey, payload ?? {});
    if (resource === 'account') return accountBody(id, payload ?? {});
    if (resource === 'renewalInfo') return fake.renewalInfo;
    if (resource === 'newOrder') {
      const identifiers = payload?.['identifiers'] as Order['identifiers'];
      const made = newId();
      orders.set(made, {
        identifiers,
        authorizations: identifiers.map(({ value }) => authorize(value)),
      });
      return { status: 201, headers: { location: `${base}/order/${made}` }, body: orderBody(made) };
    }
    if (resource === 'order' && orders.has(id)) {
      return { status: 200, headers: later, body: orderBody(id) };
    }
    const authorization = authorizations.get(id);
    if (resource === 'authorization' && authorization) {
      if (payload?.['status'] === 'deactivated') authorization.status = 'deactivated';
      return { status: 200, headers: later, body: authorizationBody(id, authorization) };
    }
    if (resource === 'challenge' && authorization) {
      return challenge(id, authorization, payload, later);
    }
    if (resource === 'finalize' && orders.has(id)) {
      if (orderBody(id).status !== 'ready') return problem('orderNotReady', 'not ready', 403);
      (orders.get(id) as Order).status = 'valid';
      return { status: 200, body: orderBody(id) };
    }
    const chain = fake.chains[Number(id)];
    if (resource === 'certificate' && chain !== undefined) {
      const isFirst = ![...orders.values()].some((order) => order.chain !== undefined);
      const alternates = isFirst ? fake.chains : [];
      const links = alternates.map((_, n) => `<${base}/certificate/${n}>;rel="alternate"`);
      return {
        status: 200,
        headers: { link: [`<${base}/directory>;rel="index"`, ...links].join(', ') },
        body: chain,
      };
    }
    return problem('malformed', 'not found', 404);
  }

  function directoryBody(): object {
    const names = ['newNonce', 'newAccount', 'newOrder', ...fake.more];
    if (fake.hasRenewalInfo) names.push('renewalInfo');
    return {
      ...Object.fromEntries(names.map((name) => [name, `${base}/${name}`])),
      meta: fake.meta,
    };
  }

  function accountBody(id: string, payload: Record<string, unknown>): Answer {
    const known = [...accounts.values()].find((one) => one.id === id);
    if (known === undefined) return problem('malformed', 'not found', 404);
    if ('contact' in payload) known.contact = payload['contact'];
    return { status: 200, body: { status: 'valid', contact: known.contact } };
  }

  function account(jwk: JsonWebKey, payload: Record<string, unknown>): Answer {
    const thumb = thumbOf(jwk);
    const known = accounts.get(thumb);
    if (known === undefined && payload['onlyReturnExisting'] === true) {
      return problem('accountDoesNotExist', 'no account has this key', 400);
    }
    const id = known?.id ?? newId();
    accounts.set(thumb, known ?? { id, jwk, contact: payload['contact'] });
    const headers = { location: `${base}/account/${id}` };
    return { status: known ? 200 : 201, headers, body: { status: 'valid' } };
  }

  function authorize(name: string): string {
    const id = newId();
    authorizations.set(id, { name, token: newId(), status: 'pending', challenge: 'pending' });
    return id;
  }

  function authorizationBody(id: string, one: Authorization): object {
    const error = one.error === undefined ? {} : { error: one.error };
    const url = `${base}/challenge/${id}`;
    return {
      identifier: { type: 'dns', value: one.name.replace(/^\*\./, '') },
      ...(one.name.startsWith('*.') ? { wildcard: true } : {}),
      status: one.status,
      challenges: [
        { type: 'http-01', url: `${url}-http`, status: 'pending', token: one.token },
        { type: 'dns-01', url, status: one.challenge, token: one.token, ...error },
      ],
    };
  }

  function challenge(
    id: string,
    one: Authorization,
    payload: object | undefined,
    later: Record<string, string>,
  ): Answer {
    if (payload !== undefined && one.status !== 'pending') {
      return problem('malformed', 'authorization is not pending', 400);
    }
    if (payload !== undefined) {
      one.challenge = fake.outcome.status;
      if (fake.outcome.status !== 'processing') one.status = fake.outcome.status;
      if ('error' in fake.outcome) one.error = fake.outcome.error;
    }
    return {
      status: 200,
      headers: later,
      body: { type: 'dns-01', url: `${base}/challenge/${id}`, status: one.challenge },
    };
  }

  function orderBody(id: string) {
    const order = orders.get(id) as Order;
    const states = order.authorizations.map((one) => authorizations.get(one)?.status);
    const derived = states.includes('invalid')
      ? 'invalid'
      : states.every((state) => state === 'valid')
        ? 'ready'
        : 'pending';
    return {
      status: order.status ?? derived,
      expires: '2030-01-01T00:00:00Z',
      identifiers: order.identifiers,
      authorizations: order.authorizations.map((one) => `${base}/authorization/${one}`),
      finalize: `${base}/finalize/${id}`,
      ...(order.error === undefined ? {} : { error: order.error }),
      ...(order.status === 'valid'
        ? { certificate: `${base}/certificate/${order.chain ?? 0}` }
        : {}),
    };
  }
  return fake;
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const block = Buffer.alloc(65_536, 0x20);
  const more = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', more);
  more();
}
