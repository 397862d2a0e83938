// Judging chains against RRsets, and what may be lost when clients are refused already
// (docs/laws.md, rules 1 to 5 and 10).
import { describe, expect, it } from 'vitest';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import {
  breachOfDeploying,
  breachesOfPublishing,
  judge,
  nobodyLoses,
} from '../../src/rollover/law/laws.ts';
import type { EndpointLive, Judgement, Live } from '../../src/rollover/law/laws.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import { NO_TLS } from '../../src/rollover/record/service-history.ts';
import { combinationFrom, tlsaOf } from '../../src/dane/tlsa.ts';
import {
  A,
  B,
  DAY,
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

const C = chain('C');

function at(address: string, ...live: Live[]): EndpointLive {
  return { service: SERVICE, trusted: {}, address, live };
}

const SOON = { at: NOW, until: NOW + 120 };

function mayWrite(from: RdataHex[], to: RdataHex[], ...endpoints: EndpointLive[]): boolean {
  return (
    breachesOfPublishing({ from: from.map(tlsaOf), to: to.map(tlsaOf) }, endpoints, SOON).length ===
    0
  );
}

function mayDeploy(next: typeof A, content: RdataHex[], endpoint: EndpointLive): boolean {
  const version = { records: content.map(tlsaOf), unknown: false };
  return breachOfDeploying(next, version, endpoint, SOON) === undefined;
}

function strictly(live: Live, content: RdataHex[], until = NOW): boolean {
  return nobodyLoses(
    undefined,
    judge(live, content.map(tlsaOf), { service: SERVICE, trusted: {} }, { at: NOW, until }),
  );
}

describe('rule 1', () => {
  it('an absent RRset accepts every chain', () => {
    expect(strictly(A, [])).toBe(true);
  });
  it('records of which none is usable make TLS mandatory and accept any chain', () => {
    const unusable = [record('1 1 1', B)];
    expect(strictly(A, unusable)).toBe(true);
    expect(strictly('no-tls', unusable)).toBe(false);
  });
  it.each([
    ['bogus', false],
    ['unknown', false],
    ['insecure', true],
  ] as const)('a zone that is %s allows no step', (security, person) => {
    const owner = { ...swept(undefined, NOW, [{ records: [] }]), security };
    const facts = factsOf({ owner, service: seen(NOW, { '192.0.2.1': A }) });
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({ kind: 'blocked', person });
  });
  it.each([
    ['does not validate', true],
    ['cannot be tried now', false],
  ] as const)('K16: a resolver that %s allows no step, and is named', (detail, lasting) => {
    const unproven = { detail: `127.0.0.53 ${detail}`, lasting };
    const owner = {
      ...swept(undefined, NOW, [{ records: [] }]),
      ...({ security: 'unknown', unproven } as const),
    };
    const facts = factsOf({ owner, service: seen(NOW, { '192.0.2.1': A }) });
    const made = plan(intent(), facts, Infinity, NOW);
    // An answer without validation needs a person; time does not change it.
    expect(made).toMatchObject({ kind: 'blocked', person: lasting });
    const [reason] = made.kind === 'blocked' ? made.reasons : [];
    expect(reason?.because).toContain(`127.0.0.53 ${detail}`);
    expect(reason?.hint).toMatch(/name a resolver that validates/);
    expect(reason?.hint).not.toMatch(/sign/);
  });
});

describe('rule 2', () => {
  it('one of two addresses answers without STARTTLS: mail to it would be refused after publication', () => {
    const to = [record('3 1 1', A)];
    expect(mayWrite([], to, at('1', A), at('2', A))).toBe(true);
    expect(mayWrite([], to, at('1', A), at('2', 'no-tls'))).toBe(false);
    expect(mayWrite([], to, at('1', A, 'no-tls'))).toBe(false);
  });
});

describe('rule 3', () => {
  it('every combination counts by itself', () => {
    const records = [record('3 1 1', A), record('3 0 1', B)];
    expect(strictly(A, records)).toBe(false);
    expect(strictly(A, [...records, record('3 0 1', A)])).toBe(true);
  });
  it('usage 2 needs its anchor in the chain as it is sent', () => {
    const anchor = [record('2 1 1', A)];
    expect(strictly(A, anchor)).toBe(true);
    expect(strictly(chain('A', { leafOnly: true }), anchor)).toBe(false);
  });
  it('usage 2 needs dates that are valid to the end of the cached life, usage 3 does not', () => {
    const short = chain('S', { notAfter: NOW + 60 });
    expect(strictly(short, [record('2 1 1', short)], NOW + 30)).toBe(true);
    expect(strictly(short, [record('2 1 1', short)], NOW + 90)).toBe(false);
    expect(strictly(short, [record('3 1 1', short)], NOW + 90)).toBe(true);
  });
  it('the service loads the leaf file only: the next chain is judged as a leaf alone', () => {
    const old = generation(1, 'live', A);
    const owner = swept(undefined, NOW, [{ records: [record('2 1 1', A)] }]);
    const wanted = intent({ records: ['2 1 1'] });
    const whole = factsOf({ generations: [old], owner, service: seen(NOW, { '1': A }) });
    expect(deployability(B, new Situation(wanted, whole, NOW)).allowed).toBe(true);
    const service = seen(NOW, { '1': chain('A', { leafOnly: true }) });
    const alsoThree = swept(undefined, NOW, [
      { records: [record('2 1 1', A), record('3 1 1', A)] },
    ]);
    const cut = factsOf({ generations: [old], owner: alsoThree, service });
    expect(deployability(B, new Situation(wanted, cut, NOW)).allowed).toBe(false);
  });
  it.each([
    ['of ours', [generation(1, 'live', A)], ['2 1 1', '3 1 1']],
    ['that we did not deploy', [], ['3 1 1']],
  ])(
    'usage 2 enters only after the CA certificates of a chain %s were sent',
    (_story, generations, added) => {
      const owner = swept(undefined, NOW, [{ records: [] }]);
      const facts = factsOf({ generations, owner, service: seen(NOW, { '1': A }), placed: [A] });
      const { edit } = planAdditions(
        new OwnerView(OWNER, intent({ records: ['3 1 1', '2 1 1'] }), facts, NOW),
        B,
      );
      const combinations = (edit?.add ?? []).map((rdata) => tlsaOf(rdata).combination.text);
      expect([...new Set(combinations)].sort()).toEqual(added);
    },
  );
});

describe('rule 4', () => {
  it('usages 0 and 1 have no effect with SMTP', () => {
    const mail = { service: SERVICE, trusted: trusting('I') };
    const records = [record('0 1 1', A), record('1 1 1', A)].map(tlsaOf);
    const { present } = judge(A, records, mail, {
      at: NOW,
      until: NOW,
    });
    expect([...present].filter((combination) => combination !== 'tls')).toEqual([]);
  });
});

describe('rule 5: no client may lose', () => {
  const set = (letters: string): Judgement['present'] =>
    new Set([...letters].map((one) => combinationFrom(`3 1 ${one.charCodeAt(0)}`)));
  const sets = (present: string, matched: string): Judgement => ({
    present: set(present),
    matched: set(matched),
    matchesRecord: matched !== '',
  });
  it.each([
    ['all matched afterwards, whatever was before', 'a', '', 'ab', 'ab', true],
    ['broken before in the same way', 'ab', 'a', 'ab', 'a', true],
    ['a new combination that fails', 'a', 'a', 'ab', 'a', false],
    ['a match that is lost', 'ab', 'ab', 'ab', 'a', false],
    ['a match that moves to another combination', 'ab', 'a', 'ab', 'b', false],
    ['a matched combination that goes while a broken one stays', 'ab', 'a', 'b', '', false],
    ['a broken combination that goes', 'ab', 'a', 'a', 'a', true],
    ['everything that goes', 'ab', 'a', '', '', true],
    ['one that matches again while another stays broken', 'ab', '', 'ab', 'b', true],
  ] as const)('%s', (_story, c1, g1, c2, g2, lawful) => {
    expect(nobodyLoses(sets(c1, g1), sets(c2, g2))).toBe(lawful);
  });
  it('without a known live chain only the strict law counts', () => {
    expect(nobodyLoses(undefined, sets('ab', 'ab'))).toBe(true);
    expect(nobodyLoses(undefined, sets('ab', 'a'))).toBe(false);
  });
  it('one endpoint restarted early into B does not excuse deploying B elsewhere', () => {
    const records = [record('3 1 1', A)];
    expect(mayDeploy(B, records, at('1', B))).toBe(true);
    expect(mayDeploy(B, records, at('2', A))).toBe(false);
    expect(mayDeploy(B, records, at('2', A, B))).toBe(false);
  });
  it('an unknown chain at one endpoint does not forbid a repair', () => {
    const broken = [record('3 1 1', C)];
    expect(mayWrite(broken, [...broken, record('3 1 1', A)], at('1', A), at('2'))).toBe(true);
  });
  it('what a deployment loses is judged in each cached version', () => {
    const owner = [{ records: [record('3 1 1', A)] }];
    const before = swept(undefined, NOW - 60, owner);
    const records = [record('3 1 1', A), record('3 1 1', B)];
    const now = swept(before, NOW - 30, [{ records, serial: 2 }]);
    const facts = factsOf({
      generations: [generation(1, 'live', A), generation(2, 'issued', B)],
      owner: now,
      service: seen(NOW, { '1': A }),
    });
    const verdict = deployability(B, new Situation(intent(), facts, NOW));
    expect(verdict).toMatchObject({ allowed: false, until: NOW - 30 + 125 });
    expect(deployability(B, new Situation(intent(), facts, NOW - 30 + 125)).allowed).toBe(true);
  });
});

it('with a slow clock a presented certificate is not valid yet, and its records stay', () => {
  const early = chain('A', { notBefore: NOW + DAY });
  const [issuer, other] = [record('2 1 1', early), record('2 1 1', chain('B', { ca: 'J' }))];
  expect(mayWrite([issuer, other], [other], at('1', early))).toBe(false);
  expect(mayWrite([issuer], [issuer, other], at('1', early))).toBe(true);
});

it('with a slow clock a presented certificate is not valid yet, and clients may accept it', () => {
  const early = chain('A', { notBefore: NOW + DAY });
  const issuer = record('2 1 1', early);
  const next = chain('B', { ca: 'J' });
  expect(mayDeploy(next, [issuer], at('1', early))).toBe(false);
  expect(mayDeploy(next, [issuer, record('2 1 1', next)], at('1', early))).toBe(true);
  expect(mayDeploy(next, [issuer], at('1', chain('C', { ca: 'K' })))).toBe(true);
});

describe('rules 5 and 16: what is silent now excuses nothing', () => {
  const stale = (...live: Live[]): EndpointLive => ({ ...at('1', ...live), stale: true });

  it('it offered no TLS when it was last seen: TLS may have been switched on', () => {
    expect(mayDeploy(B, [record('3 1 1', A)], at('1', NO_TLS))).toBe(true);
    expect(mayDeploy(B, [record('3 1 1', A)], stale(NO_TLS))).toBe(false);
  });
  it('it did not match the records when it was last seen: it may have been fixed', () => {
    const foreign = [record('3 1 1', chain('stranger'))];
    expect(mayWrite(foreign, [record('3 1 1', B)], at('1', A))).toBe(true);
    expect(mayWrite(foreign, [record('3 1 1', B)], stale(A))).toBe(false);
    expect(mayWrite(foreign, [...foreign, record('3 1 1', B)], stale(A))).toBe(true);
  });
});

describe('rule 10', () => {
  it.each([
    ['the same chain that is live passes', A, [A], true],
    ['another chain with the same key does not', chain('A2', { key: 'A' }), [A], false],
    ['nor one of two that are live', A, [A, B], false],
    ['nor any when nothing is known to be live', A, [], false],
  ])('an unknown version: %s', (_story, next, live, lawful) => {
    const version = { records: [], unknown: true };
    const found = breachOfDeploying(next, version, at('1', ...live), { at: NOW, until: NOW + DAY });
    expect(found === undefined).toBe(lawful);
  });
});
