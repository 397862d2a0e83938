// Certificates that are ordered with a request of the operator: which key comes next, and what
// prevents an order.
import { describe, expect, it } from 'vitest';
import { describeStep, stageWords } from '../../src/rollover/forecast/explain.ts';
import { forecast } from '../../src/rollover/forecast/forecast.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Generation, Intent } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { requestFault, requestNews } from '../../src/rollover/plan/order/request.ts';
import type { RequestFact } from '../../src/rollover/record/request.ts';
import {
  A,
  B,
  DAY,
  HOST,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  seen,
  swept,
} from './world.ts';

const FILE = '/etc/holger/mx.csr';
const wanted: Intent = intent({}, { request: FILE });
const keyOf = (of: typeof A): string => of.certificates[0]?.spki ?? '';

const request = (of: typeof A, changes = {}): RequestFact => ({
  ...{ status: 'request', spki: keyOf(of), keyType: 'ec-p256', names: [HOST] },
  ...changes,
});
const missing: RequestFact = { status: 'none', because: 'there is none', hint: 'make it' };

const own = { request: true } as const;
const liveA = generation(1, 'live', A, own);
const settled = swept(undefined, NOW - DAY, [{ records: [ofA] }]);

function facts(
  fact: RequestFact | undefined,
  generations: readonly Generation[] = [liveA],
  more: Partial<Parameters<typeof factsOf>[0]> = {},
): Facts {
  const scene = {
    ...{ generations, owner: swept(settled, NOW, [{ records: [ofA] }]), ours: [ofA] },
    ...{ service: seen(NOW, { '192.0.2.1': A }), ...more },
  };
  return { ...factsOf(scene), ...(fact === undefined ? {} : { request: fact }) };
}

const next = (given: Facts, changes: Partial<Intent> = {}, renewAt = Infinity) =>
  plan({ ...wanted, ...changes }, given, renewAt, NOW);
const due = (given: Facts, changes: Partial<Intent> = {}) => next(given, changes, NOW);

describe('a renewal', () => {
  it('uses the key of the request: the same one, which keeps its age, or another one', () => {
    expect(due(facts(request(A)))).toMatchObject({
      step: { kind: 'create-key', generation: 2, request: FILE, sameKeyAs: 1 },
    });
    const other = due(facts(request(B)));
    expect(other).toMatchObject({ step: { kind: 'create-key', generation: 2, request: FILE } });
    expect(other.kind === 'step' && 'sameKeyAs' in other.step).toBe(false);
  });

  it('does not begin before it is due because the file has another key, which is reported', () => {
    const idle = next(facts(request(B)));
    expect(idle).toMatchObject({ kind: 'done', reasons: [{ rule: 'next-request' }] });
    expect(next(facts(request(A)))).toMatchObject({ kind: 'done', reasons: [] });
    expect(next(facts(request(B)), { force: true })).toMatchObject({
      step: { kind: 'create-key', request: FILE },
    });
  });

  it('another kind of key in the file is used at the next renewal, too', () => {
    const rsa = request(B, { keyType: 'rsa-2048' });
    expect(next(facts(rsa))).toMatchObject({ kind: 'done' });
    expect(due(facts(rsa))).toMatchObject({ step: { kind: 'create-key' } });
    const staged = generation(2, 'issued', B, { ...own, keyType: 'rsa-2048' });
    expect(next(facts(rsa, [liveA, staged]))).toMatchObject({ step: { kind: 'publish' } });
  });

  it('begins at once when the configuration names a request, or none any more', () => {
    const ours = generation(1, 'live', A);
    expect(next(facts(request(B), [ours]))).toMatchObject({ step: { request: FILE } });
    const { request: _gone, ...without } = wanted;
    expect(plan(without, facts(undefined), Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 2 },
    });
  });
});

