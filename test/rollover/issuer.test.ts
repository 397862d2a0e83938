import { describe, expect, it } from 'vitest';
import { newLineage } from '../../src/rollover/model.ts';
import type { Intent, Lineage } from '../../src/rollover/model.ts';
import {
  atIssuer,
  chosenIssuer,
  withOrderFailure,
  withoutOrderFailures,
} from '../../src/rollover/plan/order/issuer.ts';
import { orderFloor } from '../../src/rollover/plan/order/order-floor.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { A, NOW, factsOf, generation, intent, record, seen, swept } from './world.ts';

const DAY = 86_400;
const [FIRST, SECOND, THIRD] = [
  'https://one.example/',
  'https://two.example/',
  'https://3.example/',
];
const wanted: Intent = {
  ...intent({}, { directory: FIRST }),
  otherDirectories: [SECOND, THIRD],
  issuerPatience: DAY,
};
const nothing = newLineage('mx1');

/** Orders fail at the chosen issuer, every hour. */
function failing(from: number, hours: number, lineage: Lineage = nothing): Lineage {
  let known = lineage;
  for (let hour = 0; hour < hours; hour += 1) {
    const now = from + hour * 3600;
    known = withOrderFailure(
      atIssuer(wanted, chosenIssuer(wanted, known, now).directory),
      known,
      now,
    );
  }
  return known;
}

describe('the issuer that is asked', () => {
  it('is the preferred one, as long as its orders have not failed for a day', () => {
    expect(chosenIssuer(wanted, nothing, NOW)).toEqual({ directory: FIRST });
    expect(chosenIssuer(wanted, failing(NOW, 24), NOW + DAY - 1).directory).toBe(FIRST);
  });

  it('is the next one after that, and it says since when the preferred one fails', () => {
    expect(chosenIssuer(wanted, failing(NOW, 24), NOW + DAY)).toEqual({
      directory: SECOND,
      insteadOf: { directory: FIRST, since: NOW },
    });
    expect(chosenIssuer(wanted, failing(NOW, 49), NOW + 2 * DAY + 3600).directory).toBe(THIRD);
  });

  it('is the preferred one again when all have failed, and the next one again after a day', () => {
    const all = failing(NOW, 74);
    expect(chosenIssuer(wanted, all, NOW + 3 * DAY + 7200).directory).toBe(FIRST);
    expect(chosenIssuer(wanted, failing(NOW, 76), NOW + 3 * DAY + 4 * 3600).directory).toBe(FIRST);
    expect(chosenIssuer(wanted, failing(NOW, 100), NOW + 4 * DAY + 4 * 3600).directory).toBe(
      SECOND,
    );
  });

  it('is the preferred one again for the renewal after a certificate was issued', () => {
    const issued = withoutOrderFailures(failing(NOW, 30));
    expect(chosenIssuer(wanted, issued, NOW + 2 * DAY)).toEqual({ directory: FIRST });
  });

  it('changes after a third of the lifetime that was left, if no patience is named', () => {
    const { issuerPatience: _none, ...patient } = wanted;
    const live = generation(1, 'live', A);
    const left = (live.chain?.certificates[0]?.notAfter ?? 0) - NOW;
    const known = { ...nothing, generations: [live], orderFailures: { [FIRST]: NOW } };
    expect(chosenIssuer(patient, known, NOW + left / 3 - 1).directory).toBe(FIRST);
    expect(chosenIssuer(patient, known, NOW + left / 3).directory).toBe(SECOND);
    const first = { ...nothing, orderFailures: { [FIRST]: NOW } };
    expect(chosenIssuer(patient, first, NOW + 3600).directory).toBe(SECOND);
  });

  it('is not decided by a failure of the future, after the clock was set back', () => {
    const known = { ...nothing, orderFailures: { [FIRST]: NOW + DAY } };
    expect(chosenIssuer(wanted, known, NOW).directory).toBe(FIRST);
    expect(withOrderFailure(wanted, known, NOW).orderFailures).toEqual({ [FIRST]: NOW });
  });

  it('of a certificate that names one is that one, and nothing is remembered', () => {
    const { otherDirectories: _none, ...one } = wanted;
    expect(withOrderFailure(one, nothing, NOW)).toBe(nothing);
    expect(chosenIssuer(one, failing(NOW, 30), NOW + 9 * DAY)).toEqual({ directory: FIRST });
  });
});

describe('a certificate of another issuer that the operator names', () => {
  const of = (directory: string) => ({ ...generation(1, 'live', A), directory });
  const facts = (directory: string) =>
    factsOf({
      owner: swept(undefined, NOW - 9000, [{ records: [record('3 1 1', A)] }]),
      service: seen(NOW, { '1': A }),
      ours: [record('3 1 1', A)],
      generations: [of(directory)],
    });

  it('is not ordered anew', () => {
    const kept = plan(wanted, facts(SECOND), Infinity, NOW);
    expect(kept).toMatchObject({ kind: 'done' });
    const foreign = plan(wanted, facts('https://4.example/'), Infinity, NOW);
    expect(foreign).toMatchObject({ step: { kind: 'create-key' } });
  });

  it('counts for the shortest time between two orders', () => {
    const lineage = { ...nothing, generations: [of(SECOND)] };
    expect(orderFloor(wanted, lineage, NOW)).toBeGreaterThan(0);
  });
});
