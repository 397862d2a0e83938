import { describe, expect, it } from 'vitest';
import { createNoncePool } from '../../src/acme/nonces.ts';
import { problem } from '../support/acme-fake.ts';
import { domains, failureOf, NOW, world } from './world.ts';

const DAY = 86_400;

describe('answers of a CA to a request', () => {
  it('a limit of a day is an error at once, with the time, and no sleep', async () => {
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

  it('a broken connection is a temporary failure, and the request is not repeated without the caller', async () => {
    const { fake, issuer } = await world();
    await issuer.accountUrl({});
    fake.fail('newOrder', 'reset');
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error).toMatchObject({ code: 'ACME_UNREACHABLE', retry: true });
    expect(error.message).toMatch(/^the CA does not answer: POST http:.*newOrder: the /);
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(1);
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
  });

  it('a body without an end is not read to its end', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', 'endless');
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error.details['cause']).toBe('HTTP_TOO_LARGE');
  });

  it('503 with Retry-After has the time of the next attempt', async () => {
    const { fake, issuer } = await world();
    fake.fail('directory', { status: 503, headers: { 'retry-after': '120' }, body: 'maintenance' });
    expect(await failureOf(issuer.newOrder({ domains }, {}))).toMatchObject({
      code: 'ACME_UNREACHABLE',
      notBefore: NOW + 120,
      message: 'the CA failed at its directory: HTTP status 503',
    });
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
  });

  it('a URL that is not a directory is named', async () => {
    const { fake, issuer } = await world();
    fake.fail('directory', { status: 200, body: '<html>welcome</html>' });
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error.message).toBe(`${fake.directory} is not an ACME directory: it has no newNonce`);
  });

  it('the wait for a silent CA ends when the caller aborts', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', 'silent');
    const signal = AbortSignal.timeout(100);
    expect((await failureOf(issuer.newOrder({ domains }, { signal }))).code).toBe('INTERRUPTED');
  });

  it('an answer that is not an order is a temporary failure', async () => {
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

  it('of a badNonce reply are used for the next attempt', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('badNonce', 'too old', 400), 7);
    expect((await issuer.newOrder({ domains }, {})).status).toBe('pending');
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(8);
    expect(fake.seen.filter(({ resource }) => resource === 'newNonce')).toHaveLength(1);
  });

  it('that are always refused end in an error that says so', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('badNonce', 'invalid anti-replay nonce', 400), Infinity);
    expect(await failureOf(issuer.newOrder({ domains }, {}))).toMatchObject({
      code: 'ACME_UNREACHABLE',
      message:
        'the CA refused every nonce for the order for mx.example.org: invalid anti-replay nonce',
    });
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(100);
  });

  it('that are missing are reported', async () => {
    const { fake, issuer } = await world();
    fake.fail('newNonce', { status: 200, headers: { 'replay-nonce': '' } });
    expect((await failureOf(issuer.accountUrl({}))).message).toContain('gave no nonce');
    // The answer to HEAD has no body: a front end can report its limit only by the status.
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
