// The TXT records of the three challenges in DNS, against the vectors of their documents.
import { describe, expect, it } from 'vitest';
import { areIssuerNames } from '../../src/acme/directory.ts';
import { labelsOf, proofFor, standingAccounts } from '../../src/acme/challenge.ts';
import type { Prover } from '../../src/acme/challenge.ts';
import type { Directory } from '../../src/acme/directory.ts';
import type { OpenChallenge } from '../../src/acme/order.ts';
import { fqdn } from '../../src/dns/name.ts';
import { failureOf } from './world.ts';

/** RFC 7638 §3.1. */
const THUMBPRINT = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const ACCOUNT = 'https://ca.example/acct/123';
const HASHED = {
  issuerDomainNames: ['authority.example'],
  accountHashPrefix: 'https://ca.example/account-hash/',
};

function prover(method: Prover['method'], directory: Partial<Directory> = {}): Prover {
  const whole = { caaIdentities: [], ...directory } as unknown as Directory;
  return {
    method,
    client: {
      directory: () => Promise.resolve(whole),
      dns01Value: (token) => Promise.resolve(`value of ${token}`),
      thumbprint: () => Promise.resolve(THUMBPRINT),
    },
    accountUrl: () => Promise.resolve(ACCOUNT),
  };
}

const open = (more: Partial<OpenChallenge> = {}): OpenChallenge => ({
  ...{ identifier: 'example.com', type: '', url: '', status: 'pending', problem: undefined },
  ...{ token: 'abc', issuerNames: ['authority.example'], accountUri: undefined, ...more },
});

describe('the record of a challenge', () => {
  it('of dns-01 is at the name, and of its token', async () => {
    expect(await proofFor(open(), true, prover('dns-01'), {})).toEqual({
      owner: fqdn('_acme-challenge.example.com'),
      value: 'value of abc',
    });
  });

  it('of dns-account-01 is below a label of the account', async () => {
    // §3.2 of draft-ietf-acme-dns-account-label.
    const account = 'https://example.com/acme/acct/ExampleAccount';
    expect(labelsOf('dns-account-01', account)).toBe('_ujmmovf2vn55tgye._acme-challenge');
    const { owner, value, stays } = await proofFor(open(), false, prover('dns-account-01'), {});
    expect(owner).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.example\.com\.$/);
    expect([value, stays]).toEqual(['value of abc', undefined]);
  });

  it('of dns-persist-01 has the hash of name, key and account where the CA has a prefix for it', async () => {
    // §10.2 of draft-ietf-acme-dns-persist-02.
    const hash = '5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw';
    expect(await proofFor(open(), false, prover('dns-persist-01', HASHED), {})).toEqual({
      owner: fqdn('_validation-persist.example.com'),
      value: `authority.example; accounturi=https://ca.example/account-hash/sha-256/${hash}`,
      stays: true,
    });
  });

  it('of dns-persist-01 has the URL of the account at other CAs, and the policy of a wildcard', async () => {
    const { value } = await proofFor(open(), true, prover('dns-persist-01'), {});
    expect(value).toBe(`authority.example; accounturi=${ACCOUNT}; policy=wildcard`);
  });

  it('of dns-persist-01 stays the same when the CA names its names in another order', async () => {
    const valueOf = async (issuerNames: string[]): Promise<string> =>
      (await proofFor(open({ issuerNames }), false, prover('dns-persist-01'), {})).value;
    const one = await valueOf(['b.example', 'a.example']);
    expect(one).toBe(await valueOf(['a.example', 'b.example']));
  });
});

it('a record that stays may name the account by its URL, or by the hash where the CA has a prefix', async () => {
  const { client } = prover('dns-persist-01', HASHED);
  const hash = '5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw';
  expect(await standingAccounts('example.com', ACCOUNT, client, {})).toEqual([
    ACCOUNT,
    `https://ca.example/account-hash/sha-256/${hash}`,
  ]);
  const plain = prover('dns-persist-01').client;
  expect(await standingAccounts('example.com', ACCOUNT, plain, {})).toEqual([ACCOUNT]);
});

describe('a dns-persist-01 challenge is not used', () => {
  it.each([
    ['for another account', { accountUri: 'https://ca.example/acct/9' }, {}, /another account/],
    ['without an issuer', { issuerNames: [] }, {}, /names no issuer/],
    ['with eleven', { issuerNames: Array(11).fill('a.example') as string[] }, {}, /too many/],
    ['with what splits the record', { issuerNames: ['a.example; x=y'] }, {}, /domain name/],
    ['whose issuers CAA does not know', {}, { caaIdentities: ['other.example'] }, /directory/],
    ['without an issuer of the directory', {}, { issuerDomainNames: ['b.example'] }, /directory/],
    ['whose prefix splits the record', {}, { accountHashPrefix: 'https://a/;' }, /cannot stand/],
  ])('%s', async (_, challenge, directory, expected) => {
    const asked = proofFor(open(challenge), false, prover('dns-persist-01', directory), {});
    const failure = await failureOf(asked);
    expect(failure.message).toMatch(expected);
    expect(failure.hint).toContain('nothing was written to DNS');
  });
});

it('names of issuers are those of the document: lower case, without a dot at the end', () => {
  expect(areIssuerNames(['ca.example', 'xn--bcher-kva.example'])).toBe(true);
  for (const name of ['CA.example', 'ca.example.', '', 'ca', `${'a.'.repeat(127)}example`]) {
    expect(areIssuerNames([name])).toBe(false);
  }
});
