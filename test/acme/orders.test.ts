import { describe, expect, it } from 'vitest';
import { problem } from '../support/acme-fake.ts';
import { family } from '../support/ca.ts';
import { domains, failureOf, NOW, world } from './world.ts';

const csr = new Uint8Array([0x30, 0x00]);

describe('an order', () => {
  it('costs six requests from its beginning to its chain', async () => {
    const { fake, issuer } = await world();
    await issuer.accountUrl({});
    const before = fake.seen.length;
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    const [challenge] = (await issuer.lookAtOrder(url, {}, domains)).challenges;
    expect(challenge).toEqual(challenges[0]);
    if (challenge !== undefined) await issuer.answerChallenge(challenge, {});
    expect(await issuer.lookAtOrder(url, {}, domains)).toMatchObject({ status: 'ready' });
    expect(await issuer.finalize(url, csr, {})).toMatchObject({ status: 'valid' });
    const { leaf, intermediate } = await family(domains);
    fake.chains = [leaf.pem + intermediate.pem];
    expect(await issuer.download(url, undefined, {})).toContain('BEGIN CERTIFICATE');
    const asked = fake.seen.slice(before).map(({ resource }) => resource);
    const whole = ['newOrder', 'authorization', 'challenge', 'order', 'finalize', 'certificate'];
    expect(asked).toEqual(whole);
  });

  it('that waits for an answer is read again after half a minute, and at once after the answer', async () => {
    const { fake, issuer, time } = await world();
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    const reads = (): number => fake.seen.filter(({ resource }) => resource === 'order').length;
    await issuer.lookAtOrder(url, {}, domains);
    expect(reads()).toBe(0);
    time.now += 31;
    await issuer.lookAtOrder(url, {}, domains);
    expect(reads()).toBe(1);
    const [challenge] = challenges;
    if (challenge !== undefined) await issuer.answerChallenge(challenge, {});
    await issuer.lookAtOrder(url, {}, domains);
    expect(reads()).toBe(2);
  });
});

it('the authorizations of an order are ended once, and only those that can be used', async () => {
  const { fake, issuer, again } = await world();
  const two = ['mx.example.org', 'www.example.org'];
  const { url, challenges } = await issuer.newOrder({ domains: two }, {});
  for (const challenge of challenges) await issuer.answerChallenge(challenge, {});
  const before = fake.seen.length;
  expect(await issuer.endAuthorizations(url, {})).toBe(2);
  const sent = fake.seen.slice(before).flatMap(({ payload }) => payload ?? []);
  expect(sent).toEqual([{ status: 'deactivated' }, { status: 'deactivated' }]);
  expect(await again().endAuthorizations(url, {})).toBe(0);
});

