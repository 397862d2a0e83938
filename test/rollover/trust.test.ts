// Usages 0 and 1 outside of SMTP, judged with the PKIX store (docs/laws.md, rule 4).
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { tlsaOf } from '../../src/dane/tlsa.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import { claimsOfOthers } from '../../src/engine/observe/neighbour-claims.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import { judge, nobodyLoses } from '../../src/rollover/law/laws.ts';
import type { Intent, Policy, ServiceIntent } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { newServiceHistory } from '../../src/rollover/record/service-history.ts';
import {
  A,
  B,
  DAY,
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
  trusting,
} from './world.ts';
import type { Scene } from './world.ts';

/** Two of a CA that the store has, and one of a private CA that it does not have. */
const PRIVATE = chain('P', { ca: 'private' });
const STORE = trusting('I');

const HTTPS: ServiceIntent = { ...SERVICE, id: `https://${HOST}:443`, smtpLike: false };

function web(policy: Partial<Policy> = {}, changes: Partial<Intent> = {}): Intent {
  return intent(policy, { services: [HTTPS], ...changes });
}

function scene(records: readonly RdataHex[], live: Chain, rest: Partial<Scene> = {}): Facts {
  const service = seen(NOW, { '1': live }, newServiceHistory(HTTPS.id));
  const owner = swept(undefined, NOW, [{ records }]);
  return factsOf({ owner, service, trusted: STORE, ...rest });
}

function strictly(live: Chain, content: RdataHex[], until = NOW, trusted = STORE): boolean {
  return nobodyLoses(
    undefined,
    judge(live, content.map(tlsaOf), { service: HTTPS, trusted }, { at: NOW, until }),
  );
}

/** The facts after another sweep, in which every server serves this. */
function later(facts: Facts, at: number, records: readonly RdataHex[]): Facts {
  const owner = swept(facts.owners[OWNER], at, [{ records, serial: at }]);
  const ours = (facts.owners[OWNER]?.ours ?? []).filter((rdata) => records.includes(rdata));
  return { ...facts, owners: { [OWNER]: { ...owner, ours } } };
}

describe('rule 4: a chain against usages 0 and 1', () => {
  it('1 1 1 needs its leaf and a path to a CA of the store', () => {
    expect(strictly(A, [record('1 1 1', A)])).toBe(true);
    expect(strictly(B, [record('1 1 1', A)])).toBe(false);
    expect(strictly(PRIVATE, [record('1 1 1', PRIVATE)])).toBe(false);
    expect(strictly(PRIVATE, [record('1 1 1', PRIVATE)], NOW, trusting('private'))).toBe(true);
  });
  it('and so does each beside a 3 1 1 that matches: a client may support only the other', () => {
    const both = [record('3 1 1', PRIVATE), record('1 1 1', PRIVATE)];
    expect(strictly(PRIVATE, both)).toBe(false);
  });
  it('0 1 1 may name a root that is not sent', () => {
    const root = STORE[A.certificates[1]?.der ?? '']?.[0];
    if (root === undefined) throw new Error('there is no root');
    const ofRoot = record('0 1 1', { id: 'root', certificates: [root, root] });
    expect(strictly(A, [ofRoot])).toBe(true);
    expect(strictly(PRIVATE, [ofRoot], NOW, trusting('I', 'private'))).toBe(false);
  });
  it('a service that sends its leaf alone has no path', () => {
    expect(strictly(chain('A', { leafOnly: true }), [record('1 1 1', A)])).toBe(false);
  });
  it('dates are valid to the end of the cached life', () => {
    const short = chain('S', { notAfter: NOW + 60 });
    expect(strictly(short, [record('1 1 1', short)], NOW + 30)).toBe(true);
    expect(strictly(short, [record('1 1 1', short)], NOW + 90)).toBe(false);
  });
  it('the verdict of the store survives a round trip through JSON', () => {
    const trusted = JSON.parse(JSON.stringify(STORE)) as typeof STORE;
    expect(strictly(A, [record('1 1 1', A)], NOW, trusted)).toBe(true);
  });
});

