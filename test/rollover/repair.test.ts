import { describe, expect, it } from 'vitest';
import { visitPause } from '../../src/rollover/attempts.ts';
import { brokenServices } from '../../src/rollover/plan/deploy/broken-services.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Generation } from '../../src/rollover/model.ts';
import type { TargetMemory } from '../../src/rollover/targets.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { A, B, NOW, SERVICE, factsOf, generation, intent, record, seen, swept } from './world.ts';

const records = [record('3 1 1', A), record('3 1 1', B)];
const targets = [{ id: 'one', label: 'files /one' }];
const wanted = intent({}, { targets });

function facts(
  live: Generation,
  memory: Partial<TargetMemory>,
  met: Parameters<typeof seen>[1],
): Facts {
  const owner = swept(undefined, NOW - 9000, [{ records }]);
  const scene = { owner, service: seen(NOW, met), ours: records, generations: [live] };
  const all = factsOf(scene);
  const known = { one: { label: 'files /one', ...memory } };
  return { ...all, lineage: { ...all.lineage, targets: known } };
}

describe('K2: rule 27: the files at a target are repaired, though nothing is due', () => {
  const live = generation(1, 'live', A);
  const repaired = { step: { kind: 'repair', generation: 1, targets: ['one'] } };
  it.each([
    ['a file is gone', { took: 1, differs: ['/one is missing'] }],
    ['it is a new target, or a changed one', {}],
    ['it holds another generation', { took: 2 }],
  ])('%s', (_story, memory) => {
    expect(plan(wanted, facts(live, memory, { '1': A }), Infinity, NOW)).toMatchObject(repaired);
  });
  it('K4: rule 29: no deployment that a target did not take goes on, once the CA recalled it', () => {
    const { deployedAt: _never, provenAt: _neither, ...begun } = live;
    const failed = { failure: { because: 'no space', person: false, since: NOW - 200 } };
    const recalled = { ...begun, recalledAt: NOW - 100 };
    const again = (one: Generation): ReturnType<typeof plan> =>
      plan(wanted, facts(one, failed, { '1': B }), Infinity, NOW);
    expect(again(begun)).toMatchObject({ step: { kind: 'deploy' } });
    expect(again(recalled)).toMatchObject({ kind: 'blocked', person: false });
  });
  it('K4: rule 29: not at a target that never had it, once the CA recalled it', () => {
    const recalled = { ...live, recalledAt: NOW - 100 };
    const staged = generation(2, 'issued', B);
    const others = { generations: [recalled, staged] };
    const withStaged = (memory: Partial<TargetMemory>): Facts => {
      const all = facts(recalled, memory, { '1': A });
      return { ...all, lineage: { ...all.lineage, ...others } };
    };
    const never = plan(wanted, withStaged({}), Infinity, NOW);
    expect(never).not.toMatchObject(repaired);
    const lost = plan(wanted, withStaged({ took: 1, differs: ['gone'] }), Infinity, NOW);
    expect(lost).toMatchObject(repaired);
  });
  it('not twice within a pause, and with its failure reported', () => {
    const failure = { because: 'no space', person: false, since: NOW - 200 };
    const memory = {
      took: 1,
      differs: ['/one is missing'],
      failure,
      attempts: { count: 2, last: NOW - 100 },
    };
    const onlyA = swept(undefined, NOW - 9000, [{ records: [record('3 1 1', A)] }]);
    const paused = { ...facts(live, memory, { '1': A }), owners: { [SERVICE.owner]: onlyA } };
    expect(plan(wanted, paused, Infinity, NOW)).toMatchObject({ kind: 'blocked', person: false });
    expect(plan(wanted, facts(live, memory, { '1': A }), Infinity, NOW + 20)).toMatchObject(
      repaired,
    );
  });
  it('after half an hour at the latest, after any number of failures', () => {
    const memory = {
      ...{ took: 1, differs: ['/one is missing'] },
      attempts: { count: 20, last: NOW - 1800 },
    };
    expect(plan(wanted, facts(live, memory, { '1': A }), Infinity, NOW)).toMatchObject(repaired);
  });
  it.each([
    ['repair', { took: 1, differs: ['/one is missing'] }],
    ['reload', { took: 1 }],
  ])('never against the law of deploying: no %s', (kind, memory) => {
    const owner = swept(undefined, NOW, [{ records: [record('3 1 1', B)] }]);
    const all = facts(live, memory, { '1': B });
    const next = plan(wanted, { ...all, owners: { [SERVICE.owner]: owner } }, Infinity, NOW);
    expect(next).not.toMatchObject({ step: { kind } });
  });
  it('waits for caches until the law allows it, and is not checked for hours', () => {
    const onlyB = swept(undefined, NOW - 9000, [{ records: [record('3 1 1', B)] }]);
    const owner = swept(onlyB, NOW - 60, [{ records }]);
    const all = facts(live, { took: 1, differs: ['/one is of another one'] }, { '1': A });
    const overwritten = { ...all, placed: [B], owners: { [SERVICE.owner]: owner } };
    const next = plan(wanted, overwritten, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'wait', known: true });
    expect('until' in next ? next.until : 0).toBeGreaterThan(NOW + 60);
  });
  it('a service is not reloaded for files that another person put at its target', () => {
    const attempts = { count: 3, last: NOW - 10 };
    const differs = ['/one is of another certificate'];
    const other = facts(live, { took: 1, differs, attempts }, { '1': B });
    expect(plan(wanted, other, Infinity, NOW)).not.toMatchObject({ kind: 'step' });
  });
  it('a service that presents something else is reloaded again', () => {
    const other = facts(live, { took: 1 }, { '1': B });
    expect(plan(wanted, other, Infinity, NOW)).toMatchObject({ step: { kind: 'reload' } });
  });
  it('but not while one of its endpoints fails since its reload: another reload does not help', () => {
    const told = { placedAt: NOW - 60, presentedBefore: [`${SERVICE.id} at 1`] };
    const before = seen(NOW - 90, { '1': A, '2': B });
    const service = [30, 0].reduce(
      (known, ago) => seen(NOW - ago, { '1': 'silent', '2': B }, known),
      before,
    );
    const all = facts({ ...live, ...told }, { took: 1 }, {});
    const next = plan(wanted, { ...all, services: { [SERVICE.id]: service } }, Infinity, NOW);
    expect(next).not.toMatchObject({ kind: 'step' });
    const reasons = 'reasons' in next ? next.reasons : [];
    expect(reasons).toContainEqual(
      expect.objectContaining({ rule: 'service-works', needs: 'person' }),
    );
  });
});