describe('newOrder', () => {
  it('asks for lower-case A-labels, each once', async () => {
    const { fake, issuer } = await world();
    await issuer.newOrder(
      { domains: ['MX.Example.org', '*.example.org', 'mx.example.org.', 'bücher.example'] },
      {},
    );
    const sent = fake.seen.find(({ resource }) => resource === 'newOrder')?.payload;
    expect(sent).toEqual({
      identifiers: [
        { type: 'dns', value: 'mx.example.org' },
        { type: 'dns', value: '*.example.org' },
        { type: 'dns', value: 'xn--bcher-kva.example' },
      ],
    });
  });

  it('brings one challenge per name; a wildcard and its parent share the owner, not the value', async () => {
    const { issuer } = await world();
    const order = await issuer.newOrder({ domains: ['example.org', '*.example.org'] }, {});
    expect(order.status).toBe('pending');
    const owners = order.challenges.map(({ owner }) => owner);
    expect(owners).toEqual(['_acme-challenge.example.org.', '_acme-challenge.example.org.']);
    const [first, second] = order.challenges.map(({ value }) => value);
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first).not.toBe(second);
  });

  it('returns the order though its challenges cannot be read: its URL must not be lost', async () => {
    const { fake, issuer, lines } = await world();
    fake.fail('authorization', 'reset');
    const order = await issuer.newOrder({ domains }, {});
    expect(order).toMatchObject({ status: 'pending', challenges: [] });
    expect(lines.at(-1)?.message).toBe('challenges of the new order could not be read');
    expect((await issuer.lookAtOrder(order.url, {})).challenges).toHaveLength(1);
  });

  it('checks the profile against the directory', async () => {
    const { fake, issuer, again } = await world();
    const short = { domains, profile: 'shortlived' };
    const none = await failureOf(issuer.newOrder(short, {}));
    expect(none.message).toContain('does not offer the profile "shortlived": it has no profiles');
    fake.meta = { profiles: { tlsserver: 'x', classic: 'y' } };
    const other = await failureOf(again().newOrder(short, {}));
    expect(other.message).toContain('it has classic, tlsserver');
    await again().newOrder({ domains, profile: 'classic' }, {});
    const sent = fake.seen.find(({ resource }) => resource === 'newOrder')?.payload;
    expect(sent).toHaveProperty('profile', 'classic');
  });

  it('names a preferred profile only where the CA offers it, and says so', async () => {
    const { fake, again, lines } = await world();
    const short = { domains, preferredProfile: 'shortlived' };
    const profiles = (): unknown[] =>
      fake.seen
        .filter(({ resource }) => resource === 'newOrder')
        .map(({ payload }) => payload?.['profile']);
    await again().newOrder(short, {});
    expect(profiles()).toEqual([undefined]);
    expect(lines.findLast(({ level }) => level === 'warn')).toMatchObject({
      message: 'the CA does not offer the preferred profile; the order names none',
      fields: { preferredProfile: 'shortlived', offered: [] },
    });
    fake.meta = { profiles: { shortlived: 'six days' } };
    await again().newOrder(short, {});
    await again().newOrder({ ...short, profile: undefined as never }, {});
    expect(profiles()).toEqual([undefined, 'shortlived', 'shortlived']);
  });

  it('asks for a lifetime, and says what to do where the CA does not take it', async () => {
    const { fake, issuer } = await world();
    const week = { domains, lifetime: 7 * 86_400 };
    await issuer.newOrder(week, {});
    const sent = fake.seen.find(({ resource }) => resource === 'newOrder')?.payload;
    expect(sent).toHaveProperty('notAfter', '2026-11-28T12:00:00Z');
    fake.fail('newOrder', problem('malformed', 'NotBefore and NotAfter are not supported', 400));
    const error = await failureOf(issuer.newOrder(week, {}));
    expect(error.hint).toContain('leave lifetime out');
    fake.fail('newOrder', problem('rejectedIdentifier', 'not this name', 400));
    expect((await failureOf(issuer.newOrder(week, {}))).hint).not.toContain('lifetime');
  });

  it('cleans and limits the profiles that a CA lists', async () => {
    const { fake, issuer } = await world();
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`p${n}`, 'x']));
    fake.meta = { profiles: { good: 'a\u001b[2Jb', [`long${'x'.repeat(100)}`]: 'x', ...many } };
    const { profiles = {} } = await issuer.describe({});
    expect(Object.keys(profiles)).toHaveLength(50);
    expect(profiles['good']).toBe('a\\u001b[2Jb');
  });

  it('sends replaces only to a CA with renewal information (RFC 9773 §5)', async () => {
    const { fake, issuer } = await world();
    fake.hasRenewalInfo = false;
    await issuer.newOrder({ domains, replaces: 'a.b' }, {});
    const sent = fake.seen.find(({ resource }) => resource === 'newOrder')?.payload;
    expect(sent).not.toHaveProperty('replaces');
  });

  it.each([
    ['alreadyReplaced', problem('alreadyReplaced', 'has been replaced', 409)],
    ['conflict', problem('conflict', 'has been replaced', 409)],
    ['malformed', problem('malformed', 'identifiers do not match', 400)],
    [
      'unauthorized',
      problem('unauthorized', 'did not request the certificate being replaced', 403),
    ],
    ['serverInternal', problem('serverInternal', 'could not find an order', 500)],
  ])('is repeated once without replaces when the CA answers %s', async (_, answer) => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', answer);
    const order = await issuer.newOrder({ domains, replaces: 'a.b' }, {});
    expect(order.status).toBe('pending');
    const sent = fake.seen.filter(({ resource }) => resource === 'newOrder');
    expect(sent.map(({ payload }) => payload?.['replaces'])).toEqual(['a.b', undefined]);
  });

  it('is not repeated for errors that do not concern replaces, nor twice', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('rejectedIdentifier', 'not this one', 400));
    await failureOf(issuer.newOrder({ domains, replaces: 'a.b' }, {}));
    fake.fail('newOrder', problem('alreadyReplaced', 'again', 409), 2);
    await failureOf(issuer.newOrder({ domains, replaces: 'a.b' }, {}));
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(3);
  });
});

