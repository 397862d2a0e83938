// A CA that will revoke what it has issued says so in its renewal information (RFC 9773 §4.2).
import { expect, it } from 'vitest';
import { isRecalled } from '../../../src/rollover/plan/order/revoked.ts';
import { NOW } from '../world.ts';
import { simulated } from './world.ts';

it('a mass revocation moves the windows of all certificates into the past, with an explanation', async () => {
  const { fake, issuer, obtain } = await simulated();
  const names = ['a.example.org', 'b.example.org', 'c.example.org'];
  for (const name of names) await obtain([name]);
  const before = await Promise.all(fake.issued.map(({ certId }) => issuer.renewalInfo(certId, {})));
  fake.recallAll();
  const after = await Promise.all(fake.issued.map(({ certId }) => issuer.renewalInfo(certId, {})));
  for (const [at, window] of after.entries()) {
    const [first, one] = [before[at], fake.issued[at]];
    if (window === undefined || first === undefined || one === undefined) throw new RangeError();
    expect(window.explanationUrl).toBe('https://ca.example/incident');
    expect(isRecalled(first, window, one, NOW)).toBe(true);
    expect(isRecalled(first, first, one, NOW)).toBe(false);
  }
});

it('a certificate of which no earlier window is known is recalled by one that the CA explains', async () => {
  const { fake, issuer, obtain } = await simulated();
  const one = await obtain(['a.example.org']);
  const usual = await issuer.renewalInfo(one.certId, {});
  fake.recallAll();
  const window = await issuer.renewalInfo(one.certId, {});
  if (window === undefined || usual === undefined) throw new RangeError();
  const { explanationUrl: _none, ...unexplained } = window;
  expect(isRecalled(undefined, window, one, NOW)).toBe(true);
  expect(isRecalled(undefined, unexplained, one, NOW)).toBe(false);
  const explained = { ...usual, explanationUrl: 'https://ca.example/policy' };
  expect(isRecalled(undefined, explained, one, usual.end + 1)).toBe(false);
});

it('renewals after a mass revocation count against no limit, however many there are', async () => {
  const { fake, obtain } = await simulated();
  const first = [await obtain(['a.example.org']), await obtain(['b.example.org'])];
  fake.recallAll();
  for (let round = 0; round < 3; round += 1) {
    for (const [at, name] of ['a.example.org', 'b.example.org'].entries()) {
      const before = first[at];
      first[at] = await obtain([name], before?.certId);
    }
  }
  expect(fake.issued).toHaveLength(8);
  expect(fake.buckets.lowest.get('new certificates of a registered domain')).toBe(48);
});