describe('a request that cannot be used', () => {
  const wrong = [
    ['is missing', missing, 'there is none'],
    ['lacks a name', request(B, { names: [] }), `lacks ${HOST}`],
    ['asks for another name', request(B, { names: [HOST, 'x.example'] }), 'asks for x.example'],
  ] as const;

  it.each(wrong)('%s: nothing is ordered with it, and what is live is kept', (_, fact, words) => {
    const blocked = due(facts(fact));
    expect(blocked).toMatchObject({
      ...{ kind: 'blocked', person: true },
      reasons: [{ rule: 'request-is-usable', because: expect.stringContaining(words) }],
    });
    const gone = { owner: swept(settled, NOW, [{ records: [] }]) };
    expect(due(facts(fact, [liveA], gone))).toMatchObject({ step: { kind: 'publish' } });
  });

  it.each(wrong)('%s: it is reported before it is needed, and no person is called', (_, fact) => {
    const [reason] = next(facts(fact)).kind === 'done' ? (next(facts(fact)).reasons ?? []) : [];
    expect(reason).toMatchObject({ rule: 'request-is-usable' });
    expect(reason).not.toHaveProperty('needs');
  });

  it('blocks a first certificate, with the command that makes one', () => {
    const fault = requestFault(wanted, facts(request(B, { names: ['x.example'] }), []));
    expect(fault?.hint).toContain(
      `openssl req -new -key KEYFILE -subj / -addext "subjectAltName=DNS:${HOST}" -out ${FILE}`,
    );
    expect(next(facts(missing, []))).toMatchObject({ kind: 'blocked', person: true });
    expect(next(facts(request(A), []))).toMatchObject({ step: { kind: 'create-key' } });
  });

  it('29: has a compromised key, whichever certificate it belonged to', () => {
    const leaked = generation(1, 'live', A, { ...own, compromised: true });
    expect(due(facts(request(A), [leaked]))).toMatchObject({
      kind: 'blocked',
      reasons: [{ because: `the key of the certificate request in ${FILE} is compromised` }],
    });
    expect(next(facts(request(B), [leaked]))).toMatchObject({ step: { kind: 'create-key' } });
    const there = {
      ...facts(undefined).lineage,
      generations: [generation(1, 'retired', B, { compromised: true })],
    };
    const neighbours = [{ intent: intent(), lineage: there, placed: [] }];
    expect(requestFault(wanted, { ...facts(request(B)), neighbours })).toBeDefined();
  });

  it('has a key that the CA refuses a second time: another order would be refused like it', () => {
    const refused = generation(2, 'key', A, { ...own, keyRefused: true });
    const { chain: _none, ...bare } = refused;
    expect(next(facts(request(A), [liveA, bare]))).toMatchObject({ kind: 'blocked', person: true });
    expect(next(facts(request(B), [liveA, bare]))).toMatchObject({
      step: { kind: 'create-key', generation: 3 },
    });
  });

  it('is replaced while nothing is issued for it', () => {
    const { chain: _none, ...bare } = generation(2, 'key', B, own);
    const C = chain('C');
    const replaced = facts(request(C), [liveA, bare]);
    expect(next(replaced)).toMatchObject({ step: { kind: 'create-key', generation: 3 } });
    expect(next(facts(request(B), [liveA, bare]))).toMatchObject({ step: { kind: 'obtain' } });
    expect(next(facts(missing, [liveA, bare]))).toMatchObject({ step: { kind: 'obtain' } });
    const issued = generation(2, 'issued', B, own);
    expect(next(facts(request(C), [liveA, issued]))).toMatchObject({ step: { kind: 'publish' } });
  });
});

describe('changed names', () => {
  const domains = [HOST, 'b.example.org'];

  it('need a request with them, and are then ordered at once', () => {
    expect(next(facts(request(A)), { domains })).toMatchObject({ kind: 'blocked', person: true });
    expect(next(facts(request(A, { names: [...domains].reverse() })), { domains })).toMatchObject({
      step: { kind: 'create-key', sameKeyAs: 1 },
    });
  });
});

describe('in words', () => {
  it('the next step names the file', () => {
    const first = due(facts(request(B)));
    if (first.kind !== 'step') throw new Error(first.kind);
    expect(describeStep(first.step)).toBe(
      `use the key of the request in ${FILE} (generation 2) and order a certificate for it`,
    );
    const stages = forecast(first, wanted, facts(request(B)), NOW);
    expect(stages.map(({ stage }) => stage).slice(0, 3)).toEqual(['key', 'order', 'publish']);
    expect(stages[0] && stageWords(stages[0])).toBe(
      `use the key of the request in ${FILE} for generation 2`,
    );
  });

  it('a forecast of a renewal with the same key has no wait', () => {
    const given = facts(request(A));
    const stages = forecast(due(given), wanted, given, NOW).map(({ stage }) => stage);
    expect(stages.slice(0, 3)).toEqual(['key', 'order', 'deploy']);
  });

  it('of a waiting request nothing is said', () => {
    const issued = generation(2, 'issued', B, own);
    expect(requestNews(wanted, facts(request(B), [liveA, issued]))).toBeUndefined();
    expect(requestNews(wanted, facts(request(A), [liveA, issued]))?.because).toContain(
      'generation 2',
    );
  });
});
