// Limits of a CA that really counts, its pauses, and its maintenance.
import { describe, expect, it } from 'vitest';
import { failureOf, NOW } from '../world.ts';
import { simulated } from './world.ts';

const HOUR = 3600;
const DAY = 86_400;

describe('a CA that counts orders', () => {
  it.each([true, false])(
    'refuses the sixth certificate for the same names in a week, until a time: with Retry-After %s',
    async (sendsRetryAfter) => {
      const { fake, obtain, order, slept } = await simulated();
      fake.sendsRetryAfter = sendsRetryAfter;
      for (let time = 0; time < 5; time += 1) await obtain(['mx.example.org']);
      const failure = await failureOf(order(['mx.example.org']));
      expect(failure.code).toBe('ACME_RATE_LIMITED');
      // 34 hours, of which one run waits for a day at most; nothing sleeps in the process.
      expect(failure.notBefore).toBe(NOW + DAY);
      expect(failure.details['scope']).toBeUndefined();
      expect(slept).toEqual([]);
      fake.now += 34 * HOUR;
      await obtain(['mx.example.org']);
    },
  );

  it('refuses the certificate 51 of a registered domain, but not its renewals', async () => {
    const { fake, issuer, obtain } = await simulated();
    const first = await obtain(['host0.example.org']);
    for (let host = 1; host < 50; host += 1) {
      await issuer.newOrder({ domains: [`host${host}.example.org`] }, {});
    }
    const refused = issuer.newOrder({ domains: ['host50.example.org'] }, {});
    const failure = await failureOf(refused);
    expect(failure).toMatchObject({ code: 'ACME_RATE_LIMITED' });
    // Other domains are not concerned.
    expect(failure.details['scope']).toBeUndefined();
    await obtain(['host0.example.org']);
    await obtain(['host0.example.org'], first.certId);
    expect(fake.issued).toHaveLength(3);
  });

  it('refuses the order 301 of an account in three hours, which concerns all its certificates', async () => {
    const { fake, issuer } = await simulated();
    for (let host = 0; host < 300; host += 1) {
      const names = [`www.example${host}.test`];
      const order = { account: 'a', names, byAri: false, isRenewal: false };
      expect(fake.buckets.order(order, NOW)).toBeUndefined();
    }
    const account = await issuer.accountUrl({});
    // The bucket of this account is used up by orders elsewhere.
    for (let host = 0; host < 300; host += 1) {
      const names = [`mail.example${host}.test`];
      fake.buckets.order({ account, names, byAri: false, isRenewal: false }, NOW);
    }
    const failure = await failureOf(issuer.newOrder({ domains: ['mx.example.org'] }, {}));
    expect(failure.details['scope']).toBe('account');
    expect(failure.notBefore).toBe(NOW + 36);
  });

  it('that pauses a name shows the URL that ends the pause; other names are ordered', async () => {
    const { fake, issuer, obtain } = await simulated();
    const url = 'https://portal.ca.example/sfe/v1/unpause?jwt=abc.def.ghi';
    fake.paused = { name: 'mx.example.org', url };
    const failure = await failureOf(issuer.newOrder({ domains: ['mx.example.org'] }, {}));
    expect(failure).toMatchObject({ code: 'ACME_PROBLEM', exit: 4 });
    expect(failure.hint).toContain(`\n${url}`);
    await obtain(['www.example.net']);
    fake.paused = undefined;
    await obtain(['mx.example.org']);
  });
});

describe('a CA under maintenance', () => {
  it.each([
    ['seconds', '7200', NOW + 7200],
    ['a date', 'Sat, 21 Nov 2026 15:00:00 GMT', NOW + 3 * HOUR],
    ['days, of which one counts', '259200', NOW + DAY],
  ])('names the time of the next request as %s', async (_, retryAfter, at) => {
    const { fake, issuer, obtain } = await simulated();
    fake.maintenance = retryAfter;
    const failure = await failureOf(issuer.newOrder({ domains: ['mx.example.org'] }, {}));
    expect(failure).toMatchObject({ code: 'ACME_UNREACHABLE', exit: 3, notBefore: at });
    expect(failure.details['scope']).toBe('account');
    expect(fake.seen).toHaveLength(1);
    fake.maintenance = undefined;
    await obtain(['mx.example.org']);
  });

  it('that begins in the middle of an order loses nothing: the order goes on afterwards', async () => {
    const { fake, issuer } = await simulated();
    const placed = await issuer.newOrder({ domains: ['mx.example.org'] }, {});
    fake.maintenance = '600';
    const [challenge] = placed.challenges;
    if (challenge === undefined) throw new RangeError('no challenge');
    const failure = await failureOf(issuer.answerChallenge(challenge, {}));
    expect(failure.notBefore).toBe(NOW + 600);
    fake.maintenance = undefined;
    await issuer.answerChallenge(challenge, {});
    expect((await issuer.lookAtOrder(placed.url, {})).status).toBe('ready');
  });
});
