// What allows a plan to become an act, and what a run may spend on one certificate.
import { describe, expect, it } from 'vitest';
import {
  conflictPause,
  hasSteps,
  isWorthStaying,
  newBudget,
  withConflict,
  withLateness,
  withStep,
  withoutStep,
} from '../../src/engine/budget.ts';
import type { Budget } from '../../src/engine/budget.ts';
import {
  beginsOrder,
  isOrderOrDeployment,
  isOrdering,
  isStillPlanned,
  touchesTheWorld,
} from '../../src/engine/gates.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { step } from '../../src/rollover/decision.ts';
import type { Edit, Step } from '../../src/rollover/decision.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { A, NOW, OWNER, generation, intent, ofA, ofB } from '../rollover/world.ts';
import { fakeWorld } from '../support/fakes.ts';

const EDIT: Edit = {
  ...{ owner: OWNER, add: [ofB], remove: [], ttl: 60, expect: [ofA], expectTtl: 60 },
};
const PUBLISH: Step = { kind: 'publish', edit: EDIT };
const OBTAIN: Step = { kind: 'obtain', generation: 2 };

const { chain: _none, ...key } = generation(2, 'key', A);
const holding = (...generations: Generation[]) => ({ ...newLineage('mail'), generations });

describe('the sweep just before an act', () => {
  it('allows the same step, also when its reasons have changed', () => {
    const again = step({ kind: 'publish', edit: { ...EDIT } }, [
      { rule: 'any', because: 'another one' } as never,
    ]);
    expect(isStillPlanned(PUBLISH, again)).toBe(true);
  });

  it.each<[string, Partial<Edit>]>([
    ['the RRset has other records', { expect: [ofB] }],
    ['the RRset has another TTL', { expectTtl: 61 }],
    ['other records are added', { add: [] }],
    ['the owner is another one', { owner: OWNER.replace('mx', 'mx2') as typeof OWNER }],
  ])('stops an edit when %s', (_what, changes) => {
    const again = step({ kind: 'publish', edit: { ...EDIT, ...changes } });
    expect(isStillPlanned(PUBLISH, again)).toBe(false);
  });

  it('stops a step that the law does not allow any more', () => {
    const wait = { kind: 'wait', until: NOW + 60, known: true, reasons: [] } as const;
    expect(isStillPlanned({ kind: 'deploy', generation: 2 }, wait)).toBe(false);
    expect(
      isStillPlanned({ kind: 'deploy', generation: 2 }, step({ kind: 'reload', generation: 2 })),
    ).toBe(false);
  });

  it('is made before everything that clients see', () => {
    expect(touchesTheWorld(PUBLISH)).toBe(true);
    expect(touchesTheWorld({ kind: 'deploy', generation: 2 })).toBe(true);
    expect(touchesTheWorld({ kind: 'reload', generation: 2 })).toBe(true);
    expect(touchesTheWorld({ kind: 'repair', generation: 2, targets: [], labels: [] })).toBe(true);
    expect(touchesTheWorld(OBTAIN)).toBe(false);
    expect(touchesTheWorld({ kind: 'create-key', generation: 2 })).toBe(false);
  });
});

describe('the commands of the operator', () => {
  const targets = { targets: [], labels: [] };
  const EITHER: readonly Step[] = [
    { kind: 'create-key', generation: 2 },
    OBTAIN,
    ...(['deploy', 'reload'] as const).map((kind): Step => ({ kind, generation: 2 })),
    { kind: 'repair', generation: 2, ...targets },
  ];
  const NEITHER: readonly Step[] = [
    PUBLISH,
    { kind: 'create-key', generation: 2, ahead: true },
    { kind: 'take', generation: 2, chain: 'a' },
    { kind: 'roll-back', generation: 3, to: 1, from: 2 },
    { kind: 'prove', generation: 2 },
  ];

  it('are around what orders or deploys, and nothing else', () => {
    expect(EITHER.filter((one) => !isOrderOrDeployment(one))).toEqual([]);
    expect(NEITHER.filter(isOrderOrDeployment)).toEqual([]);
  });
});

describe('whether the zones can be written is checked', () => {
  it('before a key for an order and before the order, not for a key that is made ahead', () => {
    const lineage = holding(generation(1, 'live', A), key);
    expect(beginsOrder(step({ kind: 'create-key', generation: 2 }), lineage)).toBe(true);
    expect(beginsOrder(step({ kind: 'create-key', generation: 2, ahead: true }), lineage)).toBe(
      false,
    );
    expect(beginsOrder(step(OBTAIN), lineage)).toBe(true);
  });

  it('not again while the order is under way', () => {
    const ordered = holding({ ...key, orderUrl: 'https://ca.example/order/1' });
    expect(beginsOrder(step(OBTAIN), ordered)).toBe(false);
    expect(isOrdering(OBTAIN, ordered)).toBe(true);
    const refused = holding({ ...key, orderUrl: 'https://ca.example/order/1', keyRefused: true });
    expect(isOrdering(OBTAIN, refused)).toBe(false);
  });
});

describe('the budget of a run', () => {
  const steps = (count: number): Budget =>
    Array.from({ length: count }).reduce<Budget>(withStep, newBudget(NOW));

  it('ends a planner that repeats itself; an act that only waits costs nothing', () => {
    expect(hasSteps(steps(199))).toBe(true);
    expect(hasSteps(steps(200))).toBe(false);
    expect(hasSteps(withoutStep(steps(200)))).toBe(true);
  });

  it('allows another writer to be faster four times, after pauses that double', () => {
    let budget: Budget | undefined = newBudget(NOW);
    const pauses: number[] = [];
    while ((budget = withConflict(budget)) !== undefined) pauses.push(conflictPause(budget));
    expect(pauses).toEqual([0.5, 1, 2, 4]);
  });

  it('lasts longer by the time that other certificates took', () => {
    const { patience } = newBudget(NOW);
    expect(withLateness(newBudget(NOW), NOW + 5, NOW + 25).patience).toBe(patience + 20);
    expect(withLateness(newBudget(NOW), NOW + 5, NOW + 4).patience).toBe(patience);
  });

  it('stays for a deployment that is to be proven, not for an idle certificate', async () => {
    const memory = await Memory.load(fakeWorld(), intent());
    const stays = (until: number) => isWorthStaying(newBudget(NOW), until, memory, NOW);
    expect(stays(NOW + 5)).toBe(false);
    const { provenAt: _no, ...unproven } = generation(1, 'live', A, { deployedAt: NOW - 1 });
    await memory.saveLineage(holding(unproven));
    expect(stays(NOW + 5)).toBe(true);
    expect(stays(NOW + 61)).toBe(false);
    await memory.saveLineage(holding(generation(1, 'live', A)));
    expect(stays(NOW + 5)).toBe(false);
  });
});
