import { describe, expect, it } from 'vitest';
import { createNoncePool } from '../../src/acme/nonces.ts';
import { problem } from '../support/acme-fake.ts';
import { domains, failureOf, NOW, world } from './world.ts';

const DAY = 86_400;

describe('what a CA may do to a request', () => {
  it('a limit of a day is an error at once, with the time, and nobody sleeps', async () => {
    const { fake, issuer, slept } = await world();
    await issuer.accountUrl({});
    const limited = problem('rateLimited', 'too many certificates already issued', 429);
    fake.fail('newOrder', { ...limited, headers: { 'retry-after': String(DAY) } }, Infinity);
    const begun = performance.now();
    const error = await failureOf(issuer.newOrder({ domains, replaces: 'a.b' }, {}));
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(error).toMatchObject({
      code: 'ACME_RATE_LIMITED',
      notBefore: NOW + DAY,
      retry: true,
      message: 'the CA limits the order for mx.example.org: too many certificates already issued',
    });
    expect(slept).toEqual([]);
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(1);
  });

  it('a broken connection is temporary, and nothing is repeated behind the back of the caller', async () => {
    const { fake, issuer } = await world();
    await issuer.accountUrl({});
    fake.fail('newOrder', 'reset');
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error).toMatchObject({ code: 'ACME_UNREACHABLE', retry: true });
    expect(error.message).toMatch(/^the CA does not answer: POST http:.*newOrder: the /);
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(1);
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
  });

  it('an endless body is left', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', 'endless');
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error.details['cause']).toBe('HTTP_TOO_LARGE');
  });

  it('503 with Retry-After says when to come back', async () => {
    const { fake, issuer } = await world();
    fake.fail('directory', { status: 503, headers: { 'retry-after': '120' }, body: 'maintenance' });
    expect(await failureOf(issuer.newOrder({ domains }, {}))).toMatchObject({
      code: 'ACME_UNREACHABLE',
      notBefore: NOW + 120,
      message: 'the CA failed at its directory: HTTP status 503',
    });
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
  });

  it('a URL that is no directory is named', async () => {
    const { fake, issuer } = await world();
    fake.fail('directory', { status: 200, body: '<html>welcome</html>' });
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error.message).toBe(`${fake.directory} is not an ACME directory: it has no newNonce`);
  });

  it('a silent CA is left when the caller says so', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', 'silent');
    const signal = AbortSignal.timeout(100);
    expect((await failureOf(issuer.newOrder({ domains }, { signal }))).code).toBe('INTERRUPTED');
  });

  it('something that is no order is temporary', async () => {
    const { fake, issuer } = await world();
    fake.fail('order', { status: 200, body: 'captive portal' });
    const url = new URL('/order/1', fake.directory).href;
    expect((await failureOf(issuer.lookAtOrder(url, {}))).code).toBe('ACME_UNREACHABLE');
  });
});

describe('nonces (RFC 8555 §6.5)', () => {
  it('are fetched once and then taken from each reply, also from errors', async () => {
    const { fake, issuer } = await world();
    const first = await issuer.newOrder({ domains }, {});
    fake.fail('newOrder', problem('rejectedIdentifier', 'no', 400));
    await failureOf(issuer.newOrder({ domains }, {}));
    await issuer.lookAtOrder(first.url, {});
    expect(fake.seen.filter(({ resource }) => resource === 'newNonce')).toHaveLength(1);
  });

  it('of a badNonce reply are used for the next try', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('badNonce', 'too old', 400), 7);
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(8);
    expect(fake.seen.filter(({ resource }) => resource === 'newNonce')).toHaveLength(1);
  });

  it('that are always refused end in a clear error', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('badNonce', 'invalid anti-replay nonce', 400), Infinity);
    expect(await failureOf(issuer.newOrder({ domains }, {}))).toMatchObject({
      code: 'ACME_UNREACHABLE',
      message:
        'the CA refused every nonce for the order for mx.example.org: invalid anti-replay nonce',
    });
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(100);
  });

  it('that are missing are named, not guessed', async () => {
    const { fake, issuer } = await world();
    fake.fail('newNonce', { status: 200, headers: { 'replay-nonce': '' } });
    expect((await failureOf(issuer.accountUrl({}))).message).toContain('gave no nonce');
    // The answer to a HEAD has no body: the status is all that a front end can say of its limit.
    fake.fail('newNonce', { status: 503, headers: { 'retry-after': '1' } });
    expect(await failureOf(issuer.accountUrl({}))).toMatchObject({
      code: 'ACME_UNREACHABLE',
      notBefore: NOW + 1,
      message: 'the CA failed at a nonce: HTTP status 503',
    });
  });

  it('in the pool are bounded, youngest first, and only base64url', () => {
    const pool = createNoncePool();
    for (let n = 0; n < 40; n++) pool.put(`nonce${n}`);
    pool.put('not a nonce');
    pool.put(undefined);
    expect(pool.take()).toBe('nonce39');
    let left = 0;
    while (pool.take() !== undefined) left++;
    expect(left).toBe(15);
  });
});
