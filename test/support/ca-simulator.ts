// A CA that issues, counts, pauses, recalls and fails as public CAs do, over HTTPS on loopback. It
// is the server of acme-fake.ts with the memory of a CA. Built from RFC 8555, RFC 9773 and public
// descriptions: letsencrypt.org/docs/rate-limits, letsencrypt.org/docs/integration-guide, and the
// errors that github.com/letsencrypt/boulder documents in docs/acme-divergences.md.
import { isDeepStrictEqual } from 'node:util';
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { problem, startAcmeFake, thumbOf } from './acme-fake.ts';
import type { AcmeFake, Answer, Asked, Order } from './acme-fake.ts';
import { certify, newAuthority } from './ca-certify.ts';
import type { Authority, Certified, Mistake } from './ca-certify.ts';
import { issue, NOW } from './ca.ts';
import { Buckets } from './lets-encrypt-limits.ts';

const DAY = 86_400;

export interface Issued extends Certified {
  readonly account: string;
  /** By a later order. */
  isReplaced: boolean;
  /** The CA will revoke it, and says so in its renewal information. */
  isRecalled: boolean;
}

export interface CaSimulator extends AcmeFake {
  /** Trust for its HTTPS. */
  readonly caPem: string;
  readonly issued: Issued[];
  now: number;
  /** Of its certificates. */
  days: number;
  buckets: Buckets;
  /** False: the time of the next try is only in the text of a refusal. */
  sendsRetryAfter: boolean;
  /** A name whose orders are paused until a person has opened this URL. */
  paused: { readonly name: string; readonly url: string } | undefined;
  /** The value of Retry-After while the CA is under maintenance. */
  maintenance: string | undefined;
  /** So many times an order is still in progress after it was finalized. */
  polls: number;
  /** Why orders become invalid when they are finalized. */
  refusesFinalize: object | undefined;
  mistake: Mistake | undefined;
  /** All that was issued: an incident. */
  recallAll(): void;
}

interface Ca {
  readonly fake: CaSimulator;
  readonly authority: Authority;
  /** Of orders that are in progress. */
  readonly left: Map<string, number>;
  /** The predecessor of an order. */
  readonly replaces: Map<string, Issued>;
}

export async function startCaSimulator(): Promise<CaSimulator> {
  // A fetch of the real certificate of 127.0.0.1 is verified by name, as for any host.
  const web = await issue({ name: 'Simulated CA', dns: ['localhost'], addresses: ['127.0.0.1'] });
  const server = await startAcmeFake({ tls: { cert: web.pem, key: web.keyPem } });
  const fake: CaSimulator = Object.assign(server, {
    ...{ caPem: web.pem, issued: [], now: NOW, days: 90, buckets: new Buckets() },
    ...{ sendsRetryAfter: true, paused: undefined, maintenance: undefined, polls: 0 },
    ...{ refusesFinalize: undefined, mistake: undefined },
    recallAll: () => {
      for (const one of fake.issued) one.isRecalled = true;
    },
  });
  fake.more.push('keyChange');
  const authority = await newAuthority(NOW + 10_000 * DAY);
  const ca: Ca = { fake, authority, left: new Map(), replaces: new Map() };
  fake.first = (asked) => answer(ca, asked);
  return fake;
}

function answer(ca: Ca, asked: Asked): Answer | undefined | Promise<Answer | undefined> {
  const { fake } = ca;
  if (fake.maintenance !== undefined) {
    const body = { type: 'about:blank', detail: 'The service is down for maintenance' };
    return { status: 503, headers: { 'retry-after': fake.maintenance }, body };
  }
  switch (asked.resource) {
    case 'newOrder':
      return newOrder(ca, asked);
    case 'finalize':
      return finalize(ca, asked);
    case 'order':
      return stillInProgress(ca, asked);
    case 'renewalInfo':
      return renewalInfo(ca, asked.id);
    case 'keyChange':
      return keyChange(ca, asked);
    default:
      return undefined;
  }
}

/** Undefined: the order is made as always. */
function newOrder({ fake }: Ca, { payload, header }: Asked): Answer | undefined {
  const names = (payload?.['identifiers'] as Order['identifiers']).map(({ value }) => value);
  const account = String(header['kid']);
  const { paused } = fake;
  if (paused !== undefined && names.includes(paused.name)) {
    const detail = `Your account is temporarily prevented from requesting certificates for ${paused.name} and possibly others. Please visit: ${paused.url}`;
    return problem('rateLimited', detail, 429);
  }
  const certId = payload?.['replaces'];
  const predecessor = fake.issued.find((one) => one.certId === certId);
  if (certId !== undefined) {
    const refused = refusedReplacement(predecessor, account, names);
    if (refused !== undefined) return refused;
  }
  const isSame = (one: Issued): boolean => [...one.names].sort().join() === names.sort().join();
  const order = {
    ...{ account, names, byAri: predecessor !== undefined },
    isRenewal: fake.issued.some(isSame),
  };
  const refusal = fake.buckets.order(order, fake.now);
  if (refusal !== undefined) return limited(fake, refusal);
  if (predecessor !== undefined) predecessor.isReplaced = true;
  return undefined;
}