describe('K3: a service that worked before a deployment and fails after it', () => {
  const { provenAt: _not, ...deployed } = generation(2, 'live', B, {
    ...{ deployBegunAt: NOW - 60, placedAt: NOW - 60, deployedAt: NOW - 59 },
    presentedBefore: [`${SERVICE.id} at 1`],
  });
  it('needs a person at once, and the way back is named', () => {
    const before = seen(NOW - 90, { '1': A });
    const service = seen(NOW, { '1': 'silent' }, seen(NOW - 30, { '1': 'silent' }, before));
    const all = facts(deployed, { took: 2 }, {});
    const older = generation(1, 'live', A);
    const lineage = { ...all.lineage, generations: [older, deployed] };
    const next = plan(
      wanted,
      { ...all, lineage, services: { [SERVICE.id]: service } },
      Infinity,
      NOW,
    );
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    expect(JSON.stringify(next)).toContain('holger rollback mail');
  });
  /** What is reported of a service that presented A 90 s ago, and was then observed like this. */
  const broken = (
    live: Generation,
    ...met: readonly (readonly [number, 'silent' | 'no-tls'])[]
  ): readonly string[] => {
    const service = met.reduce(
      (known, [ago, what]) => seen(NOW - ago, { '1': what }, known),
      seen(NOW - 90, { '1': A }),
    );
    const all = facts(live, { took: 2 }, {});
    const reasons = brokenServices(
      live,
      wanted,
      { ...all, services: { [SERVICE.id]: service } },
      NOW,
    );
    return reasons.map(({ rule }) => rule);
  };
  it('is broken too where it offers no TLS any more', () => {
    expect(broken(deployed, [30, 'no-tls'], [0, 'no-tls'])).toEqual(['service-works']);
  });
  it('has some seconds for its restart', () => {
    expect(broken(deployed, [9, 'silent'], [0, 'silent'])).toEqual([]);
    expect(broken(deployed, [10, 'silent'], [0, 'silent'])).toEqual(['service-works']);
  });
  it('was not broken by the deployment where it did not work before', () => {
    const never = { ...deployed, presentedBefore: [] };
    expect(broken(never, [30, 'silent'], [0, 'silent'])).toEqual([]);
  });
});

describe('K43: what did not happen in its usual time needs a person', () => {
  it('a service that never presents the new chain, with the likely causes', () => {
    const { provenAt: _not, ...deployed } = generation(2, 'live', B, {
      ...{ deployedAt: NOW - 1000, reloads: { count: 3, last: NOW - 45 } },
    });
    const old = seen(NOW, { '1': A }, seen(NOW - 5000, { '1': A }));
    const all = facts(deployed, { took: 2 }, {});
    const next = plan(wanted, { ...all, services: { [SERVICE.id]: old } }, Infinity, NOW);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    expect(JSON.stringify(next)).toMatch(/postmap -F.*proxy/);
  });
});

describe('K10: visits to a service back off', () => {
  it('1, 1, 2, 4 … 60 seconds after its reload', () => {
    let at = 0;
    const pauses = Array.from({ length: 9 }, () => {
      const pause = visitPause(0, at);
      at += pause;
      return pause;
    });
    expect(pauses).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60]);
  });
});
