// Orders that a CA spoils late, and accounts that change their key.
import { describe, expect, it } from 'vitest';
import { keyMatches } from '../../../src/x509/certificate.ts';
import { chainFromPem } from '../../../src/x509/chain.ts';
import { createCsr } from '../../../src/x509/csr.ts';
import { generateKey } from '../../../src/x509/keys.ts';
import { problem } from '../../support/acme-fake.ts';
import { failureOf, NOW } from '../world.ts';
import { simulated } from './world.ts';

const domains = ['mx.example.org'];

describe('an order at a CA that issues', () => {
  it('ends with a chain for our key and all our names', async () => {
    const { issuer } = await simulated();
    const names = ['mx.example.org', '*.example.org'];
    const placed = await issuer.newOrder({ domains: names }, {});
    for (const challenge of placed.challenges) await issuer.answerChallenge(challenge, {});
    const key = await generateKey('ec-p256');
    const { url, status } = await issuer.finalize(placed.url, await createCsr(key, names), {});
    expect(status).toBe('valid');
    const pem = await issuer.download(url, undefined, {});
    const [leaf] = chainFromPem(pem).certificates;
    expect(leaf?.names).toEqual(names);
    expect(keyMatches(key, Buffer.from(leaf?.der ?? '', 'hex'))).toBe(true);
  });

  it('that becomes invalid when it is finalized is reported in the words of the CA', async () => {
    const { fake, order } = await simulated();
    fake.refusesFinalize = {
      type: 'urn:ietf:params:acme:error:caa',
      detail: 'CAA record for mx.example.org prevents issuance',
    };
    const { status, problem: words } = await order(domains);
    expect(status).toBe('invalid');
    expect(words).toContain('CAA record for mx.example.org prevents issuance');
  });

  it('that takes long is read again at the time that the CA names', async () => {
    const { fake, issuer, order } = await simulated();
    fake.polls = 2;
    fake.retryAfter = '40';
    const { url } = await order(domains);
    for (let poll = 0; poll < 2; poll += 1) {
      const looked = await issuer.lookAtOrder(url, {});
      expect(looked).toMatchObject({ status: 'processing', notBefore: NOW + 40 });
    }
    expect((await issuer.lookAtOrder(url, {})).status).toBe('valid');
  });

  it('survives a storm of refused nonces', async () => {
    const { fake, obtain, sent } = await simulated();
    fake.badNonces = 30;
    await obtain(domains);
    // What was refused was no order.
    expect(sent('newOrder')).toHaveLength(1);
    expect(fake.issued).toHaveLength(1);
  });

  it('with a request for other names is refused as badCSR, which is not repeated', async () => {
    const { fake, issuer, sent } = await simulated();
    const placed = await issuer.newOrder({ domains }, {});
    for (const challenge of placed.challenges) await issuer.answerChallenge(challenge, {});
    const csr = await createCsr(await generateKey('ec-p256'), ['www.example.org']);
    const failure = await failureOf(issuer.finalize(placed.url, csr, {}));
    expect(failure.details['type']).toBe('badCSR');
    expect(sent('finalize')).toHaveLength(1);
    expect(fake.issued).toHaveLength(0);
  });
});

describe('a new account key', () => {
  it('is proven by an inner signature, and replaces the old one (RFC 8555 §7.3.5)', async () => {
    const { fake, files, issuer, again, obtain } = await simulated();
    await obtain(domains);
    const before = files.account;
    await issuer.changeKey({});
    expect(files.account?.keyPem).not.toBe(before?.keyPem);
    expect(files.account?.url).toBe(before?.url);
    await again().newOrder({ domains: ['www.example.org'] }, {});
    expect(fake.accounts.size).toBe(1);
  });

  it.each([
    ['is in use elsewhere', problem('malformed', 'New key is already in use', 409)],
    ['is of a kind that the CA does not take', problem('badPublicKey', 'not this curve', 400)],
    ['cannot be changed now', problem('serverInternal', 'try again', 500)],
  ])('that %s changes nothing: both keys are kept', async (_, answer) => {
    const { fake, files, issuer, obtain } = await simulated();
    await obtain(domains);
    const before = files.account?.keyPem;
    fake.fail('keyChange', answer);
    await failureOf(issuer.changeKey({}));
    expect(files.account?.keyPem).toBe(before);
    expect(files.account?.nextKeyPem).toBeDefined();
    // The next attempt sends the same key, and succeeds.
    const next = files.account?.nextKeyPem;
    await issuer.changeKey({});
    expect(files.account?.keyPem).toBe(next);
  });
});
