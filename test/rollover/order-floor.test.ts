// How soon after a successful order the next one may follow (docs/laws.md, rule 28).
import { describe, expect, it } from 'vitest';
import type { Generation, Intent, Lineage } from '../../src/rollover/model.ts';
import { orderFloor } from '../../src/rollover/plan/order/order-floor.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import { renewalTime } from '../../src/rollover/plan/order/renewal.ts';
import {
  DAY,
  HOUR,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

const ORDER = 'https://ca.example/order/1';

/** Issued `age` ago for `lifetime`, by an order of ours, live and proven. */
function issued(age: number, lifetime: number, changes: Partial<Generation> = {}): Generation {
  const at = NOW - age;
  const of = chain('A', { notBefore: at, notAfter: at + lifetime });
  const dates = { createdAt: at, issuedAt: at, deployBegunAt: at, deployedAt: at, provenAt: at };
  return generation(1, 'live', of, { ...dates, orderUrl: ORDER, ...changes });
}

function planned(
  one: Generation,
  wanted: Intent,
  more: { readonly dueAt?: number; readonly lineage?: Partial<Lineage> } = {},
): Plan {
  const of = one.chain ?? chain('A');
  const records = [record('3 1 1', of)];
  const scene = {
    generations: [one],
    owner: swept(undefined, NOW, [{ records }]),
    service: seen(NOW, { '1': of }),
    ours: records,
  };
  const facts = factsOf(scene);
  const lineage = { ...facts.lineage, ...more.lineage };
  return plan(wanted, { ...facts, lineage }, more.dueAt ?? Infinity, NOW);
}

const words = (of: Plan): string =>
  of.kind === 'step' ? '' : of.reasons.map(({ because }) => because).join('; ');

describe('the floor between two successful orders', () => {
  it.each([
    ['an hour for a lifetime of two hours', 2 * HOUR, HOUR],
    ['a tenth of 6 days', 6 * DAY, 0.6 * DAY],
    ['a tenth of 90 days', 90 * DAY, 9 * DAY],
    ['an hour for a certificate that expires before it begins', -DAY, HOUR],
  ])('K8: is %s', (_story, lifetime, after) => {
    const lineage = { name: 'mail', generations: [issued(60, lifetime)] } as unknown as Lineage;
    expect(orderFloor(intent(), lineage, NOW)).toBe(NOW - 60 + after);
  });

  it('K8: counts from the date of the certificate when the order was placed under a clock that was ahead', () => {
    const ahead = issued(2 * DAY, 90 * DAY, { issuedAt: NOW + 100 * DAY });
    const lineage = { generations: [ahead] } as unknown as Lineage;
    expect(orderFloor(intent(), lineage, NOW)).toBe(NOW + 7 * DAY);
  });
});

describe('a certificate that is due as soon as it is issued', () => {
  const six = issued(HOUR, 6 * DAY);

  it('K8: is ordered once, and the person is told lifetime, renew, ARI and clock', () => {
    const renewal = { certId: 'c', windowStart: 0, windowEnd: DAY, chosenAt: 9, nextLookAt: 0 };
    const wanted = intent({}, { renewBefore: 30 * DAY });
    const next = planned(six, wanted, { dueAt: 9, lineage: { renewal } });
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    expect(words(next)).toContain('lifetime 6d');
    expect(words(next)).toContain('renew = 30d, which counts as 3d');
    expect(words(next)).toContain('ARI window from 1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z');
    expect(words(next)).toContain('clock of this machine 2026-11-21T');
  });

  it('K8: is ordered again after the floor', () => {
    const later = issued(0.6 * DAY + 1, 6 * DAY);
    const next = planned(later, intent(), { dueAt: 9 });
    expect(next).toMatchObject({ step: { kind: 'create-key' } });
  });

  it('K8: is ordered again at once when the operator insists, or its key is compromised', () => {
    const again = { step: { kind: 'create-key' } };
    expect(planned(six, intent({}, { force: true }))).toMatchObject(again);
    expect(planned({ ...six, compromised: true }, intent())).toMatchObject(again);
  });

  it.each([
    ['does not begin another one while the staged one waits to be seen', 60, { kind: 'wait' }],
    ['orders when that needs a person', 2 * HOUR, { step: { kind: 'create-key' } }],
  ])('K8: --force %s', (_story, age, expected) => {
    const { provenAt: _not, ...unproven } = issued(age, 6 * DAY);
    const reloads = { count: 9, last: NOW - 45 };
    const before = chain('B');
    const records = [record('3 1 1', chain('A')), record('3 1 1', before)];
    const facts = factsOf({
      generations: [{ ...unproven, reloads }],
      owner: swept(undefined, NOW, [{ records }]),
      service: seen(NOW, { '1': before }, seen(NOW - DAY, { '1': before })),
      ours: records,
    });
    const next = plan(intent({}, { force: true }), facts, Infinity, NOW);
    expect(next).toMatchObject(expected);
    if (next.kind === 'wait') expect(words(next)).toContain('--force orders nothing while');
  });

  it('K8: is ordered again at once for other names, another CA or another kind of key', () => {
    const again = { step: { kind: 'create-key' } };
    const domains = ['mx.example.org', 'mail.example.org'];
    expect(planned(six, intent({}, { domains }))).toMatchObject(again);
    expect(planned(six, intent({}, { directory: 'https://other.example/' }))).toMatchObject(again);
    expect(planned(six, intent({}, { keyType: 'rsa-2048' }))).toMatchObject(again);
  });

  it('K8: is not ordered again for names in another order', () => {
    const domains = ['b.example.org', 'mx.example.org'];
    const two = { ...six, domains: [...domains].reverse() };
    expect(planned(two, intent({}, { domains }))).toMatchObject({ kind: 'done' });
  });

  it('K8: does not roll its key more often than that', () => {
    const wanted = intent({}, { rotateKeyEvery: 60, strategy: 'reuse-key' });
    const next = planned({ ...six, keyMadeAt: NOW - DAY }, wanted);
    expect(next).toMatchObject({ kind: 'done', until: NOW - HOUR + 0.6 * DAY });
  });

  it('K8: is ordered once when it is staged and has expired already, or is valid in a month only', () => {
    const expired = chain('B', { notBefore: NOW - 9 * DAY, notAfter: NOW - 3 * DAY });
    const future = chain('B', { notBefore: NOW + 30 * DAY, notAfter: NOW + 120 * DAY });
    for (const of of [expired, future]) {
      const staged = generation(1, 'issued', of, { issuedAt: NOW - 60, orderUrl: ORDER });
      expect(planned(staged, intent())).toMatchObject({ kind: 'blocked', person: true });
      const old = { ...staged, issuedAt: NOW - 10 * DAY };
      expect(planned(old, intent())).toMatchObject({ step: { kind: 'create-key', sameKeyAs: 1 } });
    }
  });

  it('K8: is ordered once when the certificate that came cannot be used', () => {
    const { chain: _none, ...key } = generation(1, 'key', chain('B'));
    const wrong = { at: NOW - 60, lifetime: 90 * DAY, because: 'it lacks mx.example.org' };
    const next = planned({ ...key, wrong }, intent());
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    expect(words(next)).toContain('it lacks mx.example.org');
    const obtain = { step: { kind: 'obtain', generation: 1 } };
    expect(planned({ ...key, wrong }, intent({}, { force: true }))).toMatchObject(obtain);
    const old = { ...wrong, at: NOW - 10 * DAY };
    expect(planned({ ...key, wrong: old }, intent())).toMatchObject(obtain);
  });
});

describe('renew', () => {
  it('K8: that is longer than half of the lifetime counts for half, and the plan says so', () => {
    const wanted = intent({}, { renewBefore: 30 * DAY });
    const six = issued(HOUR, 6 * DAY);
    const leaf = six.chain?.certificates[0];
    if (leaf === undefined) throw new Error('no leaf');
    const wishes = { memory: undefined, renewBefore: 30 * DAY, lastWait: 0, chance: 0 };
    const dueAt = renewalTime(leaf, wishes).candidates[0].due;
    const next = planned(six, wanted, { dueAt });
    expect(next).toMatchObject({ kind: 'done', until: NOW - HOUR + 3 * DAY });
    expect(words(next)).toContain('renew = 30d is more than half of the lifetime (6d)');
  });
});