/** RFC 9773 §5, with the words of Boulder. */
function refusedReplacement(
  predecessor: Issued | undefined,
  account: string,
  names: readonly string[],
): Answer | undefined {
  if (predecessor === undefined) {
    return problem('malformed', 'could not find an order for the given certificate', 404);
  }
  if (predecessor.account !== account) {
    const words = 'requester account did not request the certificate being replaced by this order';
    return problem('unauthorized', words, 403);
  }
  if (predecessor.isReplaced) {
    const words = 'cannot indicate an order replaces a certificate which already has a replacement';
    return problem('alreadyReplaced', `${words} order`, 409);
  }
  if (!names.some((name) => predecessor.names.includes(name))) {
    const words = 'identifiers in this order do not match any identifier in the certificate';
    return problem('malformed', `${words} being replaced`, 400);
  }
  return undefined;
}

function limited(
  fake: CaSimulator,
  { limit, bucket, until }: NonNullable<ReturnType<Buckets['order']>>,
): Answer {
  const at = new Date(until * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  const about = limit.anchor.includes('account') ? 'from this account' : `for "${bucket}"`;
  const detail = `too many ${limit.name} (${limit.most}) ${about} in the last ${limit.window / 3600}h0m0s, retry after ${at}: see https://letsencrypt.org/docs/rate-limits/#${limit.anchor}`;
  const refused = problem('rateLimited', detail, 429);
  if (!fake.sendsRetryAfter) return refused;
  const seconds = String(Math.ceil(until - fake.now));
  return { ...refused, headers: { ...refused.headers, 'retry-after': seconds } };
}

/** Undefined: the fake says that it is not ready, or shows the order. */
async function finalize(
  { fake, authority, left }: Ca,
  { id, payload, header }: Asked,
): Promise<Answer | undefined> {
  const order = fake.orders.get(id);
  if (order === undefined) return undefined;
  const names = order.identifiers.map(({ value }) => value);
  if (fake.refusesFinalize !== undefined) {
    order.status = 'invalid';
    order.error = fake.refusesFinalize;
    return undefined;
  }
  const csr = Buffer.from(String(payload?.['csr']), 'base64url');
  const { now, days, mistake } = fake;
  const certified = await certify(csr, names, authority, { now, days, mistake });
  if (certified === undefined) {
    return problem('badCSR', 'the names of the request are not those of the order', 400);
  }
  const account = String(header['kid']);
  fake.issued.push({ ...certified, account, isReplaced: false, isRecalled: false });
  order.chain = fake.chains.push(certified.chain) - 1;
  if (fake.polls > 0) left.set(id, fake.polls);
  return undefined;
}

/** Undefined: nothing is in its way any more. */
function stillInProgress({ fake, left }: Ca, { id }: Asked): Answer | undefined {
  const order = fake.orders.get(id);
  const polls = left.get(id) ?? 0;
  if (order === undefined || polls === 0) return undefined;
  left.set(id, polls - 1);
  const base = fake.directory.replace(/\/directory$/, '');
  const authorizations = order.authorizations.map((one) => `${base}/authorization/${one}`);
  const { identifiers } = order;
  return {
    status: 200,
    headers: { 'retry-after': fake.retryAfter ?? '3' },
    body: { status: 'processing', identifiers, authorizations, finalize: `${base}/finalize/${id}` },
  };
}

/** At two thirds of the lifetime, or in the past for what will be revoked (RFC 9773 §4.2). */
function renewalInfo({ fake }: Ca, certId: string): Answer {
  const one = fake.issued.find((issued) => issued.certId === certId);
  if (one === undefined) return problem('malformed', 'certificate not found', 404);
  const { notBefore, notAfter, isRecalled } = one;
  const middle = notBefore + ((notAfter - notBefore) * 2) / 3;
  const [start, end] = isRecalled
    ? [fake.now - DAY, fake.now - 3600]
    : [middle - DAY, middle + DAY];
  const iso = (at: number): string => new Date(at * 1000).toISOString();
  const explanationURL = 'https://ca.example/incident';
  return {
    status: 200,
    headers: { 'retry-after': '21600' },
    body: {
      suggestedWindow: { start: iso(start), end: iso(end) },
      ...(isRecalled ? { explanationURL } : {}),
    },
  };
}

/** RFC 8555 §7.3.5: the inner signature is one of the new key, about the old one. */
function keyChange({ fake }: Ca, { payload, header }: Asked): Answer {
  const inner = payload as Record<'protected' | 'payload' | 'signature', string>;
  const parsed = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
  const { jwk, url, nonce } = parsed(inner.protected);
  const { account, oldKey } = parsed(inner.payload);
  const [thumb, known] =
    [...fake.accounts].find(([, { id }]) => String(header['kid']).endsWith(`/${id}`)) ?? [];
  if (known === undefined || thumb === undefined) return problem('malformed', 'no account', 400);
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const input = Buffer.from(`${inner.protected}.${inner.payload}`);
  const signature = Buffer.from(inner.signature, 'base64url');
  const isRight =
    verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature) &&
    [url === header['url'], nonce === undefined, account === header['kid']].every(Boolean) &&
    isDeepStrictEqual(oldKey, known.jwk);
  if (!isRight) return problem('malformed', 'the inner signature is not as required', 400);
  const taken = fake.accounts.get(thumbOf(jwk as JsonWebKey));
  if (taken !== undefined) {
    const location = `${fake.directory.replace(/directory$/, 'account')}/${taken.id}`;
    const refused = problem('malformed', 'New key is already in use for a different account', 409);
    return { ...refused, headers: { ...refused.headers, location } };
  }
  fake.accounts.delete(thumb);
  known.jwk = jwk as JsonWebKey;
  fake.accounts.set(thumbOf(known.jwk), known);
  return { status: 200, body: { status: 'valid' } };
}
