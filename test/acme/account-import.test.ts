import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAccountKey } from '../../src/acme/account-key.ts';
import { AppError } from '../../src/base/errors.ts';
import { problem } from '../support/acme-fake.ts';
import { failureOf, memoryFiles, world } from './world.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const PKCS8 = { type: 'pkcs8', format: 'pem' } as const;
const pem = (key: typeof ec): string => key.export(PKCS8).toString();

describe('the account key of another client', () => {
  it.each([
    ['lego: SEC 1', ec.export({ type: 'sec1', format: 'pem' }).toString(), ec],
    ['acme.sh: PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' }).toString(), rsa],
    [
      'openssl ecparam: with parameters before it',
      `-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n${ec.export({ type: 'sec1', format: 'pem' }).toString()}`,
      ec,
    ],
    ['certbot: JWK', JSON.stringify(rsa.export({ format: 'jwk' })), rsa],
    ['a JWK of an elliptic curve', JSON.stringify(ec.export({ format: 'jwk' })), ec],
    ['PKCS#8', pem(rsa), rsa],
  ])('is read: %s', (_, text, key) => {
    expect(createPrivateKey(readAccountKey(text)).equals(key)).toBe(true);
  });

  const encrypted = ec.export({ ...PKCS8, cipher: 'aes-128-cbc', passphrase: 'secret' }).toString();
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  it.each([
    ['is encrypted', encrypted, 'no private key that can be read'],
    ['is a public key', JSON.stringify({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }), 'no private key'],
    ['is something else', '{', 'no private key'],
    ['is too small for a CA', pem(small), 'the key has 1024 bits'],
    ['has a kind that CAs do not take', pem(ed as never), 'neither an RSA nor an ECDSA key'],
  ])('is refused if it %s, without a part of it', (_, text, message) => {
    let error: unknown;
    try {
      readAccountKey(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toContain(message);
    expect(JSON.stringify(error)).not.toContain(text.slice(20, 60) || 'no text');
  });
});

describe('an account that exists', () => {
  /** Made by another client, with a state of its own. */
  async function elsewhere() {
    const given = await world();
    const files = { ...memoryFiles(), account: { keyPem: pem(rsa) } };
    const other = given.again({
      accountFiles: { ...files, read: () => Promise.resolve(files.account) },
    });
    return { ...given, url: await other.accountUrl({}) };
  }

  it('is found by its key and kept; nothing is registered', async () => {
    const { fake, files, issuer, again, url } = await elsewhere();
    const before = fake.seen.length;
    expect(await issuer.importAccount(pem(rsa), {})).toBe(url);
    expect(files.steps).toEqual(['key', 'url']);
    const asked = fake.seen.slice(before).filter(({ resource }) => resource === 'newAccount');
    expect(asked.map(({ payload }) => payload)).toEqual([{ onlyReturnExisting: true }]);
    expect(await again().account({})).toMatchObject({ url, status: 'valid' });
    // Twice is the same as once.
    expect(await again().importAccount(pem(rsa), {})).toBe(url);
  });

  it.each(['accountDoesNotExist', 'externalAccountRequired'])(
    'must be at this CA (%s): otherwise nothing is stored',
    async (type) => {
      const { fake, files, issuer } = await world();
      fake.fail('newAccount', problem(type, 'no', 400));
      const error = await failureOf(issuer.importAccount(pem(rsa), {}));
      expect(error).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('has no account') as string,
      });
      expect(files.steps).toEqual([]);
    },
  );

  it('does not take the place of another one', async () => {
    const { files, issuer, again } = await elsewhere();
    await issuer.accountUrl({});
    const { account } = files;
    const error = await failureOf(again().importAccount(pem(rsa), {}));
    expect(error.message).toContain(`the state has another account, ${account?.url ?? ''}`);
    expect(files.account).toEqual(account);
  });

  it('is not kept if it was deactivated', async () => {
    const { fake, files, issuer } = await world();
    const body = { status: 'deactivated' };
    fake.fail('newAccount', { status: 200, headers: { location: '/account/1' }, body });
    const error = await failureOf(issuer.importAccount(pem(rsa), {}));
    expect(error.message).toBe('the account of this key is deactivated at the CA');
    expect(files.steps).toEqual([]);
  });
});

it('a refused external account names what else can be done', async () => {
  const hmac = Buffer.from('mac key').toString('base64url');
  const { fake, issuer } = await world({ eab: { kid: 'kid-1', hmac } });
  fake.fail('newAccount', problem('accountDoesNotExist', 'no', 400));
  fake.fail('newAccount', problem('unauthorized', 'unknown external account', 403));
  const error = await failureOf(issuer.accountUrl({}));
  expect(error.hint).toContain('holger account import');
});
