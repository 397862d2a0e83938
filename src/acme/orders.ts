// The life of an order (RFC 8555 §7.4), one query per function: nothing here waits or repeats.
import type { Clock, Instant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { mapLimited } from '../base/limit.ts';
import type { Logger } from '../base/log.ts';
import { toBase64Url } from '../base/bytes.ts';
import { defined } from '../base/defined.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import type { Call } from '../ports/call.ts';
import type { DnsChallenge, OrderStatus } from '../ports/issuer.ts';
import { checkAuthorizations, checkOrder } from './identifiers.ts';
import { proofFor } from './challenge.ts';
import type { Prover } from './challenge.ts';
import type { Connection } from './connection.ts';
import type { KnownOrders } from './known-orders.ts';
import {
  failureOf,
  openChallenge,
  parseAuthorization,
  parseOrder,
  toDnsChallenge,
  type Authorization,
  type Order,
} from './order.ts';
import { problemTypeOf } from './problem.ts';
import { isAboutDeadAccount } from './problem-hints.ts';
import type { Reply } from './transport.ts';

/**
 * An order of 100 names has 100 authorizations; Let's Encrypt staging allows 20 requests per
 * second.
 */
const WIDTH = 4;

export interface Orders {
  /** The answer to newOrder, with the challenges if they can be read now. */
  started(reply: Reply, url: string, call: Call, asked: Asked): Promise<OrderStatus>;
  look(url: string, call: Call, asked: Asked): Promise<OrderStatus>;
  answer(challenge: DnsChallenge, call: Call): Promise<Instant | undefined>;
  finalize(url: string, csrDer: Uint8Array, call: Call): Promise<OrderStatus>;
}

/** The names of an order, if the caller knows them. */
type Asked = readonly string[] | undefined;

export interface OrdersOptions {
  readonly prover: Prover;
  readonly ask: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly known: KnownOrders;
}

export function createOrders(options: OrdersOptions): Orders {
  return {
    started: (reply, url, call, asked) => started({ reply, url }, asked, options, call),
    look: (url, call, asked) => look(url, asked, options, call),
    answer: (challenge, call) => answer(challenge, options, call),
    finalize: (url, csrDer, call) => finalize(url, csrDer, options, call),
  };
}

/** What the CA said of an order. */
interface Seen {
  readonly reply: Reply;
  readonly url: string;
}

const retryAfter = (reply: Reply, clock: Clock): Instant | undefined =>
  parseRetryAfter(reply.headers['retry-after'], clock.now());

async function authorizationsOf(
  order: Order,
  asked: Asked,
  { ask, clock }: OrdersOptions,
  call: Call,
): Promise<Looked[]> {
  checkOrder(order, asked);
  const looked = await mapLimited(order.authorizations, WIDTH, async (url) => {
    const reply = await ask({ url, act: 'the query for an authorization' }, call);
    return { authorization: parseAuthorization(reply), notBefore: retryAfter(reply, clock) };
  });
  const authorizations = looked.map(({ authorization }) => authorization);
  checkAuthorizations(authorizations, asked ?? order.identifiers);
  return looked;
}

async function statusOf(
  { reply, url }: Seen,
  asked: Asked,
  options: OrdersOptions,
  call: Call,
): Promise<OrderStatus> {
  const order = parseOrder(reply, url);
  options.known.keep(order);
  if (order.status === 'invalid') {
    const looked = authorizationsOf(order, undefined, options, call);
    return invalid(order, await looked.catch(() => []));
  }
  const notBefore = retryAfter(reply, options.clock);
  if (order.status !== 'pending') {
    return toStatus(order, order.status === 'processing' ? { notBefore } : {});
  }
  const looked = await authorizationsOf(order, asked, options, call);
  // The order of a failed authorization is lost (RFC 8555 §7.1.6), even if the CA has not updated
  // it yet.
  if (looked.some(({ authorization }) => failureOf(authorization))) return invalid(order, looked);
  const { challenges, validating } = await openIn(looked, options, call);
  // While a challenge waits for our answer, there is nothing to wait for at the CA.
  if (challenges.length > 0) {
    return options.known.keepStatus(order, toStatus(order, { challenges, validating }));
  }
  const pending = looked.filter(({ authorization }) => authorization.status === 'pending');
  const times = [notBefore, ...pending.map((one) => one.notBefore)].filter(
    (at) => at !== undefined,
  );
  return toStatus(order, { notBefore: times.length === 0 ? undefined : Math.max(...times) });
}

interface Open {
  readonly challenges: readonly DnsChallenge[];
  /** The CA is at work on one that was answered. */
  readonly validating: boolean;
}

async function openIn(
  looked: readonly Looked[],
  { prover }: OrdersOptions,
  call: Call,
): Promise<Open> {
  const challenges: DnsChallenge[] = [];
  let validating = false;
  const wild = looked.flatMap(({ authorization: { isWild, identifier } }) =>
    isWild ? [identifier] : [],
  );
  for (const { authorization, notBefore } of looked) {
    const challenge = openChallenge(authorization, prover.method);
    if (challenge === undefined) {
      validating ||= authorization.status === 'pending';
      continue;
    }
    const isWild = wild.includes(authorization.identifier);
    const proof = await proofFor(challenge, isWild, prover, call);
    const open = toDnsChallenge(authorization, challenge, proof);
    challenges.push({ ...open, ...defined({ notBefore }) });
  }
  return { challenges, validating };
}

async function look(
  url: string,
  asked: Asked,
  options: OrdersOptions,
  call: Call,
): Promise<OrderStatus> {
  const waiting = options.known.waiting(url);
  if (waiting !== undefined) return waiting;
  try {
    const reply = await options.ask({ url, act: 'the query for the order' }, call);
    return await statusOf({ reply, url }, asked, options, call);
  } catch (error) {
    const problem = whyLost(error);
    if (problem === undefined) throw error;
    return { url, status: 'invalid', challenges: [], problem };
  }
}

async function started(
  seen: Seen,
  asked: Asked,
  options: OrdersOptions,
  call: Call,
): Promise<OrderStatus> {
  try {
    return await statusOf(seen, asked, options, call);
  } catch (error) {
    // The order exists: its URL must reach the caller, who saves it. The next query finds the
    // challenges.
    options.logger.warn('challenges of the new order could not be read', {
      order: seen.url,
      error: String(error),
    });
    return toStatus(parseOrder(seen.reply, seen.url), {});
  }
}

async function answer(
  { challengeUrl: url, identifier, authorizationUrl }: DnsChallenge,
  { ask, clock, known, prover }: OrdersOptions,
  call: Call,
): Promise<Instant | undefined> {
  known.answered(authorizationUrl);
  try {
    // Strict CAs refuse any other body (RFC 8555 §7.5.1).
    const reply = await ask({ url, payload: {}, act: `the answer for ${identifier}` }, call);
    return retryAfter(reply, clock);
  } catch (error) {
    // After a crash the same answer is sent twice. What counts is whether the CA still waits for
    // it.
    if (problemTypeOf(error) !== 'malformed') throw error;
    const reply = await ask({ url: authorizationUrl, act: 'the query for an authorization' }, call);
    if (openChallenge(parseAuthorization(reply), prover.method) !== undefined) throw error;
    return undefined;
  }
}

export async function readOrder(
  url: string,
  { ask }: Pick<OrdersOptions, 'ask'>,
  call: Call,
): Promise<Order> {
  return parseOrder(await ask({ url, act: 'the query for the order' }, call), url);
}

async function finalize(
  url: string,
  csrDer: Uint8Array,
  options: OrdersOptions,
  call: Call,
): Promise<OrderStatus> {
  const { ask, known } = options;
  const order = known.order(url, 'ready') ?? (await readOrder(url, options, call));
  // Already finalized before a crash, not ready yet, or lost: the state shows which.
  if (order.status !== 'ready') return look(url, undefined, options, call);
  if (order.finalize === undefined) {
    throw new AppError('ACME_PROBLEM', 'the order is ready but has no finalize URL', {
      details: { type: 'about:blank', url },
    });
  }
  known.forget(url);
  const payload = { csr: toBase64Url(csrDer) };
  try {
    const reply = await ask({ url: order.finalize, payload, act: 'the certificate request' }, call);
    return await statusOf({ reply, url }, undefined, options, call);
  } catch (error) {
    if (problemTypeOf(error) !== 'orderNotReady') throw error;
    return look(url, undefined, options, call);
  }
}

/**
 * An order that this account cannot read any more is treated like an expired one: the caller orders
 * again.
 */
function whyLost(error: unknown): string | undefined {
  if (!(error instanceof AppError) || error.code !== 'ACME_PROBLEM') return undefined;
  // An order for other names than the requested ones is not our order.
  if (error.details['unasked'] === true) return error.message;
  // CAs delete old orders.
  if (error.details['status'] === 404) return 'the CA no longer knows this order';
  // It belongs to a former account; a deactivated account is another error.
  const isForeign =
    problemTypeOf(error) === 'unauthorized' && !isAboutDeadAccount('unauthorized', error.message);
  return isForeign ? 'the order belongs to another account' : undefined;
}

interface Looked {
  readonly authorization: Authorization;
  readonly notBefore: Instant | undefined;
}

function invalid(order: Order, looked: readonly Looked[]): OrderStatus {
  const failures = looked.flatMap(({ authorization }) => failureOf(authorization) ?? []);
  const words = [...(order.problem === undefined ? [] : [order.problem]), ...failures];
  const problem = words.join('; ') || 'the CA gave no reason';
  const refused = looked.filter(({ authorization }) => authorization.status === 'invalid');
  const failed = [...new Set(refused.map(({ authorization }) => authorization.identifier))];
  return { url: order.url, status: 'invalid', challenges: [], problem, failed };
}

function toStatus(
  order: Order,
  more: {
    readonly challenges?: readonly DnsChallenge[];
    readonly validating?: boolean;
    readonly notBefore?: Instant | undefined;
  },
): OrderStatus {
  return {
    url: order.url,
    status: order.status,
    challenges: more.challenges ?? [],
    ...(more.validating === true ? { validating: true } : {}),
    ...defined({ notBefore: more.notBefore }),
  };
}
