// Signed requests to a CA (RFC 8555 §6). A request whose nonce the CA refuses is sent again with
// another one, and every status other than 2xx is an error with the CA's own words.
import type { Clock, Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { createDirectory, type Directory } from './directory.ts';
import { createNoncePool, isNonce } from './nonces.ts';
import { bindAccount, dns01Value, publicJwk, signRequest, thumbprintOf } from './jws.ts';
import { parseProblem, problemError } from './problem.ts';
import type { Reply, Send } from './transport.ts';

/** External account binding (RFC 8555 §7.3.4). */
export interface ExternalAccount {
  readonly kid: string;
  /** The MAC key in base64url, as CAs give it: a secret. */
  readonly hmac: string;
}

export interface Post {
  readonly url: string;
  /** Undefined: POST-as-GET (RFC 8555 §6.3). */
  readonly payload?: object;
  /** `kid` of the request; undefined signs with the whole key: newAccount only. */
  readonly accountUrl: string | undefined;
  /** Completes "the CA refused …" and "the CA limits …". */
  readonly act: string;
  readonly accept?: string;
  readonly bindExternalAccount?: boolean;
}

export interface AcmeClient {
  directory(call: Call): Promise<Directory>;
  /** @throws AppError ACME_RATE_LIMITED, ACME_UNREACHABLE, ACME_PROBLEM for every status but 2xx */
  post(post: Post, call: Call): Promise<Reply>;
  get(url: string, act: string, call: Call): Promise<Reply>;
  /** The public key of the account (RFC 7517). */
  jwk(): Promise<object>;
  /**
   * Signed with the whole key and without a nonce: the inner JWS of a key change (RFC 8555 §7.3.5).
   */
  sign(url: string, payload: object): Promise<object>;
  /** Of the key of the account (RFC 7638). */
  thumbprint(): Promise<string>;
  /** The TXT value that answers a dns-01 challenge (RFC 8555 §8.4). */
  dns01Value(token: string): Promise<string>;
}

export interface ClientOptions {
  readonly directoryUrl: string;
  readonly send: Send;
  /** PKCS#8 PEM. */
  readonly accountKey: () => Promise<string>;
  readonly externalAccount?: ExternalAccount;
  readonly clock: Clock;
}

/**
 * With Pebble refusing 90 % of good nonces, 100 tries fail once in 40 000 requests; a CA that
 * refuses every nonce is given up soon.
 */
const MAX_NONCE_TRIES = 100;

/**
 * A query that the CA fails to answer is sent again after these pauses: it changes nothing, and a
 * CA whose database is busy answers a moment later.
 */
const QUERY_AGAIN: readonly Seconds[] = [1, 4];
/** Not 503, by which a CA says that it wants to be left alone for a while. */
const MOMENTARY: ReadonlySet<number> = new Set([500, 502, 504]);

const isBadNonce = (reply: Reply): boolean => parseProblem(reply.data)?.type === 'badNonce';

export function createAcmeClient(options: ClientOptions): AcmeClient {
  const { send, clock, accountKey } = options;
  const directory = createDirectory(options.directoryUrl, send, clock);
  const attempt = createAttempt(options, directory);
  const withNonces = async (asked: Post, call: Call): Promise<Reply> => {
    let reply = await attempt(asked, call);
    for (let tries = 1; isBadNonce(reply) && tries < MAX_NONCE_TRIES; tries += 1) {
      reply = await attempt(asked, call);
    }
    return reply;
  };
  return {
    directory,
    async post(asked, call) {
      let reply = await withNonces(asked, call);
      for (const pause of asked.payload === undefined ? QUERY_AGAIN : []) {
        if (!failsForAMoment(reply)) break;
        await clock.sleep(pause, call.signal);
        reply = await withNonces(asked, call);
      }
      if (reply.status >= 200 && reply.status < 300) return reply;
      throw problemError(reply, asked.act, clock.now());
    },
    async get(url, act, call) {
      const reply = await send({ method: 'GET', url, accept: 'application/json' }, call);
      if (reply.status === 200) return reply;
      throw problemError(reply, act, clock.now());
    },
    jwk: async () => publicJwk(await accountKey()),
    sign: async (url, payload) =>
      signRequest(await accountKey(), { url, accountUrl: undefined }, payload),
    thumbprint: async () => thumbprintOf(await accountKey()),
    dns01Value: async (token) => dns01Value(await accountKey(), token),
  };
}

/** Without a time for the next request. */
function failsForAMoment({ status, headers }: Reply): boolean {
  return MOMENTARY.has(status) && headers['retry-after'] === undefined;
}

/**
 * One attempt. The nonce of its reply is used for the next request, that of a badNonce reply for
 * the next attempt (RFC 8555 §6.5).
 */
function createAttempt(
  options: ClientOptions,
  directory: AcmeClient['directory'],
): (asked: Post, call: Call) => Promise<Reply> {
  const { send, accountKey, externalAccount } = options;
  const nonces = createNoncePool();
  return async (asked, call) => {
    const { url, accountUrl, accept } = asked;
    const key = await accountKey();
    const payload = await payloadOf(asked, key, externalAccount);
    const nonce =
      nonces.take() ?? (await freshNonce((await directory(call)).newNonce, options, call));
    const body = JSON.stringify(await signRequest(key, { url, nonce, accountUrl }, payload));
    const reply = await send({ method: 'POST', url, body, ...defined({ accept }) }, call);
    if (isBadNonce(reply)) nonces.clear();
    nonces.put(reply.headers['replay-nonce']);
    return reply;
  };
}

async function freshNonce(
  newNonce: string,
  { send, clock }: ClientOptions,
  call: Call,
): Promise<string> {
  const reply = await send({ method: 'HEAD', url: newNonce }, call);
  const nonce = reply.headers['replay-nonce'];
  if (isNonce(nonce) && reply.status < 300) return nonce;
  if (reply.status >= 400) throw problemError(reply, 'a nonce', clock.now());
  throw new AppError('ACME_UNREACHABLE', `the CA gave no nonce at ${newNonce}`, {
    hint: 'check that no proxy removes the Replay-Nonce header',
  });
}

async function payloadOf(
  asked: Post,
  key: string,
  externalAccount: ExternalAccount | undefined,
): Promise<object | undefined> {
  if (asked.bindExternalAccount !== true || externalAccount === undefined) return asked.payload;
  const externalAccountBinding = await bindAccount(key, externalAccount, asked.url);
  return { ...asked.payload, externalAccountBinding };
}
