// Owners that others use too (docs/laws.md, rule 18).
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import type { OwnerHistory, Version } from '../../src/rollover/record/owner-history.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { planRemovals } from '../../src/rollover/plan/records/removals.ts';
import {
  A,
  B,
  HOST,
  NOW,
  OWNER,
  SERVICE,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';
import type { Scene } from './world.ts';

const STRANGER = chain('stranger', { ca: 'elsewhere' });
const both = intent({ records: ['3 1 1', '2 1 1'] });
const alone = { ...both, services: [{ ...SERVICE, ownerIsOurs: true as const }] };

function scene(records: readonly RdataHex[], rest: Partial<Scene> = {}) {
  const owner = swept(undefined, NOW, [{ records }]);
  const generations = [generation(1, 'live', A)];
  return factsOf({ owner, service: seen(NOW, { '1': A }), generations, ...rest });
}

describe('beside a record that is not ours and that no chain seen here matches', () => {
  const theirs = record('3 1 1', STRANGER);
  const stand = [record('3 1 1', A), theirs];
  const ours = [record('3 1 1', A)];

  it('another installation whose certificate comes from another CA: no 2 1 1 is introduced, and the rollover ends', () => {
    const facts = scene(stand, { ours });
    expect(planAdditions(new OwnerView(OWNER, both, facts, NOW), undefined).edit).toBeUndefined();
    expect(plan(both, facts, Infinity, NOW)).toMatchObject({
      kind: 'done',
      reasons: [{ rule: 'strangers-may-need-it' }],
    });
  });
  it('our next key gets its record, within the combination that is published there', () => {
    const { edit } = planAdditions(new OwnerView(OWNER, both, scene(stand, { ours }), NOW), B);
    expect(edit?.add).toEqual([record('3 1 1', B)]);
  });
  it('the 2 1 1 of a former CA stays, the 3 1 1 of our old key is withdrawn', () => {
    const left = chain('A', { ca: 'left' });
    const old = [record('3 1 1', B), record('2 1 1', left)];
    const all = [...stand, ...old, record('2 1 1', A)];
    const facts = scene(all, { ours: all.filter((rdata) => rdata !== theirs) });
    expect(planRemovals(new OwnerView(OWNER, both, facts, NOW), undefined).edit?.remove).toEqual([
      record('3 1 1', B),
    ]);
    const known = scene(all, { ours: all });
    expect(
      planRemovals(new OwnerView(OWNER, both, known, NOW), undefined).edit?.remove,
    ).toHaveLength(3);
  });
  it('unless the operator says that the owner is ours', () => {
    const { edit } = planAdditions(
      new OwnerView(OWNER, alone, scene(stand, { ours }), NOW),
      undefined,
    );
    expect(edit?.add).toEqual([record('2 1 1', A)]);
  });
  it('a record of the chain that is served does not count as foreign', () => {
    const facts = scene([record('3 1 1', A)]);
    const { edit } = planAdditions(new OwnerView(OWNER, both, facts, NOW), undefined);
    expect(edit?.add).toEqual([record('2 1 1', A)]);
  });
});

describe('at the canonical name of a CNAME, beside a record of the CA that is not ours', () => {
  const target = fqdn('shared.example.net');
  const records = [record('2 1 1', A)];
  const at = (place: typeof target, ours: readonly RdataHex[] = []) => {
    const owner = { ...swept(undefined, NOW, [{ records }]), target: place, ours };
    return new OwnerView(OWNER, both, scene(records, { owner, ours }), NOW);
  };

  it('no 3 1 1 is introduced: another host with this CNAME has a certificate of the same CA', () => {
    expect(planAdditions(at(target), undefined)).toMatchObject({
      reasons: [{ rule: 'strangers-may-need-it' }],
      resting: true,
    });
    expect(planAdditions(at(target), undefined).edit).toBeUndefined();
  });
  it('except where holger wrote it, or the owner is not a CNAME', () => {
    expect(planAdditions(at(target, records), undefined).edit?.add).toEqual([record('3 1 1', A)]);
    expect(planAdditions(at(OWNER), undefined).edit?.add).toEqual([record('3 1 1', A)]);
  });
});

describe('the first records at the canonical name of a CNAME', () => {
  const target = fqdn('shared.example.net');
  const empty = { ...swept(undefined, NOW, [{ records: [] }]), target };

  it('need the permission of the operator', () => {
    const facts = scene([], { owner: empty });
    expect(plan(both, facts, Infinity, NOW)).toMatchObject({
      kind: 'blocked',
      person: true,
      reasons: [{ rule: 'first-at-alias' }],
    });
    expect(plan(alone, facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('2 1 1', A), record('3 1 1', A)] } },
    });
  });
});

describe('two hosts of one certificate, whose owners lead to one RRset', () => {
  const target = fqdn('_dane.example.org');
  const mx2 = {
    ...SERVICE,
    id: 'smtp://mx2.example.org:25',
    owner: fqdn('_25._tcp.mx2.example.org'),
  };
  const hosts = intent({}, { services: [SERVICE, mx2] });
  const old = chain('of mx2', { names: ['mx2.example.org'] });

  function shared(
    records: readonly RdataHex[],
    place = target,
    seenHereAlone: readonly Version[] = [],
  ) {
    const history: OwnerHistory = {
      ...swept(undefined, NOW, [{ records }]),
      target,
      ours: records,
    };
    const generations = [generation(1, 'live', A)];
    const facts = factsOf({ owner: history, service: seen(NOW, { '1': A }), generations });
    return {
      ...facts,
      owners: {
        [OWNER]: { ...history, versions: [...seenHereAlone, ...history.versions] },
        [mx2.owner]: { ...history, owner: mx2.owner, target: place },
      },
      services: { ...facts.services, [mx2.id]: { ...seen(NOW, { '2': old }), id: mx2.id } },
    };
  }

  it('what only the other one presents keeps its record', () => {
    const records = [record('3 1 1', A), record('3 1 1', old)];
    expect(
      planRemovals(new OwnerView(OWNER, hosts, shared(records), NOW), undefined).edit,
    ).toBeUndefined();
    const apart = shared(records, mx2.owner);
    expect(planRemovals(new OwnerView(OWNER, hosts, apart, NOW), undefined).edit?.remove).toEqual([
      record('3 1 1', old),
    ]);
  });
  it('nothing is introduced that the other one does not match', () => {
    const { edit } = planAdditions(
      new OwnerView(OWNER, hosts, shared([record('3 0 1', old)]), NOW),
      undefined,
    );
    expect(edit).toBeUndefined();
  });
  it('what was seen of it under one name alone is cached by the clients of the other one too', () => {
    const next = chain('next', { names: [HOST, 'mx2.example.org'] });
    const records = [record('3 1 1', A), record('3 1 1', old), record('3 1 1', next)];
    expect(deployability(next, new Situation(hosts, shared(records), NOW))).toMatchObject({
      allowed: true,
    });
    const gone: Version = {
      ...{ key: 'of mx2 alone', content: [record('3 1 1', old)], ttl: 60, unknown: false },
      ...{ seenAt: NOW - 20, endedAt: NOW - 10 },
    };
    const verdict = deployability(next, new Situation(hosts, shared(records, target, [gone]), NOW));
    expect(verdict).toMatchObject({ allowed: false, person: false, until: NOW - 10 + 125 });
  });
});
