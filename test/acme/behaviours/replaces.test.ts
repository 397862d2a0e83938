// RFC 9773 §5 at a CA that knows what it has issued.
import { describe, expect, it } from 'vitest';
import { failureOf } from '../world.ts';
import { simulated } from './world.ts';

const domains = ['mx.example.org'];

describe('an order that replaces a certificate', () => {
  it('is accepted for the certificate that the CA has issued, and counts against no limit', async () => {
    const { fake, obtain } = await simulated();
    let last = await obtain(domains);
    for (let renewal = 0; renewal < 6; renewal += 1) last = await obtain(domains, last.certId);
    expect(fake.issued.filter(({ isReplaced }) => isReplaced)).toHaveLength(6);
    expect(fake.buckets.lowest.get('new certificates of exactly these names')).toBe(4);
  });

  it('is placed as a new one where the predecessor was replaced already, and only once', async () => {
    const { obtain, sent, lines } = await simulated();
    const first = await obtain(domains);
    await obtain(domains, first.certId);
    await obtain(domains, first.certId);
    const tried = sent('newOrder').map((payload) => payload?.['replaces']);
    expect(tried).toEqual([undefined, first.certId, first.certId, undefined]);
    expect(lines.find(({ message }) => message.includes('as a replacement'))).toMatchObject({
      level: 'info',
    });
  });

  it.each([
    ['that the CA does not know', ['mx.example.org'], 'AAAA.BBBB'],
    ['with other names', ['www.example.net'], undefined],
  ])('is placed as a new one for a certificate %s', async (_, names, unknown) => {
    const { fake, obtain, sent } = await simulated();
    const first = await obtain(domains);
    await obtain(names, unknown ?? first.certId);
    expect(sent('newOrder')).toHaveLength(3);
    expect(fake.issued).toHaveLength(2);
    expect(fake.issued[0]?.isReplaced).toBe(false);
  });

  it('says whether the CA took it as one, because only then it counts against no limit', async () => {
    const { issuer, obtain } = await simulated();
    const { certId: replaces } = await obtain(domains);
    expect((await issuer.newOrder({ domains }, {})).replaces).toBeUndefined();
    expect((await issuer.newOrder({ domains, replaces }, {})).replaces).toBe(true);
    expect((await issuer.newOrder({ domains, replaces }, {})).replaces).toBeUndefined();
  });

  it('of another account is placed as a new one', async () => {
    const { fake, obtain } = await simulated();
    const first = await obtain(domains);
    const [one] = fake.issued.splice(0);
    if (one !== undefined) fake.issued.push({ ...one, account: 'https://ca.test/account/other' });
    await obtain(domains, first.certId);
    expect(fake.issued).toHaveLength(2);
  });

  it('is not tried without replaces where a limit refuses it', async () => {
    const { fake, obtain, order, sent } = await simulated();
    for (let time = 0; time < 5; time += 1) await obtain(domains);
    const stale = fake.issued[0];
    if (stale !== undefined) stale.isReplaced = true;
    const failure = await failureOf(order(domains, stale?.certId));
    expect(failure.code).toBe('ACME_RATE_LIMITED');
    expect(sent('newOrder')).toHaveLength(7);
  });
});
