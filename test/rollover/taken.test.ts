// A certificate that another program renews: what becomes of the key and certificate in its files.
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Generation, Intent } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Offer } from '../../src/rollover/record/offer.ts';
import {
  A,
  DAY,
  HOUR,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  record,
  seen,
  swept,
} from './world.ts';

const SOURCE = '/etc/letsencrypt/live/mail/fullchain.pem';
const ISSUER = 'files:certbot';
const wanted: Intent = intent({}, { directory: ISSUER, source: SOURCE });

const pair = (of: Chain, changes: Partial<Extract<Offer, { status: 'pair' }>> = {}): Offer => ({
  ...{ status: 'pair', chain: of, spki: of.certificates[0]?.spki ?? '', algorithm: 'ecdsa' },
  ...changes,
});
const of = (number: number, state: Generation['state'], it: Chain, more = {}): Generation =>
  generation(number, state, it, { directory: ISSUER, ...more });

const settled = swept(undefined, NOW - DAY, [{ records: [ofA] }]);
const known = [of(1, 'live', A)];

function facts(
  offer: Offer | undefined,
  scene: Partial<Parameters<typeof factsOf>[0]> = {},
): Facts {
  const given = {
    ...{ generations: known, owner: swept(settled, NOW, [{ records: [ofA] }]), ours: [ofA] },
    ...{ service: seen(NOW, { '192.0.2.1': A }), ...scene },
  };
  return { ...factsOf(given), ...(offer === undefined ? {} : { offer }) };
}
const next = (given: Facts, changes: Partial<Intent> = {}): ReturnType<typeof plan> =>
  plan({ ...wanted, ...changes }, given, Infinity, NOW);

/** Whose validity began after that of A. */
const later = (name: string, more = {}): Chain =>
  chain(name, { notBefore: NOW - HOUR, notAfter: NOW + 90 * DAY, ...more });
const C = later('C');

