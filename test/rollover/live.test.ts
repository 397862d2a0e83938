// Which chains may be live (docs/laws.md, rules 14 to 16).
import { describe, expect, it } from 'vitest';
import { rdataSet } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import { liveAt } from '../../src/rollover/law/facts.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { planRemovals } from '../../src/rollover/plan/records/removals.ts';
import { proof } from '../../src/rollover/plan/deploy/proof.ts';
import {
  forgetEndpoint,
  newServiceHistory,
  recordLooks,
} from '../../src/rollover/record/service-history.ts';
import {
  A,
  B,
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

const absent = swept(undefined, NOW, [{ records: [] }]);

function live(scene: Omit<Scene, 'owner'>): string[][] {
  return liveAt(OWNER, intent(), factsOf({ owner: absent, ...scene })).map(({ live: items }) =>
    items.map((item) => (item === 'no-tls' ? item : item.id)).sort(),
  );
}

it('what was known of an address with forget counts again when it answers', () => {
  const forgotten = forgetEndpoint(seen(NOW, { '1': A }), '1');
  const silent = recordLooks(forgotten, [{ address: '1', met: [] }], 30, NOW + 100);
  expect(silent.endpoints).toEqual({});
  const back = seen(NOW + 200, { '1': B }, silent);
  expect(live({ service: back })).toEqual([['A', 'B']]);
  expect(back).not.toHaveProperty('setAside');
});

describe('rule 14: a chain is no longer live only when handshakes over settle did not show it', () => {
  it('two processes behind one address, one still with the old key', () => {
    const first = seen(NOW, { '1': A });
    const lucky = seen(NOW + 100, { '1': B }, first);
    expect(live({ service: lucky })).toEqual([['A', 'B']]);
    const soon = seen(NOW + 130, { '1': B }, lucky);
    expect(live({ service: soon })).toEqual([['A', 'B']]);
    const again = seen(NOW + 131, { '1': A }, soon);
    const later = seen(NOW + 170, { '1': B }, again);
    expect(live({ service: later })).toEqual([['A', 'B']]);
    expect(live({ service: seen(NOW + 230, { '1': B }, later) })).toEqual([['B']]);
  });
  it('a handshake with the other algorithm does not count', () => {
    const rsa = [{ address: '1', met: [{ algorithm: 'rsa' as const, chain: B }] }];
    const looks = recordLooks(seen(NOW, { '1': A }), rsa, 0, NOW + 999);
    expect(live({ service: looks })).toEqual([['A', 'B']]);
  });
  it('nor does one whose further handshakes failed', () => {
    const met = [{ algorithm: 'ecdsa' as const, chain: B }];
    const unsure = [{ address: '1', met, unsure: ['ecdsa' as const] }];
    const first = recordLooks(seen(NOW, { '1': A }), unsure, 0, NOW + 99);
    expect(live({ service: recordLooks(first, unsure, 0, NOW + 999) })).toEqual([['A', 'B']]);
  });
  it('an address that is silent counts as presenting what it presented last', () => {
    expect(live({ service: seen(NOW + 999, { '1': 'silent' }, seen(NOW, { '1': A })) })).toEqual([
      ['A'],
    ]);
  });
});

describe('rule 15: a chain is live while it is in files that the service would load', () => {
  const service = seen(NOW, { '1': A });
  it('the reload failed, the next reboot loads B', () => {
    expect(live({ service, placed: [B] })).toEqual([['A', 'B']]);
  });
  it('from the moment at which its placement began', () => {
    const begun = { ...generation(2, 'live', B), deployedAt: NOW, deployBegunAt: NOW };
    const { provenAt: _none, ...unproven } = begun;
    expect(live({ service, generations: [generation(1, 'live', A), unproven] })).toEqual([
      ['A', 'B'],
    ]);
  });
  it('so the record of A is not withdrawn while only files are replaced, nor that of B', () => {
    const records = rdataSet([record('3 1 1', A), record('3 1 1', B)]);
    const owner = swept(undefined, NOW, [{ records }]);
    const facts = factsOf({
      owner,
      ours: records,
      service: seen(NOW, { '1': B }),
      placed: [A],
      generations: [generation(1, 'retired', A), generation(2, 'live', B)],
    });
    expect(
      planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined).edit,
    ).toBeUndefined();
  });
});

