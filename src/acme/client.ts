// Signed requests to a CA. acme-client signs and repeats after badNonce; everything else of it is replaced or unused:
// its transport (process-wide settings, no deadline, sleeping retries), its nonces (a HEAD before every POST), its errors
// (text only) and its polling. The contract tests against Pebble hold the few internals that are touched here.
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { createDirectory, type Directory } from './directory.ts';
import { createNoncePool, isNonce } from './nonces.ts';
import { parseProblem, problemError } from './problem.ts';
import type { Reply, Send } from './transport.ts';

/** External account binding (RFC 8555 §7.3.4). */
export interface ExternalAccount {
  readonly kid: string;
  /** The MAC key in base64url, as CAs hand it out: a secret. */
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
  /** Signed with the whole key and without a nonce: what a new account key says of itself (RFC 8555 §7.3.5). */
  sign(url: string, payload: object): Promise<object>;
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

/** With Pebble refusing 90 % of good nonces, 100 tries fail once in 40 000 requests; a CA that refuses all is soon left. */
const MAX_NONCE_TRIES = 100;

/** The internals of acme-client 5.4.0 that are used: untyped there, pinned in package.json. */
interface Signer {
  readonly http: {
    maxBadNonceRetries: number;
    getNonce(): Promise<string>;
    getJwk(): object;
    createSignedBody(url: string, payload: object): object;
    request(url: string, method: string, options: { data?: unknown }): Promise<Partial<Reply>>;
    signedRequest(
      url: string,
      payload: object | null,
      options: { kid: string | null; includeExternalAccountBinding: boolean },
    ): Promise<Reply>;
  };
  getChallengeKeyAuthorization(challenge: { type: string; token: string }): Promise<string>;
}

export function createAcmeClient(options: ClientOptions): AcmeClient {
  const { send, clock } = options;
  const nonces = createNoncePool();
  const directory = createDirectory(options.directoryUrl, send, clock);

  /** One signer per request: it carries that request's signal, and costs nothing but a few objects. */
  async function signer(): Promise<Signer> {
    // Loaded when it is first needed: 120 ms and 28 MB that `holger check` does without.
    // It is CommonJS: in a bundle its names stand on the default export alone.
    const { default: acme } = await import('acme-client');
    const { externalAccount } = options;
    const made: unknown = new acme.Client({
      directoryUrl: options.directoryUrl,
      accountKey: await options.accountKey(),
      ...(externalAccount && {
        externalAccountBinding: { kid: externalAccount.kid, hmacKey: externalAccount.hmac },
      }),
    });
    return made as Signer;
  }

  async function freshNonce(call: Call): Promise<string> {
    const { newNonce } = await directory(call);
    const reply = await send({ method: 'HEAD', url: newNonce }, call);
    const nonce = reply.headers['replay-nonce'];
    if (isNonce(nonce) && reply.status < 300) return nonce;
    if (reply.status >= 400) throw problemError(reply, 'a nonce', clock.now());
    throw new AppError('ACME_UNREACHABLE', `the CA gave no nonce at ${newNonce}`, {
      hint: 'check that no proxy removes the Replay-Nonce header',
    });
  }

  async function post(asked: Post, call: Call): Promise<Reply> {
    const { http } = await signer();
    http.maxBadNonceRetries = MAX_NONCE_TRIES;
    http.getNonce = async () => nonces.take() ?? (await freshNonce(call));
    http.request = async (url, _method, { data }) => {
      const accept = asked.accept === undefined ? {} : { accept: asked.accept };
      const reply = await send(
        { method: 'POST', url, body: JSON.stringify(data), ...accept },
        call,
      );
      // signedRequest itself takes the nonce of a badNonce reply for its next try.
      if (parseProblem(reply.data)?.type === 'badNonce') nonces.clear();
      else nonces.put(reply.headers['replay-nonce']);
      return reply;
    };
    const reply = await http.signedRequest(asked.url, asked.payload ? { ...asked.payload } : null, {
      kid: asked.accountUrl ?? null,
      includeExternalAccountBinding: asked.bindExternalAccount === true,
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw problemError(reply, asked.act, clock.now());
  }

  async function get(url: string, act: string, call: Call): Promise<Reply> {
    const reply = await send({ method: 'GET', url, accept: 'application/json' }, call);
    if (reply.status === 200) return reply;
    throw problemError(reply, act, clock.now());
  }

  async function dns01Value(token: string): Promise<string> {
    return (await signer()).getChallengeKeyAuthorization({ type: 'dns-01', token });
  }
  const jwk = async (): Promise<object> => (await signer()).http.getJwk();
  const sign = async (url: string, payload: object): Promise<object> =>
    (await signer()).http.createSignedBody(url, payload);
  return { directory, post, get, jwk, sign, dns01Value };
}
