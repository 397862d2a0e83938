// Other owners that a client may use for a service (docs/laws.md, rule 13).
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import { recordBase } from '../../src/rollover/law/base-domains.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import { exposures } from '../../src/rollover/plan/records/exposure.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import { planRemovals } from '../../src/rollover/plan/records/removals.ts';
import { newServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { ServiceHistory } from '../../src/rollover/record/service-history.ts';
import {
  A,
  B,
  NOW,
  OWNER,
  POLICY,
  SERVICE,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

const OTHER = chain('other');
const BASE = fqdn('_25._tcp.mail.provider.example');
const generations = [generation(1, 'live', A)];

/** The operation off: everything of ours is to be withdrawn. */
function off(changes: Partial<OwnerHistory>): Facts {
  const ours = [record('3 1 1', A)];
  const owner = { ...swept(undefined, NOW, [{ records: ours }]), ...changes };
  const facts = factsOf({ owner, ours, service: seen(NOW, { '1': A }), generations });
  return { ...facts, lineage: { ...facts.lineage, orders: { offSince: NOW } } };
}

const ALIAS = { host: fqdn('mail.provider.example'), ttl: 300 };

/**
 * The host is an alias, whose canonical name has these records; our own RRset has both records
 * already.
 */
function aliased(
  behind: readonly RdataHex[],
  security: OwnerHistory['security'] = 'secure',
  live = A,
): Facts {
  const ours = [record('3 1 1', A), record('3 1 1', B)];
  const facts = factsOf({
    owner: swept(undefined, NOW, [{ records: ours }]),
    ours,
    service: recordBase(seen(NOW, { '1': live }), ALIAS, POLICY, NOW),
    generations: [generation(1, 'live', live), generation(2, 'issued', B)],
  });
  const there = swept(undefined, NOW, [{ records: behind }]);
  const history = { ...there, owner: BASE, target: BASE, security };
  return { ...facts, owners: { ...facts.owners, [BASE]: history } };
}

describe('rule 13: a deletion is judged by what is served then', () => {
  it('off beside nothing: the last record is withdrawn', () => {
    expect(
      planRemovals(new OwnerView(OWNER, intent(), off({}), NOW), undefined).edit?.remove,
    ).toHaveLength(1);
  });
  it('off, and a wildcard for another key would answer: the last record stays, and the reason says so', () => {
    const facts = off({ beneath: [[record('3 1 1', OTHER)]] });
    const { edit, reasons } = planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined);
    expect(edit).toBeUndefined();
    expect(reasons[0]?.because).toContain('wildcard');
  });
  it('off, and the wildcard names the live key: the record is withdrawn', () => {
    const facts = off({ beneath: [[record('3 1 1', OTHER), record('3 1 1', A)]] });
    expect(
      planRemovals(new OwnerView(OWNER, intent(), facts, NOW), undefined).edit?.remove,
    ).toHaveLength(1);
  });
  it('off behind an alias: the RRset of the other base domain answers then', () => {
    const real = { ...SERVICE, id: 'smtp://mail.provider.example:25', owner: BASE };
    const { owners, lineage, ...rest } = off({ owner: BASE, target: BASE });
    const stale = swept(undefined, NOW, [{ records: [record('3 1 1', OTHER)] }]);
    const facts = (alias: ServiceHistory): Facts => ({
      ...rest,
      lineage,
      owners: { [OWNER]: stale, [BASE]: owners[OWNER] ?? stale },
      services: { [real.id]: seen(NOW, { '1': A }), [SERVICE.id]: alias },
    });
    const both = intent({}, { services: [real, SERVICE] });
    const unknown = newServiceHistory(SERVICE.id);
    const alias = facts(recordBase(unknown, ALIAS, POLICY, NOW));
    expect(planRemovals(new OwnerView(BASE, both, alias, NOW), undefined).edit).toBeUndefined();
    const apart = planRemovals(new OwnerView(BASE, both, facts(unknown), NOW), undefined);
    expect(apart.edit?.remove).toHaveLength(1);
  });
});

describe('rule 13: law 2 covers every owner that a client may use for the service', () => {
  it('a host that is an alias: the RRset at its canonical name must match the new chain too, and a person is told what to publish there', () => {
    const verdict = deployability(B, new Situation(intent(), aliased([record('3 1 1', A)]), NOW));
    expect(verdict).toMatchObject({ allowed: false, person: true });
    const hints = verdict.reasons.map(({ hint }) => hint ?? '').join();
    expect(hints).toMatch(/publish 3 1 1 [0-9a-f]{64} there/);
    expect(hints).toContain('name mail.provider.example itself');
  });
  it.each([
    ['it has the record', [record('3 1 1', A), record('3 1 1', B)], 'secure'],
    ['there are no records', [], 'secure'],
    ['nothing validates there', [record('3 1 1', A)], 'insecure'],
  ] as const)('and allows it where %s', (_, records, security) => {
    const facts = aliased(records, security);
    expect(deployability(B, new Situation(intent(), facts, NOW)).allowed).toBe(true);
  });
  it('waits, and needs no person, once the newest zone has the record and a secondary lags', () => {
    const facts = aliased([record('3 1 1', A)]);
    const lagging = swept(undefined, NOW, [
      { records: [record('3 1 1', A), record('3 1 1', B)], serial: 2 },
      { records: [record('3 1 1', A)] },
    ]);
    const owners = { ...facts.owners, [BASE]: { ...lagging, owner: BASE, target: BASE } };
    const verdict = deployability(B, new Situation(intent(), { ...facts, owners }, NOW));
    expect(verdict).toMatchObject({ allowed: false, person: false });
  });
  it('a trust anchor at the canonical name is judged by that name', () => {
    const names = ['mx.example.org', 'mail.provider.example'];
    const both = chain('A', { names });
    const facts = aliased([record('2 1 1', A)], 'secure', both);
    expect(deployability(chain('B', { names }), new Situation(intent(), facts, NOW)).allowed).toBe(
      true,
    );
    expect(deployability(B, new Situation(intent(), facts, NOW)).allowed).toBe(false);
  });
  it('reports when clients that use the canonical name are refused now', () => {
    const [exposure] = exposures(new Situation(intent(), aliased([record('3 1 1', OTHER)]), NOW));
    expect(exposure?.reason.because).toContain('clients are refused');
    expect(
      exposures(new Situation(intent(), aliased([record('3 1 1', OTHER)], 'insecure'), NOW)),
    ).toEqual([]);
  });
  it('an alias that points to another name now counts until no cache holds it', () => {
    const first = { host: fqdn('old.example'), ttl: 300 };
    const before = recordBase(newServiceHistory(SERVICE.id), first, POLICY, NOW);
    const hosts = (after: number): string[] =>
      (
        recordBase(before, { host: fqdn('new.example'), ttl: 60 }, POLICY, NOW + after).bases ?? []
      ).map(({ host }) => host);
    expect(hosts(2 * 300)).toEqual(['old.example.', 'new.example.']);
    expect(hosts(2 * 300 + POLICY.margin)).toEqual(['new.example.']);
  });
});
