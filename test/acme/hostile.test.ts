// A CA that answers with more than was ordered, or with URLs of other hosts.
import { describe, expect, it } from 'vitest';
import { createUrlGuard } from '../../src/acme/urls.ts';
import type { Answer } from '../support/acme-fake.ts';
import { domains, failureOf, world } from './world.ts';

const pending = (name: string): Answer => ({
  status: 200,
  body: {
    identifier: { type: 'dns', value: name },
    status: 'pending',
    challenges: [
      { type: 'dns-01', url: 'http://127.0.0.1:1/challenge', status: 'pending', token: 'abc' },
    ],
  },
});

describe('K29: an order', () => {
  it.each([
    ['for another name', 'victim.example.net', 'was not ordered'],
    ['for a name above it', 'example.org', 'was not ordered'],
  ])('whose authorization is %s is not answered and is cancelled', async (_, name, words) => {
    const { fake, issuer, again } = await world();
    const { url } = await issuer.newOrder({ domains }, {});
    fake.fail('authorization', pending(name), Infinity);
    const status = await again().lookAtOrder(url, {}, domains);
    expect(status).toMatchObject({ status: 'invalid', challenges: [] });
    expect(status.problem).toContain(`${name}, which ${words}`);
  });

  it('whose authorization has the name in another spelling is accepted', async () => {
    const { fake, issuer, again } = await world();
    const { url } = await issuer.newOrder({ domains }, {});
    fake.fail('authorization', pending('MX.Example.ORG.'), Infinity);
    expect(await again().lookAtOrder(url, {}, domains)).toMatchObject({
      challenges: [{ identifier: 'mx.example.org', owner: '_acme-challenge.mx.example.org.' }],
    });
  });

  it.each([
    ['has one more name', ['mx.example.org', 'victim.example.net'], 'victim.example.net'],
    ['is for its wildcard', ['*.mx.example.org'], '*.mx.example.org'],
  ])('that %s is cancelled', async (_, names, words) => {
    const { fake, issuer, again } = await world();
    const { url } = await issuer.newOrder({ domains }, {});
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    const body = { status: 'pending', identifiers, authorizations: [], finalize: url };
    fake.fail('order', { status: 200, body });
    const status = await again().lookAtOrder(url, {}, domains);
    expect(status).toMatchObject({ status: 'invalid' });
    expect(status.problem).toContain(words);
  });

  it('that lacks a name is cancelled', async () => {
    const { fake, issuer, again } = await world();
    const both = [...domains, 'imap.example.org'];
    const { url } = await issuer.newOrder({ domains: both }, {});
    const identifiers = domains.map((value) => ({ type: 'dns', value }));
    const body = { status: 'pending', identifiers, authorizations: [], finalize: url };
    fake.fail('order', { status: 200, body });
    expect((await again().lookAtOrder(url, {}, both)).problem).toContain('lacks imap.example.org');
  });

  it('that has two authorizations for one name, and none for another, is cancelled', async () => {
    const { fake, issuer, again } = await world();
    const both = ['mx.example.org', 'imap.example.org'];
    const { url } = await issuer.newOrder({ domains: both }, {});
    fake.fail('authorization', pending('mx.example.org'), Infinity);
    expect((await again().lookAtOrder(url, {}, both)).problem).toContain(
      'asks more than once to validate mx.example.org',
    );
  });

  it('with 2000 authorizations for one name is not followed', async () => {
    const { fake, issuer, again } = await world();
    const { url } = await issuer.newOrder({ domains }, {});
    const before = fake.seen.length;
    const authorizations = Array.from({ length: 2000 }, (_, at) => `${url}/${at}`);
    const identifiers = [{ type: 'dns', value: 'mx.example.org' }];
    const body = { status: 'pending', identifiers, authorizations, finalize: url };
    fake.fail('order', { status: 200, body });
    const status = await again().lookAtOrder(url, {}, domains);
    expect(status.problem).toContain('2000 authorizations for 1 names');
    const asked = fake.seen.slice(before).map(({ resource }) => resource);
    expect(asked).not.toContain('authorization');
  });

  it('with a name and its wildcard has two authorizations, also where the CA does not mark the wildcard', async () => {
    const { fake, issuer, again } = await world();
    const both = ['example.org', '*.example.org'];
    const { url } = await issuer.newOrder({ domains: both }, {});
    fake.fail('authorization', pending('example.org'), Infinity);
    const { status, challenges } = await again().lookAtOrder(url, {}, both);
    expect([status, challenges.length]).toEqual(['pending', 2]);
  });

  it.each(['', 'abc.def', 'a b', '../../x', 'x'.repeat(600), 'tök'])(
    'with the token %j is refused',
    async (token) => {
      const { fake, issuer, again } = await world();
      const { url } = await issuer.newOrder({ domains }, {});
      const answer = pending('mx.example.org');
      const [challenge] = (answer.body as { challenges: object[] }).challenges;
      const body = { ...(answer.body as object), challenges: [{ ...challenge, token }] };
      fake.fail('authorization', { status: 200, body }, Infinity);
      const failure = await failureOf(again().lookAtOrder(url, {}, domains));
      expect([failure.code, failure.message]).toEqual([
        'ACME_PROBLEM',
        "the CA's token for mx.example.org is not base64url (RFC 8555 §8.4)",
      ]);
    },
  );

  it('at a URL with credentials gets no request', async () => {
    const { fake, issuer } = await world();
    await issuer.newOrder({ domains }, {});
    const before = fake.seen.length;
    const location = fake.directory.replace('http://', 'http://user:secret@');
    const failure = await failureOf(issuer.lookAtOrder(location, {}, domains));
    expect(failure.message).not.toContain('secret');
    expect(fake.seen.length).toBe(before);
  });
});

describe('K29: a URL of the CA', () => {
  const guard = createUrlGuard('https://ca.example/directory');

  it.each([
    'http://ca.example/order/1',
    'file:///etc/passwd',
    'ftp://ca.example/',
    'https://user@ca.example/order/1',
    'https://127.0.0.1/order/1',
    'https://0x7f.1/order/1',
    'https://[::1]:8443/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.168.1.1/',
    'https://localhost/',
    'order/1',
    `https://ca.example/${'a'.repeat(3000)}`,
  ])('is not asked: %s', (url) => {
    expect(() => guard(url)).toThrow(/URL that holger does not request/);
  });

  it.each([
    'https://ca.example/directory',
    'https://ca.example:8443/order/1',
    'https://other.example/order/1',
    'https://203.0.113.7/order/1',
    'https://172.32.0.1/',
  ])('is asked: %s', (url) => {
    expect(() => guard(url)).not.toThrow();
  });

  it('may be a private address where the directory has one, and plain HTTP where the directory is', () => {
    const inside = createUrlGuard('https://10.0.0.5/acme/directory');
    expect(() => inside('https://192.168.1.1/order/1')).not.toThrow();
    expect(() => inside('http://10.0.0.5/order/1')).toThrow();
    const plain = createUrlGuard('http://127.0.0.1:14000/dir');
    expect(() => plain('http://127.0.0.1:14000/order/1')).not.toThrow();
  });
});
