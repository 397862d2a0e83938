import { describe, expect, it } from 'vitest';
import { problem } from '../support/acme-fake.ts';
import { domains, failureOf, world } from './world.ts';

describe('the account', () => {
  it('has its key in the store before the CA gets a request with it', async () => {
    const { fake, files, issuer } = await world();
    fake.fail('newAccount', 'reset');
    expect((await failureOf(issuer.accountUrl({}))).code).toBe('ACME_UNREACHABLE');
    expect(files.steps).toEqual(['key']);
    const key = files.account?.keyPem;
    await issuer.accountUrl({});
    expect(files.steps).toEqual(['key', 'url']);
    expect(files.account?.keyPem).toBe(key);
  });

  it('is registered once, by any number of orders at the same time', async () => {
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

  it('uses the key of the process that stored one first', async () => {
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

  it('K41: is searched for before it is made, also where the CA requires an external account', async () => {
    const { fake, files, issuer, again } = await world();
    const url = await issuer.accountUrl({});
    fake.meta = { externalAccountRequired: true };
    files.account = { keyPem: files.account?.keyPem ?? '' };
    expect(await again().accountUrl({})).toBe(url);
    expect(files.account.url).toBe(url);
    expect(fake.seen.at(-1)?.payload).toEqual({ onlyReturnExisting: true });
  });

  it.each(['accountDoesNotExist', 'externalAccountRequired', 'malformed', 'unauthorized'])(
    'K41: is made where a key was stored and the search for its account ends in %s',
    async (type) => {
      const { fake, files, issuer } = await world();
      fake.fail('newAccount', 'reset');
      await failureOf(issuer.accountUrl({}));
      fake.fail('newAccount', problem(type, 'not here', 403));
      const url = await issuer.accountUrl({});
      expect(files.account?.url).toBe(url);
      const asked = fake.seen.filter(({ resource }) => resource === 'newAccount');
      expect(asked.at(-2)?.payload).toEqual({ onlyReturnExisting: true });
      expect(asked.at(-1)?.payload).toEqual({ termsOfServiceAgreed: true });
    },
  );

  it('K41: reports the URL of the terms once, when it is made', async () => {
    const { fake, files, issuer, again, lines } = await world();
    fake.meta = { termsOfService: 'https://ca.example.org/terms' };
    await issuer.newOrder({ domains }, {});
    files.account = { keyPem: files.account?.keyPem ?? '' };
    await again().newOrder({ domains }, {});
    const told = lines.filter(({ message }) => message === 'the terms of the CA were agreed to');
    expect(told).toEqual([
      {
        level: 'info',
        message: 'the terms of the CA were agreed to',
        fields: { termsOfService: 'https://ca.example.org/terms' },
      },
    ]);
  });

  it('K41: sends a changed, a first and a removed email with the next order, once each', async () => {
    const { fake, issuer, again } = await world();
    await issuer.newOrder({ domains }, {});
    for (const email of ['a@example.org', 'a@example.org', 'b@example.org', undefined, undefined]) {
      const next = again(email === undefined ? {} : { email });
      await Promise.all([next.newOrder({ domains }, {}), next.newOrder({ domains }, {})]);
    }
    const told = fake.seen.filter(({ resource }) => resource === 'account');
    expect(told.map(({ payload }) => payload)).toEqual([
      { contact: ['mailto:a@example.org'] },
      { contact: ['mailto:b@example.org'] },
      { contact: [] },
    ]);
  });

  it('K41: sends the contact of an account that an earlier version registered', async () => {
    const { fake, files, issuer, again } = await world({ email: 'new@example.org' });
    const url = await issuer.accountUrl({});
    files.account = { keyPem: files.account?.keyPem ?? '', url };
    await again().newOrder({ domains }, {});
    const told = fake.seen.filter(({ resource }) => resource === 'account');
    expect(told.map(({ payload }) => payload)).toEqual([{ contact: ['mailto:new@example.org'] }]);
  });

  it('K41: orders although the CA refuses a contact, reports that, and sends it with the next order', async () => {
    const { fake, files, issuer, again, lines } = await world();
    await issuer.newOrder({ domains }, {});
    fake.fail('account', problem('invalidContact', 'no such domain', 400));
    const next = again({ email: 'a@example.org' });
    expect((await next.newOrder({ domains }, {})).status).toBe('pending');
    expect(lines.at(-1)).toMatchObject({ level: 'warn' });
    expect(JSON.stringify(lines.at(-1))).toContain('no such domain');
    await next.newOrder({ domains }, {});
    expect(files.account?.contact).toBe('a@example.org');
  });

  it('K41: is shown as the CA has it, and showing it makes none', async () => {
    const { fake, files, issuer, again } = await world({ email: 'a@example.org' });
    expect(await issuer.account({})).toBeUndefined();
    expect(files.account).toBeUndefined();
    expect(fake.seen).toEqual([]);
    const url = await issuer.accountUrl({});
    const shown = { url, status: 'valid', contact: ['mailto:a@example.org'] };
    expect(await again().account({})).toEqual(shown);
    files.account = {
      keyPem: files.account === undefined ? '' : ((await files.read(''))?.keyPem ?? ''),
    };
    expect(await again().account({})).toEqual(shown);
    const updated = await again({ email: 'b@example.org' }).updateAccount({});
    expect(updated).toEqual({ ...shown, contact: ['mailto:b@example.org'] });
  });

  it('K41: is updated where the CA had lost it and it was made again', async () => {
    const { fake, issuer, again } = await world();
    const url = await issuer.accountUrl({});
    fake.fail('account', problem('accountDoesNotExist', 'no account with this URL', 400));
    const failure = await failureOf(issuer.account({}));
    expect(failure.details['type']).toBe('accountDoesNotExist');
    fake.fail('account', problem('accountDoesNotExist', 'no account with this URL', 400));
    expect(await again({ email: 'b@example.org' }).updateAccount({})).toMatchObject({ url });
  });

  it('asks for the external account before it asks the CA', async () => {
    const { fake, issuer } = await world();
    fake.meta = { externalAccountRequired: true };
    const error = await failureOf(issuer.newOrder({ domains }, {}));
    expect(error).toMatchObject({
      code: 'ACME_PROBLEM',
      hint: expect.stringMatching(/^set eab = .* under \[acme\].*staging_eab$/) as string,
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

  it('is registered again, with the same key, at a CA that has lost it', async () => {
    const { fake, files, issuer, again } = await world();
    await issuer.newOrder({ domains }, {});
    const key = files.account?.keyPem;
    fake.fail('newOrder', problem('accountDoesNotExist', 'no account with this URL', 400));
    expect((await again().newOrder({ domains }, {})).status).toBe('pending');
    expect(files.account?.keyPem).toBe(key);
    expect(fake.seen.filter(({ resource }) => resource === 'newAccount')).toHaveLength(2);
  });

  it('reports what to do when the CA has lost or deactivated it', async () => {
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