describe('rule 4: a foreign 1 1 1 beside our 3 1 1 of an https service', () => {
  const ours = [record('3 1 1', A)];
  const records = [...ours, record('1 1 1', A)];
  const staged = (next: Chain): Facts =>
    scene(records, A, {
      ours,
      generations: [generation(1, 'live', A), generation(2, 'issued', next)],
    });

  it('a chain from a trusted CA waits until its own 1 1 1 is cached everywhere', () => {
    const before = staged(B);
    const add = rdataSet([record('3 1 1', B), record('1 1 1', B)]);
    expect(plan(web(), before, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add } },
    });
    const half = later(before, NOW + 1, [...records, record('3 1 1', B)]);
    const after = later(half, NOW + 200, [...records, ...add]);
    const until = NOW + 200 + 125;
    expect(plan(web(), after, Infinity, NOW + 201)).toMatchObject({ kind: 'wait', until });
    expect(plan(web(), after, Infinity, until)).toMatchObject({ step: { kind: 'deploy' } });
  });
  it('a chain from a private CA is not deployed, and the person is told which record', () => {
    const before = staged(PRIVATE);
    expect(plan(web(), before, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('3 1 1', PRIVATE)] } },
    });
    const after = later(before, NOW + 1, [...records, record('3 1 1', PRIVATE)]);
    const at = NOW + DAY;
    expect(deployability(PRIVATE, new Situation(web(), after, at)).allowed).toBe(false);
    const next = plan(web(), after, Infinity, at);
    expect(next).toMatchObject({ kind: 'blocked', person: true });
    const reason =
      'reasons' in next && next.reasons.find(({ rule }) => rule === 'every-combination');
    expect(reason).toMatchObject({
      because: `the staged chain leads to no CA of the PKIX store, so it cannot match 1 1 1 at ${OWNER}, which clients use today`,
      hint: expect.stringContaining('pkix.ca_file'),
    });
  });
  it('one that the live chain does not match either needs no person: the new record is waited for', () => {
    const stale = [...ours, record('1 1 1', chain('gone'))];
    const generations = [generation(1, 'live', A), generation(2, 'issued', PRIVATE)];
    const before = scene(stale, A, { ours, generations });
    const halfway = swept(before.owners[OWNER], NOW + 1, [
      { records: [...stale, record('3 1 1', PRIVATE)], serial: 2 },
      { records: stale },
    ]);
    const facts = { ...before, owners: { [OWNER]: { ...halfway, ours } } };
    expect(plan(web(), facts, Infinity, NOW + 2)).toMatchObject({ kind: 'wait', known: false });
    const after = later(facts, NOW + 9, [...stale, record('3 1 1', PRIVATE)]);
    expect(plan(web(), after, Infinity, NOW + DAY)).toMatchObject({ step: { kind: 'deploy' } });
  });
  it('on SMTP both are deployed: no client uses it', () => {
    const before = staged(PRIVATE);
    const mail = later(before, NOW + 1, [...records, record('3 1 1', PRIVATE)]);
    const services = { [SERVICE.id]: seen(NOW, { '1': A }) };
    expect(plan(intent(), { ...mail, services }, Infinity, NOW + DAY)).toMatchObject({
      step: { kind: 'deploy' },
    });
  });
  it('where the live chain is from the private CA too, no client loses by the next one', () => {
    const next = chain('P2', { ca: 'private' });
    const all = [record('1 1 1', PRIVATE), record('3 1 1', PRIVATE), record('3 1 1', next)];
    const generations = [generation(1, 'live', PRIVATE), generation(2, 'issued', next)];
    const before = scene([...all, record('1 1 1', next)], PRIVATE, { ours: all, generations });
    expect(plan(web(), before, Infinity, NOW)).toMatchObject({ step: { kind: 'deploy' } });
  });
});