describe('rule 16: an endpoint never seen is unknown', () => {
  const service = seen(NOW, { '1': A, '2': 'silent' });
  const generations = [generation(1, 'live', A), generation(2, 'issued', B)];

  it('no deployment to it', () => {
    const facts = factsOf({ owner: absent, service, generations });
    const verdict = deployability(B, new Situation(intent(), facts, NOW));
    expect(verdict.allowed).toBe(false);
    expect(verdict.reasons[0]?.rule).toBe('endpoint-is-known');
  });
  it('only additions within combinations that are present', () => {
    const first = factsOf({ owner: absent, service, generations });
    expect(planAdditions(new OwnerView(OWNER, intent(), first, NOW), B).edit).toBeUndefined();
    const records = [record('3 1 1', A)];
    const owner = swept(undefined, NOW, [{ records }]);
    const more = factsOf({ owner, service, generations });
    const policy = intent({ records: ['3 1 1', '3 0 1'] });
    expect(planAdditions(new OwnerView(OWNER, policy, more, NOW), B).edit?.add).toEqual([
      record('3 1 1', B),
    ]);
  });
  it.each([
    ['in this run', NOW, 2],
    ['before this run', NOW + 1, 0],
  ])('the first records need a handshake %s', (_story, lookedAt, added) => {
    const facts = factsOf({
      owner: absent,
      service: seen(NOW, { '1': A }),
      placed: [A],
      generations: [generation(1, 'issued', B)],
      lookedAt,
    });
    const { edit } = planAdditions(new OwnerView(OWNER, intent(), facts, NOW + 1), B);
    expect(edit?.add ?? []).toHaveLength(added);
  });
  it('after the state was lost, they also need one `settle` after the first', () => {
    const anewAt = NOW - intent().policy.settle + 1;
    const facts = factsOf({
      owner: absent,
      service: { ...seen(NOW, { '1': A }, seen(anewAt - 1, { '1': A })), anewAt },
      placed: [A],
      generations: [generation(1, 'issued', B)],
    });
    const added = (now: number) => planAdditions(new OwnerView(OWNER, intent(), facts, now), B);
    const { edit, reasons } = added(NOW);
    expect(edit).toBeUndefined();
    expect(reasons[0]).toMatchObject({ rule: 'live-chains-satisfy-it', until: NOW + 1 });
    expect(added(NOW + 1).edit?.add).toHaveLength(2);
  });
  describe('after the state was lost, an endpoint that answers again much later', () => {
    const { settle } = intent().policy;
    const service = { ...seen(NOW, { '1': A }), anewAt: NOW - 9 * settle };
    const generations = [generation(1, 'live', A)];

    it('gets the first records one `settle` after it was met', () => {
      const facts = factsOf({ owner: absent, service, placed: [A], generations });
      const at = (now: number) => planAdditions(new OwnerView(OWNER, intent(), facts, now), B);
      expect(at(NOW + settle - 1).edit).toBeUndefined();
      expect(at(NOW + settle).edit?.add).not.toHaveLength(0);
    });
    it('gets its files again then', () => {
      const facts = factsOf({ owner: absent, service, placed: [A], generations });
      const at = (now: number) => deployability(A, new Situation(intent(), facts, now));
      expect(at(NOW)).toMatchObject({ allowed: false, person: false, until: NOW + settle });
      expect(at(NOW + settle).allowed).toBe(true);
    });
    it('lets records be withdrawn then', () => {
      const ours = rdataSet([record('3 1 1', A), record('3 1 1', B)]);
      const owner = swept(undefined, NOW - 9 * settle, [{ records: ours }]);
      const facts = factsOf({ owner, ours, service, placed: [A], generations });
      const at = (now: number) =>
        planRemovals(new OwnerView(OWNER, intent(), facts, now), undefined);
      expect(at(NOW).edit).toBeUndefined();
      expect(at(NOW).reasons[0]).toMatchObject({ until: NOW + settle });
      expect(at(NOW + settle).edit?.remove).toEqual([record('3 1 1', B)]);
    });
  });
  it('unless the configuration says that it does not run yet', () => {
    const future = intent({}, { services: [{ ...SERVICE, running: false }] });
    const facts = factsOf({
      owner: absent,
      service: seen(NOW, {}),
      generations: [generation(1, 'issued', B)],
    });
    expect(deployability(B, new Situation(future, facts, NOW)).allowed).toBe(true);
  });
  it('a rollover is not proven at an endpoint that does not answer', () => {
    const service2 = seen(NOW, { '1': B, '2': 'silent' }, seen(NOW - 9, { '1': B, '2': B }));
    const facts = factsOf({ owner: absent, service: service2 });
    expect(proof(generation(2, 'live', B), new Situation(intent(), facts, NOW)).proven).toBe(false);
  });
});

