import { describe, expect, it } from 'vitest';
import { problem } from '../support/acme-fake.ts';
import { domains, failureOf, world } from './world.ts';

describe('the account', () => {
  it('has its key in the store before the CA hears of it', async () => {
    const { fake, files, issuer } = await world();
    fake.fail('newAccount', 'reset');
    expect((await failureOf(issuer.accountUrl({}))).code).toBe('ACME_UNREACHABLE');
    expect(files.steps).toEqual(['key']);
    const key = files.account?.keyPem;
    await issuer.accountUrl({});
    expect(files.steps).toEqual(['key', 'url']);
    expect(files.account?.keyPem).toBe(key);
  });

  it('is registered once, by however many orders at the same time', async () => {
    const { fake, issuer, again } = await world({ email: 'hostmaster@example.org' });
    await Promise.all([1, 2, 3].map(() => issuer.newOrder({ domains }, {})));
    await again().newOrder({ domains }, {});
    const asked = fake.seen.filter(({ resource }) => resource === 'newAccount');
    expect(asked.map(({ payload }) => payload)).toEqual([
      { termsOfServiceAgreed: true, contact: ['mailto:hostmaster@example.org'] },
    ]);
    expect(asked[0]?.header).toHaveProperty('jwk');
    const orders = fake.seen.filter(({ resource }) => resource === 'newOrder');
    expect(orders).toHaveLength(4);
    for (const { header } of orders) expect(header).not.toHaveProperty('jwk');
  });

  it('is found again when its URL was lost: newAccount is idempotent for a key (RFC 8555 §7.3)', async () => {
    const { files, issuer, again, lines } = await world();
    const url = await issuer.accountUrl({});
    files.account = { keyPem: files.account?.keyPem ?? '' };
    expect(await again().accountUrl({})).toBe(url);
    expect(lines.map(({ message }) => message)).toEqual(['account registered', 'account found']);
  });

  it('uses the key of the process that was quicker to store one', async () => {
    const { files, issuer } = await world();
    const { writeKey } = files;
    files.writeKey = async (directory, keyPem) => {
      await writeKey(directory, keyPem);
      throw new Error('holds another account key');
    };
    await issuer.accountUrl({});
    expect(files.account?.url).toBeDefined();
  });

  it('does not end for one order because another one was interrupted', async () => {
    const { fake, issuer } = await world();
    fake.fail('directory', 'silent');
    const ender = new AbortController();
    const first = failureOf(issuer.newOrder({ domains }, { signal: ender.signal }));
    const second = issuer.newOrder({ domains }, {});
    setTimeout(() => ender.abort(), 50);
    expect((await first).code).toBe('INTERRUPTED');
    expect((await second).status).toBe('pending');
  });

  it('asks for the external account before it asks the CA', async () => {
    const { fake, issuer } = await world();
    fake.meta = { externalAccountRequired: true };
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error).toMatchObject({
      code: 'ACME_PROBLEM',
      hint: 'set eab = { kid, hmac } under [acme] with the values that the CA gave you',
    });
    expect(fake.seen.map(({ resource }) => resource)).toEqual(['directory']);
  });

  it('binds the external account (RFC 8555 §7.3.4), and shows its key in no error', async () => {
    const hmac = Buffer.from('a very secret mac key of the CA!').toString('base64url');
    const { fake, issuer } = await world({ eab: { kid: 'kid-1', hmac } });
    fake.fail('newAccount', problem('unauthorized', 'unknown external account', 403));
    const error = await failureOf(issuer.accountUrl({}));
    expect(error.message).toBe('the CA refused the account: unknown external account');
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain(hmac);
    const binding = fake.seen.at(-1)?.payload?.['externalAccountBinding'] as { protected: string };
    const header: unknown = JSON.parse(Buffer.from(binding.protected, 'base64url').toString());
    expect(header).toMatchObject({ alg: 'HS256', kid: 'kid-1' });
  });

  it('refuses an external account key that cannot be one, without showing it', async () => {
    await expect(world({ eab: { kid: 'kid', hmac: 'not base64!' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'eab needs a kid, and an hmac in base64url',
    });
  });

  it('is registered anew, with the same key, at a CA that has forgotten it', async () => {
    const { fake, files, issuer, again } = await world();
    await issuer.newOrder({ domains }, {});
    const key = files.account?.keyPem;
    fake.fail('newOrder', problem('accountDoesNotExist', 'no account with this URL', 400));
    expect((await again().newOrder({ domains }, {})).status).toBe('pending');
    expect(files.account?.keyPem).toBe(key);
    expect(fake.seen.filter(({ resource }) => resource === 'newAccount')).toHaveLength(2);
  });

  it('says what to do when the CA has forgotten or deactivated it', async () => {
    const { fake, issuer } = await world();
    fake.fail('newOrder', problem('accountDoesNotExist', 'no account with this URL', 400), 2);
    expect((await failureOf(issuer.newOrder({ domains }, {}))).hint).toContain('ask the CA');
    fake.fail(
      'newOrder',
      problem('unauthorized', 'Account is not valid, has status "deactivated"', 403),
    );
    expect((await failureOf(issuer.newOrder({ domains }, {}))).hint).toContain('was deactivated');
  });
});
