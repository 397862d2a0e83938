import { describe, expect, it } from 'vitest';
import { Situation } from '../../src/rollover/law/situation.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import { chain, DAY, factsOf, intent, NOW, presents, swept } from './world.ts';

const verdict = (notBefore: number) =>
  deployability(
    chain('B', { notBefore, notAfter: notBefore + 90 * DAY }),
    new Situation(
      intent({}, { services: [] }),
      factsOf({ owner: swept(undefined, NOW, []), service: presents(undefined, undefined) }),
      NOW,
    ),
  );

describe('K32: a certificate that is not valid yet', () => {
  it.each([60, 3600, DAY])('is waited for when it begins in %d s: the clock was set back', (s) => {
    expect(verdict(NOW + s)).toMatchObject({ allowed: false, person: false, until: NOW + s });
  });

  it.each([DAY + 1, 365 * DAY])(
    'needs a person when it begins in %d s, and both times are reported',
    (s) => {
      const { person, reasons } = verdict(NOW + s);
      expect(person).toBe(true);
      expect(reasons[0]?.because).toMatch(
        /not valid before 20.*Z, but the clock of this machine says 20/,
      );
      expect(reasons[0]?.hint).toMatch(/timedatectl.*holger run --force/);
    },
  );
});