describe('what another program offers', () => {
  it('is taken when it is new, and nothing is ever ordered', () => {
    expect(next(facts(pair(C)))).toMatchObject({
      step: { kind: 'take', generation: 2, chain: C.id },
    });
    expect(next(facts(pair(A)))).toMatchObject({ kind: 'done' });
    const first = facts(pair(A), { generations: [] });
    expect(next(first)).toMatchObject({ step: { kind: 'take', generation: 1 } });
  });

  it('is staged: nothing is deployed before its record is in the caches', () => {
    const staged = facts(pair(C), { generations: [...known, of(2, 'issued', C)] });
    expect(next(staged)).toMatchObject({ step: { kind: 'publish' } });
  });

  it('replaces a staged one that waits, but not more often than three times a day', () => {
    const C2 = later('C2', { notBefore: NOW - 60 });
    const waiting = [...known, of(2, 'issued', C, { issuedAt: NOW - HOUR })];
    expect(next(facts(pair(C2), { generations: waiting }))).toMatchObject({
      step: { kind: 'take', generation: 3, chain: C2.id },
    });
    const often = [...waiting, of(3, 'issued', later('C1'), { issuedAt: NOW - 1800 })];
    const most = [...often, of(4, 'issued', later('C0'), { issuedAt: NOW - 900 })];
    const refused = next(facts(pair(C2), { generations: most }));
    expect(refused).not.toMatchObject({ step: { kind: 'take' } });
    expect(next(facts(pair(C2), { generations: most }), { force: true })).toMatchObject({
      step: { kind: 'take', generation: 5 },
    });
  });

  it.each<[string, Offer, Partial<Intent>, string]>([
    ['another kind of key', pair(C, { algorithm: 'rsa' }), {}, 'key_type is ec-p256'],
    ['a missing name', pair(later('D', { names: ['other.example.org'] })), {}, 'lacks mx.example'],
    ['an end that has passed', pair(later('D', { notAfter: NOW - 1 })), {}, 'expired at'],
    [
      'a beginning next week',
      pair(later('D', { notBefore: NOW + 7 * DAY })),
      {},
      'valid only from',
    ],
    ['an older certificate', pair(chain('D', { notBefore: NOW - 40 * DAY })), {}, 'was issued at'],
  ])('is not taken with %s, and a person is told why', (_, offer, changes, why) => {
    const refused = next(facts(offer), changes);
    expect(refused).toMatchObject({ kind: 'blocked', person: true });
    expect(JSON.stringify(refused)).toContain(why);
  });

  it('is taken although it is older when the operator insists', () => {
    const older = chain('D', { notBefore: NOW - 40 * DAY });
    expect(next(facts(pair(older)), { force: true })).toMatchObject({ step: { kind: 'take' } });
  });

  it('is never the compromised key, nor the revoked certificate', () => {
    const lost = [of(1, 'live', A, { compromised: true })];
    const sameKey = pair(later('D', { key: 'A' }));
    expect(next(facts(sameKey, { generations: lost }))).toMatchObject({ kind: 'blocked' });
    expect(next(facts(pair(C), { generations: lost }))).toMatchObject({ step: { kind: 'take' } });
    const revoked = [of(1, 'live', A, { revokedAt: NOW - 60 })];
    const told = next(facts(pair(A), { generations: revoked }));
    expect(told).toMatchObject({ kind: 'blocked', person: true });
    expect(JSON.stringify(told)).toContain('was revoked at');
  });

  it('may be half written for ten minutes, and then a person is told', () => {
    const half = (ago: number): Offer => ({
      ...{ status: 'none', because: 'the certificate is not for the key', hint: 'wait' },
      changedAt: NOW - ago,
    });
    expect(next(facts(half(60)))).toMatchObject({ kind: 'done' });
    expect(next(facts(half(601)))).toMatchObject({ kind: 'blocked', person: true });
  });

  it('is waited for without a word until a quarter of the lifetime is left', () => {
    const ending = (left: number): readonly Generation[] => {
      const old = chain('A', { notBefore: NOW - (90 - left) * DAY, notAfter: NOW + left * DAY });
      return [of(1, 'live', old)];
    };
    const at = (left: number): ReturnType<typeof plan> =>
      next(facts(pair(chain('A')), { generations: ending(left) }));
    expect(at(23)).toMatchObject({ kind: 'done' });
    expect(at(22)).toMatchObject({ kind: 'blocked', person: true });
    expect(JSON.stringify(at(22))).toContain('renewed-elsewhere');
  });

  it('is taken while the live generation is not proven only if that one cannot be', () => {
    const unproven = [of(1, 'live', A, { provenAt: undefined, deployedAt: NOW - 60 })];
    const proving = facts(pair(C), { generations: unproven });
    expect(next(proving)).not.toMatchObject({ step: { kind: 'take' } });
    expect(next(proving, { force: true })).toMatchObject({ step: { kind: 'take' } });
  });
});

describe('a service that reads the files of the other program', () => {
  it('presents a renewal that holger has not deployed: a person is told at every run', () => {
    const ofC = record('3 1 1', C);
    const staged = [...known, of(2, 'issued', C)];
    const published = swept(swept(undefined, NOW - DAY, [{ records: [ofA] }]), NOW, [
      { records: [ofA, ofC] },
    ]);
    const scene = { generations: staged, owner: published, ours: [ofA, ofC] };
    const waiting = next(facts(pair(C), scene));
    expect(waiting).toMatchObject({ kind: 'wait' });
    const early = next(facts(pair(C), { ...scene, service: seen(NOW, { '192.0.2.1': C }) }));
    expect(early).toMatchObject({ kind: 'blocked', person: true });
    expect(early.kind === 'blocked' && early.reasons[0]?.rule).toBe('own-files');
  });

  it('does not keep holger from publishing the record that its clients need at once', () => {
    const staged = [...known, of(2, 'issued', C)];
    const early = facts(pair(C), { generations: staged, service: seen(NOW, { '192.0.2.1': C }) });
    expect(next(early)).toMatchObject({ step: { kind: 'publish' } });
  });

  it('is told apart from one that presents what holger has deployed', () => {
    const rolled = [of(1, 'retired', A), of(2, 'live', C)];
    const calm = facts(pair(C), {
      generations: rolled,
      service: seen(NOW, { '192.0.2.1': C }),
      ours: [ofA],
    });
    expect(JSON.stringify(next(calm))).not.toContain('own-files');
  });
});