it('rule 3: a service that sent its leaf alone will do so with the next chain', () => {
  // Two processes behind one address: one sends only the leaf of ours, the other a whole chain,
  // which the 2 1 1 matches.
  const bare = chain('A', { leafOnly: true });
  const first = seen(NOW - 1, { '1': { ...bare, certificates: A.certificates.slice(0, 1) } });
  const service = seen(NOW, { '1': chain('C') }, first);
  const owner = swept(undefined, NOW, [{ records: [record('2 1 1', A)] }]);
  const generations = [generation(1, 'live', A), generation(2, 'issued', B)];
  const facts = factsOf({ owner, service, generations });
  expect(deployability(B, new Situation(intent({ records: ['2 1 1'] }), facts, NOW)).allowed).toBe(
    false,
  );
  const whole = factsOf({ owner, service: seen(NOW, { '1': chain('C') }), generations });
  expect(deployability(B, new Situation(intent({ records: ['2 1 1'] }), whole, NOW)).allowed).toBe(
    true,
  );
});

it('rule 17: where no handshake can be made, what the target acknowledged is the evidence', () => {
  const deployed = generation(2, 'live', B, { deployedAt: NOW });
  const facts = factsOf({
    owner: absent,
    service: seen(NOW - 9, { '1': A }),
    generations: [deployed],
  });
  expect(proof(deployed, new Situation(intent(), facts, NOW)).proven).toBe(false);
  const unreachable = intent({}, { services: [{ ...SERVICE, reachable: false }] });
  expect(proof(deployed, new Situation(unreachable, facts, NOW)).proven).toBe(true);
});

describe('a machine without IPv6', () => {
  const met = [{ algorithm: 'ecdsa' as const, chain: A }];
  const unreachable = { address: '2001:db8::1', met: [], failure: 'ENETUNREACH', noRoute: true };

  it('counts an address that it cannot reach as presenting what the others do', () => {
    const service = recordLooks(
      newServiceHistory(SERVICE.id),
      [{ address: '1', met }, unreachable],
      0,
      NOW,
    );
    expect(live({ service })).toEqual([['A'], ['A']]);
    const deployed = generation(2, 'live', A, { deployedAt: NOW });
    const facts = factsOf({ owner: absent, service, generations: [deployed] });
    expect(proof(deployed, new Situation(intent(), facts, NOW)).proven).toBe(true);
    expect(service.endpoints['2001:db8::1']).toMatchObject({ noRoute: true, answeredAt: NOW });
  });
  it('knows nothing of a service that it cannot reach at all', () => {
    const service = recordLooks(newServiceHistory(SERVICE.id), [unreachable], 0, NOW);
    expect(live({ service })).toEqual([[]]);
  });
});
