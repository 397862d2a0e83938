// One question to all servers of a zone that have different versions of it: what is true at some of
// them only is not known yet.
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import { silencedBy } from '../../src/engine/observe/wildcards.ts';
import type { Resolver } from '../../src/ports/resolver.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import type { FakeServer } from './fake-server.ts';
import { fakeResolver, fakeZone } from './fake-zone.ts';

const zone = fqdn('example.org');
const clock = { now: () => 1_800_000_000 } as Clock;
const BELOW_WILDCARD = { '*.wild A': 'c0000201' };
const OF_ITS_OWN = { ...BELOW_WILDCARD, 'mx.wild A': 'c0000201' };

const open: FakeServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function resolverOf(...versions: readonly Record<string, string>[]): Promise<Resolver> {
  const made = await Promise.all([
    fakeResolver({ zone, records: BELOW_WILDCARD }),
    ...versions.map((records) => fakeZone({ zone, records })),
  ]);
  open.push(...made);
  const [resolver, ...nameservers] = made;
  const options = { resolvers: [resolver], clock, addressTimeoutMs: 500 };
  return createResolver({ ...options, zones: [{ zone, nameservers }] });
}

describe('K1: while records of its own reach the name servers', () => {
  const owner = fqdn('_25._tcp.mx.wild.example.org');

  it('a host is neither below a wildcard nor by itself', async () => {
    const resolver = await resolverOf(BELOW_WILDCARD, OF_ITS_OWN);
    await expect(silencedBy({ owner, zone }, resolver, {})).rejects.toMatchObject({
      code: 'DNS_DISAGREE',
      retry: true,
      message:
        'some name servers answer A questions below mx.wild.example.org from a wildcard, and others know mx.wild.example.org itself',
    });
  });

  it.each([
    ['below a wildcard before', BELOW_WILDCARD, 1],
    ['by itself afterwards', OF_ITS_OWN, 0],
  ])('a host is %s', async (_, records, count) => {
    const resolver = await resolverOf(records, records);
    expect(await silencedBy({ owner, zone }, resolver, {})).toHaveLength(count);
  });
});