describe('rule 4: 1 1 1 is configured', () => {
  const policy = { records: ['3 1 1', '1 1 1'] };

  it('it is not published while a self-signed chain is live, and comes after the deployment', () => {
    const own = chain('self', { leafOnly: true });
    const generations = [generation(1, 'issued', B)];
    const before = scene([], own, { generations, placed: [own] });
    const { edit, reasons } = planAdditions(new OwnerView(OWNER, web(policy), before, NOW), B);
    expect(edit?.add).toEqual(rdataSet([record('3 1 1', own), record('3 1 1', B)]));
    expect(reasons).toMatchObject([{ rule: 'live-chains-satisfy-it' }]);
    const records = [record('3 1 1', B)];
    const after = scene(records, B, { ours: records, generations: [generation(1, 'live', B)] });
    expect(plan(web(policy), after, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('1 1 1', B)] } },
    });
  });
  it('of a private CA that the store does not have it is not waited for', () => {
    const ours = [record('3 1 1', PRIVATE)];
    const facts = scene(ours, PRIVATE, { ours, generations: [generation(1, 'live', PRIVATE)] });
    expect(plan(web(policy), facts, Infinity, NOW)).toMatchObject({
      kind: 'done',
      reasons: [
        {
          because: `1 1 1 at ${OWNER} is not added: ${HTTPS.id} at 1 presents a chain that leads to no CA of the PKIX store`,
        },
      ],
    });
  });
  it('for SMTP alone it is not published', () => {
    const ours = [record('3 1 1', B)];
    const facts = factsOf({
      owner: swept(undefined, NOW, [{ records: ours }]),
      service: seen(NOW, { '1': B }),
      ours,
      generations: [generation(1, 'live', B)],
      trusted: STORE,
    });
    expect(plan(intent(policy), facts, Infinity, NOW)).toMatchObject({ kind: 'done', reasons: [] });
  });
});

describe('rules 4 and 21: our 1 1 1, and the next chain is from a private CA', () => {
  const policy = { records: ['3 1 1', '1 1 1'] };
  const ours = [record('3 1 1', A), record('1 1 1', A), record('3 1 1', PRIVATE)];
  const generations = [generation(1, 'live', A), generation(2, 'issued', PRIVATE)];

  it('it is withdrawn whole, then the wait, then the chain', () => {
    const before = scene(ours, A, { ours, generations });
    const remove = [record('1 1 1', A)];
    expect(plan(web(policy), before, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove } },
    });
    const rest = ours.filter((rdata) => !remove.includes(rdata));
    const gone = later(before, NOW + 1, rest);
    expect(plan(web(policy), gone, Infinity, NOW + 2)).toMatchObject({
      kind: 'wait',
      until: NOW + 126,
    });
    expect(plan(web(policy), gone, Infinity, NOW + 126)).toMatchObject({
      step: { kind: 'deploy' },
    });
  });
  it('the service sends the leaf alone: the path to the store is not sent with the next chain either', () => {
    const bare = chain('A', { leafOnly: true });
    const trusted = { ...STORE, [bare.certificates[0]?.der ?? '']: Object.values(STORE)[0] ?? [] };
    const both = [...ours, record('3 1 1', B), record('1 1 1', B)];
    const staged = [generation(1, 'live', A), generation(2, 'issued', B)];
    const facts = scene(both, bare, { ours: both, generations: staged, trusted });
    expect(plan(web(policy), facts, Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { remove: [record('1 1 1', A), record('1 1 1', B)].sort() } },
    });
  });
});

describe('rules 4 and 19', () => {
  it("another certificate's staged chain needs a 1 1 1 where a foreign one is published", () => {
    const lineage = { ...scene([], A).lineage, generations: [generation(1, 'issued', B)] };
    const own = { intent: web(), lineage: scene([], A).lineage };
    const claims = claimsOfOthers(own, [{ intent: web(), lineage, placed: [] }]);
    expect(claims[OWNER]).toContain(record('1 1 1', B));
  });
});
