// A deployment that some targets took and others fail, where the operator wants all or none
// (rollback_after).
import { describe, expect, it } from 'vitest';
import { shiftLineage } from '../../src/rollover/record/clock-step.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import { generationBefore } from '../../src/rollover/plan/order/generation-before.ts';
import type { Generation, Intent, Lineage } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import {
  A,
  B,
  DAY,
  HOUR,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  ofB,
  record,
  seen,
  swept,
} from './world.ts';

const { provenAt: _never, deployedAt: _nor, ...halfway } = generation(2, 'live', B);
const because = 'files mx2: no space left';
const failing = (changes: Partial<Generation> = {}): Generation => ({
  ...halfway,
  deployFailing: { since: NOW - 6 * HOUR, last: NOW, because },
  ...changes,
});
const wanted = (changes: Partial<Intent> = {}): Intent =>
  intent({ rollbackAfter: 6 * HOUR }, changes);

function scene(
  generations: readonly Generation[] = [generation(1, 'live', A), failing()],
  records = [ofA, ofB],
): Facts {
  return factsOf({
    owner: swept(undefined, NOW, [{ records }]),
    ours: records,
    service: seen(NOW, { '1': B, '2': A }),
    generations,
  });
}
const decided = (facts: Facts, of = wanted(), renewAt = Infinity): Plan =>
  plan(of, facts, renewAt, NOW);
const said = (next: Plan): string => next.reasons.map((reason) => reason.because).join(' ');
const again = { kind: 'step', step: { kind: 'deploy', generation: 2 } };

describe('a deployment that fails at one target', () => {
  it('is rolled back to the previous generation when it has failed for long enough', () => {
    expect(decided(scene())).toMatchObject({
      step: { kind: 'roll-back', generation: 3, to: 1, from: 2 },
    });
  });
  it('is tried again, any number of times, where rollback_after is not set', () => {
    expect(decided(scene(), intent())).toEqual({ ...again, reasons: [] });
  });
  it('is tried again until the time is over, and says so', () => {
    const early = failing({ deployFailing: { since: NOW - 5 * HOUR, last: NOW, because } });
    const next = decided(scene([generation(1, 'live', A), early]));
    expect(next).toMatchObject({ ...again, reasons: [{ until: NOW + HOUR }] });
    expect(said(next)).toContain('all targets go back to generation 1 if this still fails after');
  });
  it('counts from attempt to attempt: time without attempts does not count', () => {
    const once = failing({ deployFailing: { since: NOW - DAY, last: NOW - DAY, because } });
    expect(decided(scene([generation(1, 'live', A), once]))).toMatchObject(again);
  });
  it('begun and interrupted, but failed nowhere, is begun again', () => {
    const { deployFailing: _none, ...brokenOff } = failing();
    expect(decided(scene([generation(1, 'live', A), brokenOff]))).toEqual({
      ...again,
      reasons: [],
    });
  });
  it('continues, and is not rolled back, once the next renewal is due', () => {
    expect(decided(scene(), wanted(), NOW)).toMatchObject({ step: { kind: 'create-key' } });
  });
});

describe('there is no rollback', () => {
  it('to a chain that a cached version rejects: law 2 decides first', () => {
    const next = decided(scene(undefined, [ofB]));
    expect(next.kind === 'step' && next.step.kind).not.toBe('roll-back');
    expect(said(next)).toContain('generation 1 may not be deployed now: the RRset without');
  });
  it.each<[string, Partial<Generation>, string]>([
    ['compromised', { compromised: true }, 'no previous generation is proven'],
    ['never proven', { provenAt: undefined as never }, 'no previous generation is proven'],
    [
      'expired',
      { chain: chain('A', { notAfter: NOW - 1 }) },
      'no previous generation is proven, valid',
    ],
    [
      'about to expire',
      { chain: chain('A', { notAfter: NOW + 12 * HOUR }) },
      'generation 1 expires too soon',
    ],
    [
      'for other names',
      { chain: chain('A', { names: ['old.example.org'] }) },
      'lacks the name mx.example.org',
    ],
  ])('to a generation that is %s', (_what, changes, words) => {
    const before = Object.fromEntries(
      Object.entries({ ...generation(1, 'live', A), ...changes }).filter(
        ([, value]) => value !== undefined,
      ),
    ) as unknown as Generation;
    const next = decided(scene([before, failing()]));
    expect(next).toMatchObject(again);
    expect(said(next)).toContain(words);
  });
  it('while a compromised key is replaced', () => {
    const facts = scene([generation(1, 'live', A), failing()]);
    const orders = { emergency: { since: NOW - DAY, records: 'keep' as const } };
    const next = decided({ ...facts, lineage: { ...facts.lineage, orders } });
    expect(next).toMatchObject(again);
    expect(said(next)).toContain('compromised');
  });
});

describe('a restored generation', () => {
  const insteadOf = { generation: 2, because };
  const back = { ...generation(3, 'live', A), rollbackOf: 1, insteadOf };

  it('stays, and is not rolled back itself when it fails too', () => {
    const { provenAt: _one, deployedAt: _two, ...third } = back;
    const stuck = { ...third, deployFailing: { since: NOW - DAY, last: NOW, because } };
    const next = decided(scene([generation(1, 'live', A), failing(), stuck]));
    expect(next).toMatchObject({ step: { kind: 'deploy', generation: 3 } });
  });
  it('is reported as long as it is live', () => {
    const retired = [generation(1, 'retired', A), { ...failing(), state: 'retired' as const }];
    const facts = { ...scene([...retired, back], [ofA]), services: {} };
    const service = seen(NOW, { '1': A, '2': A });
    const next = decided({ ...facts, services: { [service.id]: service } });
    expect(next).toMatchObject({ kind: 'done' });
    expect(said(next)).toContain('generation 2 could not be deployed everywhere (files mx2');
    expect(next.reasons[0]?.hint).toContain('holger run --force');
  });
  it('is not restored with every renewal: once, until it is proven', () => {
    const { provenAt: _one, deployedAt: _two, ...third } = back;
    const C = chain('C');
    const fourth = { ...failing(), number: 4, chain: C };
    const records = [ofA, ofB, record('3 1 1', C)];
    const before = [generation(1, 'live', A), failing()];
    const next = decided(scene([...before, third, fourth], records));
    expect(next).toMatchObject({ step: { kind: 'deploy', generation: 4 } });
    expect(said(next)).toContain('generation 1 was deployed again once already');
    const proven = decided(scene([...before, back, fourth], records));
    expect(proven).toMatchObject({ step: { kind: 'roll-back', to: 3, from: 4 } });
  });
});

it('the operator rolls back to the one before a deployment that is not proven', () => {
  const older = chain('older');
  const generations = [
    generation(1, 'retired', older),
    generation(2, 'live', A),
    { ...failing(), number: 3 },
  ];
  const lineage: Lineage = { ...scene().lineage, generations };
  expect(generationBefore(lineage, NOW)?.number).toBe(2);
});

it('a clock that is set in between changes no time', () => {
  const { lineage } = scene();
  expect(shiftLineage(lineage, DAY).generations[1]?.deployFailing).toEqual({
    since: NOW + DAY - 6 * HOUR,
    last: NOW + DAY,
    because,
  });
});
