// A staged certificate that the CA asks to replace before it is deployed (RFC 9773).
import { expect, it } from 'vitest';
import type { Generation, Intent } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import type { Plan } from '../../src/rollover/decision.ts';
import {
  A,
  DAY,
  HOUR,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  ofA,
  ofB,
  seen,
  swept,
} from './world.ts';

const RECALLED = { recalledAt: NOW - HOUR };
const PAGE = 'https://ca.example/incident';
const issued = (days: number): Partial<Generation> => ({
  issuedAt: NOW - days * DAY,
  orderUrl: 'https://ca.example/order/2',
  ...RECALLED,
});
const NEW = chain('B', { notBefore: NOW - 2 * DAY, notAfter: NOW + 88 * DAY });

/** The records of both are cached long enough: the staged one may be deployed by law 2. */
function planned(
  staged: Generation,
  live: Generation | undefined,
  changes: Partial<Intent> = {},
  records = [ofA, ofB],
): Plan {
  const generations = [...(live === undefined ? [] : [live]), staged];
  const owner = swept(undefined, NOW - DAY, [{ records }]);
  const facts = factsOf({ owner, ours: records, service: seen(NOW, { '1': A }), generations });
  const certId = 'staged';
  const stagedRenewal = { certId, nextLookAt: NOW, explanationUrl: PAGE };
  const lineage = { ...facts.lineage, stagedRenewal };
  return plan(intent({}, changes), { ...facts, lineage }, Infinity, NOW);
}

const LIVE = generation(1, 'live', A);
const AGAIN = { step: { kind: 'create-key', generation: 3, sameKeyAs: 2 } };

it('it waits for the earliest next order, and the wait has the reason and the page of the CA', () => {
  const next = planned(generation(2, 'issued', NEW, issued(2)), LIVE);
  const until = NOW + 7 * DAY;
  const told = { rule: 'not-recalled', until, lines: [PAGE] };
  expect(next).toMatchObject({ kind: 'wait', until, reasons: [told] });
});
it('it is ordered again with its key as soon as the order floor allows it', () => {
  expect(planned(generation(2, 'issued', NEW, issued(10)), LIVE)).toMatchObject(AGAIN);
});
it('or as soon as the operator forces it', () => {
  const staged = generation(2, 'issued', NEW, issued(2));
  expect(planned(staged, LIVE, { force: true })).toMatchObject(AGAIN);
});
it('its records are published all the same: the next one has its key', () => {
  const next = planned(generation(2, 'issued', NEW, issued(2)), LIVE, {}, [ofA]);
  expect(next).toMatchObject({ step: { kind: 'publish', edit: { add: [ofB] } } });
});
it('it is deployed where the live one expires before the next order', () => {
  const live = generation(1, 'live', chain('A', { notAfter: NOW + 7 * DAY + HOUR }));
  const next = planned(generation(2, 'issued', NEW, issued(2)), live);
  expect(next).toMatchObject({ step: { kind: 'deploy', generation: 2 } });
});
it.each([{ compromised: true as const }, { revokedAt: NOW - HOUR }])(
  'it is deployed where the live one must go: %o',
  (changes) => {
    const next = planned(
      generation(2, 'issued', NEW, issued(2)),
      generation(1, 'live', A, changes),
    );
    expect(next).toMatchObject({ step: { kind: 'deploy', generation: 2 } });
  },
);
it('it is deployed where nothing else is live', () => {
  const staged = generation(2, 'issued', NEW, issued(2));
  expect(planned(staged, undefined)).toMatchObject({ step: { kind: 'deploy', generation: 2 } });
});

it('one that the operator brought back is not deployed, even in place of a compromised key', () => {
  const live = generation(1, 'live', A, { compromised: true });
  const staged = generation(2, 'issued', NEW, issued(10));
  expect(planned(staged, live)).toMatchObject({ step: { kind: 'deploy' } });
  const back = generation(2, 'issued', NEW, { ...issued(10), rollbackOf: 1 });
  expect(planned(back, live)).not.toMatchObject({ step: { kind: 'deploy' } });
});
