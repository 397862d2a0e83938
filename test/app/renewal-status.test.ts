// How the time of a renewal is explained: each time with its reason, the earliest first.
import { describe, expect, it } from 'vitest';
import { renewalStatus } from '../../src/app/status/renewal.ts';
import { renewalLines } from '../../src/cli/certificates/renewal-text.ts';
import type { Generation, Intent, Lineage } from '../../src/rollover/model.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { DAY, NOW, chain, generation, intent } from '../rollover/world.ts';

const CHAIN = chain('A', { notBefore: NOW - 30 * DAY, notAfter: NOW + 60 * DAY });
const ARI = { certId: 'c', windowStart: NOW + DAY, windowEnd: NOW + 3 * DAY, nextLookAt: NOW };

function told(
  wanted: Partial<Intent>,
  lineage: Partial<Lineage> = {},
  live: Partial<Generation> = {},
): readonly string[] {
  const generations = [{ ...generation(1, 'live', CHAIN), ...live }];
  const all = { ...newLineage('mx1'), generations, ...lineage };
  const status = renewalStatus(intent({}, wanted), all);
  return status === undefined ? [] : renewalLines(status, NOW);
}

describe('the renewal', () => {
  it('is explained by every time, the earliest first, and by what moves it', () => {
    const renewal = { ...ARI, chosenAt: NOW + 2 * DAY };
    expect(told({ renewBefore: 20 * DAY }, { renewal, lastWait: 7260 })).toEqual([
      '2026-11-23T09:59:00Z (in 1d 21h): the CA suggests the time from 2026-11-22T12:00:00Z to 2026-11-24T12:00:00Z (ARI), and a random one of it was chosen at 2026-11-23T12:00:00Z, and the renewal begins 2h 1m earlier',
      'later 2026-12-21T09:59:00Z: a third of its lifetime of 90d is left at 2026-12-21T12:00:00Z, and the renewal begins 2h 1m earlier',
      'later 2026-12-31T09:59:00Z: renew = 20d at 2026-12-31T12:00:00Z, and the renewal begins 2h 1m earlier',
      '2h 1m earlier, because the last rollover waited for caches so long',
    ]);
  });

  it('is spread where the CA names no time', () => {
    const [, why] = told({});
    expect(why).toMatch(/^\S+ \S+ earlier, because certificates of one day are spread over 9d/);
  });

  it('at half of a short lifetime says why', () => {
    const six = chain('A', { notBefore: NOW - DAY, notAfter: NOW + 5 * DAY });
    const [first] = told({ renewBefore: 30 * DAY }, {}, { chain: six });
    expect(first).toContain(
      'half of its lifetime of 6d is left, because that is less than 10 days',
    );
    const capped = told({ renewBefore: 30 * DAY }, {}, { chain: six })[1];
    expect(capped).toContain('renew = 30d, which counts as 3d, half of the lifetime');
  });

  it('that the CA asks for early is due at once', () => {
    const [first, ...others] = told({}, {}, { recalledAt: NOW - 60 });
    expect(first).toBe(
      'at once: the CA asks for an early renewal since 2026-11-21T11:59:00Z (ARI)',
    );
    expect(others).toEqual([]);
    const renewal = { ...ARI, explanationUrl: 'https://ca.example/incident' };
    const [explained] = told({}, { renewal }, { recalledAt: NOW - 60 });
    expect(explained).toContain('(ARI), and explains it at https://ca.example/incident');
  });

  it('after a rollback comes at half of what was left', () => {
    const [first] = told({}, {}, { rollbackOf: 1, issuedAt: NOW });
    expect(first).toMatch(/^2026-12-21T12:00:00Z \(in 30d\): half of the lifetime is over/);
  });

  it('of the key may come before that of the certificate', () => {
    const [first] = told({ rotateKeyEvery: 31 * DAY }, {}, { keyMadeAt: NOW - 30 * DAY });
    expect(first).toBe(
      '2026-11-22T12:00:00Z (in 1d): rotate_key_every = 31d, and its key was made at 2026-10-22T12:00:00Z',
    );
  });

  it('of nothing is not explained', () => {
    expect(renewalStatus(intent(), newLineage('mx1'))).toBeUndefined();
  });
});