describe('reading an order', () => {
  it('is ready when every authorization is valid, and no challenge is open', async () => {
    const { issuer } = await world();
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    for (const challenge of challenges) await issuer.answerChallenge(challenge, {});
    expect(await issuer.lookAtOrder(url, {})).toMatchObject({ status: 'ready', challenges: [] });
  });

  const ordered = async () => {
    const made = await world();
    const { url, challenges } = await made.issuer.newOrder({ domains }, {});
    for (const challenge of challenges) await made.issuer.answerChallenge(challenge, {});
    const reads = (): number =>
      made.fake.seen.filter(({ resource }) => resource === 'order').length;
    return { ...made, url, reads };
  };

  it.each([500, 502, 504])(
    'is tried again when the CA fails with %s for a moment',
    async (status) => {
      const { fake, issuer, url, slept, reads } = await ordered();
      fake.fail('order', problem('serverInternal', 'try again', status), 2);
      expect(await issuer.lookAtOrder(url, {})).toMatchObject({ status: 'ready' });
      expect(slept).toEqual([1, 4]);
      expect(reads()).toBe(3);
    },
  );

  it.each([
    ['fails three times', problem('serverInternal', 'try again', 500), 3],
    ['is under maintenance', { status: 503 }, 1],
    ['says when', { status: 500, headers: { 'retry-after': '60' } }, 1],
    ['refuses', problem('malformed', 'no', 400), 1],
  ])('is an error when the CA %s', async (_, answer, requests) => {
    const { fake, issuer, url, reads } = await ordered();
    fake.fail('order', answer, Infinity);
    await failureOf(issuer.lookAtOrder(url, {}));
    expect(reads()).toBe(requests);
  });

  it('is repeated alone: what changes something at the CA is not sent twice', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', { status: 500 }, Infinity);
    await failureOf(issuer.newOrder({ domains }, {}));
    expect(fake.seen.filter(({ resource }) => resource === 'newOrder')).toHaveLength(1);
  });

  it('returns the time of the next request while the CA validates', async () => {
    const { fake, issuer, slept } = await world();
    fake.outcome = { status: 'processing' };
    fake.retryAfter = '30';
    const { url, challenges, notBefore } = await issuer.newOrder({ domains }, {});
    expect(notBefore).toBeUndefined(); // the CA waits for the answer, not holger for the CA
    for (const challenge of challenges) await issuer.answerChallenge(challenge, {});
    const status = await issuer.lookAtOrder(url, {});
    expect(status).toMatchObject({ status: 'pending', challenges: [], notBefore: NOW + 30 });
    expect(slept).toEqual([]);
  });

  it('reports that the CA still validates one authorization while another waits for an answer', async () => {
    const { fake, issuer } = await world();
    fake.outcome = { status: 'processing' };
    const names = ['mx1.example.org', 'mx2.example.org'];
    const { url, challenges, validating } = await issuer.newOrder({ domains: names }, {});
    expect(validating).toBeUndefined();
    const [first, second] = challenges;
    if (first === undefined || second === undefined) throw new Error('two names');
    await issuer.answerChallenge(first, {});
    expect(await issuer.lookAtOrder(url, {})).toMatchObject({
      challenges: [{ identifier: second.identifier }],
      validating: true,
    });
  });

  it('K9: reports why an answer was not accepted, and when the CA accepts another one', async () => {
    const { fake, issuer } = await world();
    const error = { type: 'urn:ietf:params:acme:error:dns', detail: 'no TXT record found' };
    fake.outcome = { status: 'pending', error };
    fake.retryAfter = '9999999999';
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    const [challenge] = challenges;
    if (challenge === undefined) throw new Error('one name');
    expect(await issuer.answerChallenge(challenge, {})).toBe(NOW + 86_400);
    expect(await issuer.lookAtOrder(url, {})).toMatchObject({
      status: 'pending',
      challenges: [{ problem: 'no TXT record found', notBefore: NOW + 86_400 }],
    });
  });

  it('reports why it is invalid, in the words of the CA about the challenge', async () => {
    const { fake, issuer } = await world();
    const error = { type: 'urn:ietf:params:acme:error:dns', detail: 'SERVFAIL looking up TXT' };
    fake.outcome = { status: 'invalid', error };
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    for (const challenge of challenges) await issuer.answerChallenge(challenge, {});
    expect(await issuer.lookAtOrder(url, {})).toMatchObject({
      status: 'invalid',
      problem: 'mx.example.org: SERVFAIL looking up TXT',
      failed: domains,
    });
  });

  it('counts an order that the CA has lost as invalid', async () => {
    const { fake, issuer } = await world();
    const url = new URL('/order/gone', fake.directory).href;
    expect(await issuer.lookAtOrder(url, {})).toMatchObject({
      status: 'invalid',
      problem: 'the CA no longer knows this order',
    });
  });

  it('reads at most four authorizations at a time', async () => {
    const { issuer, fake } = await world();
    const many = Array.from({ length: 30 }, (_, n) => `h${n}.example.org`);
    const order = await issuer.newOrder({ domains: many }, {});
    expect(order.challenges.map(({ identifier }) => identifier)).toEqual(many);
    // One nonce per request in progress: the first comes from newNonce, then they are reused.
    expect(fake.seen.filter(({ resource }) => resource === 'newNonce').length).toBeLessThanOrEqual(
      4,
    );
  });
});

describe('answering and finalizing', () => {
  it('may be done twice: after a crash the CA may have received it already', async () => {
    const { fake, issuer } = await world();
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    for (const challenge of [...challenges, ...challenges])
      await issuer.answerChallenge(challenge, {});
    const answers = fake.seen.filter(({ resource }) => resource === 'challenge');
    expect(answers.map(({ payload }) => payload)).toEqual([{}, {}]);
    expect((await issuer.finalize(url, csr, {})).status).toBe('valid');
    expect((await issuer.finalize(url, csr, {})).status).toBe('valid');
    const sent = fake.seen.filter(({ resource }) => resource === 'finalize');
    expect(sent.map(({ payload }) => payload)).toEqual([{ csr: 'MAA' }]);
  });

  it('reads the order again instead of failing when the order is not ready after all', async () => {
    const { fake, issuer } = await world();
    const { url, challenges } = await issuer.newOrder({ domains }, {});
    expect((await issuer.finalize(url, csr, {})).status).toBe('pending');
    for (const challenge of challenges) await issuer.answerChallenge(challenge, {});
    fake.fail('finalize', problem('orderNotReady', 'wait', 403));
    expect((await issuer.finalize(url, csr, {})).status).toBe('ready');
  });
});
