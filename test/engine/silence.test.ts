import { expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import {
  forgetSilent,
  forgottenOf,
  rememberSilence,
  silenceOver,
  silenceReasons,
} from '../../src/engine/act/order/silent-servers.ts';
import type { Sweep } from '../../src/ports/resolver.ts';
import { shiftLineage } from '../../src/rollover/record/clock-step.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { NOW, chain, generation } from '../rollover/world.ts';

const { chain: _none, ...key } = generation(2, 'key', chain('B'));
const ordering: Lineage = {
  ...newLineage('mail'),
  generations: [{ ...key, orderUrl: 'https://ca.example/order/1' }],
};
const NS2 = '192.0.2.54';

/** One sweep, in which ns2 answers or does not. */
function swept(
  lineage: Lineage,
  status: 'answered' | 'timeout' | 'servfail' | 'no-route',
  now: number,
): Lineage {
  const answer =
    status === 'answered'
      ? { status, rdata: [], ttl: 0, serial: 1 }
      : { status, detail: 'no answer' };
  const addresses = [{ server: fqdn('ns2.example.org'), address: NS2, answer }];
  return rememberSilence(lineage, { addresses } as unknown as Sweep, now);
}

it('reports which server is silent and since when, and what to do when it is gone', () => {
  const later = swept(swept(ordering, 'timeout', NOW), 'timeout', NOW + 3600);
  const [reason, ...others] = silenceReasons(later, NOW);
  expect(others).toEqual([]);
  expect(reason?.because).toContain(
    'ns2.example.org. 192.0.2.54 is silent since 2026-11-21T12:00:00Z',
  );
  expect(reason?.hint).toContain('holger forget mail 192.0.2.54');
  expect(silenceReasons({ ...later, generations: [] }, NOW)).toEqual([]);
});

it('ends with an answer; a machine without IPv6 gets none, and counts no server as silent for it', () => {
  const silent = swept(ordering, 'timeout', NOW);
  expect(swept(silent, 'answered', NOW + 1)).toEqual(ordering);
  expect(swept(ordering, 'no-route', NOW)).toEqual(ordering);
  expect(swept(ordering, 'servfail', NOW)).toEqual(ordering);
});

it('the operation forget outlasts the end of the order, until the server answers', () => {
  expect(forgetSilent(ordering, NS2)).toBeUndefined();
  const silent = swept(ordering, 'timeout', NOW);
  const gone = forgetSilent(silent, NS2) ?? silent;
  expect(forgottenOf(silent)).toEqual([]);
  expect(forgottenOf(silenceOver(swept(gone, 'timeout', NOW + 1)))).toEqual([NS2]);
  expect(silenceReasons(gone, NOW)).toEqual([]);
  expect(silenceOver(silent)).toEqual(ordering);
  expect(forgottenOf(swept(gone, 'answered', NOW + 2))).toEqual([]);
});

it('moves with a clock that is set', () => {
  const { silentServers } = shiftLineage(swept(ordering, 'timeout', NOW), -600);
  expect(silentServers?.[NS2]?.since).toBe(NOW - 600);
});
