// Rule 12: old CNAME targets, name servers and endpoint addresses count until their own TTL is
// over.
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { OwnerHistory, SweepFacts } from '../../src/rollover/record/owner-history.ts';
import {
  mayBeAsked,
  newServiceHistory,
  recordLooks,
} from '../../src/rollover/record/service-history.ts';
import { recordSweep } from '../../src/rollover/record/sweep.ts';
import { cachedUntil, cachedVersions } from '../../src/rollover/record/versions.ts';
import { A, NOW, OWNER, POLICY, SERVICE, chain, record } from './world.ts';

const ofA = [record('3 1 1', A)];
const both = [...ofA, record('3 1 1', chain('B'))].sort();

function look(
  before: OwnerHistory | undefined,
  at: number,
  servers: Readonly<Record<string, readonly RdataHex[]>>,
  changes: Partial<SweepFacts> = {},
): OwnerHistory {
  const observations = Object.entries(servers).map(([address, content]) => ({
    server: fqdn(`ns-${address}.example.org`),
    address,
    answer: { content, ttl: 60, serial: at - NOW + 1, signedUntil: at + 9e6 },
  }));
  const zone = fqdn('example.org');
  const facts = { owner: OWNER, target: OWNER, zone, security: 'secure' as const, observations };
  const ttls = { aliasTtl: 0, serversTtl: 0, receivedAt: at };
  return recordSweep(before, { ...facts, ...ttls, ...changes }, POLICY);
}

const held = (history: OwnerHistory, at: number): number[] =>
  cachedVersions(history, POLICY, at).map(({ content }) => content.length);

describe('a name server that is removed from the zone', () => {
  const serversTtl = 3600;
  const before = look(undefined, NOW, { '1': ofA, '2': ofA }, { serversTtl });

  it('is still used by resolvers that cache the NS records, and may serve what it had', () => {
    const after = look(before, NOW + 10, { '1': both }, { serversTtl });
    expect(after.addresses['2']).toMatchObject({ leftAt: NOW + 10 });
    expect(held(after, NOW + 1000)).toContain(1);
    const much = look(after, NOW + 10 + 2 * 3600 + 5, { '1': both }, { serversTtl });
    expect(much.addresses['2']).toBeUndefined();
    expect(held(much, NOW + 10 + 2 * 3600 + 5 + 126)).toEqual([2]);
  });
  it('may still transfer later versions', () => {
    const left = look(before, NOW + 10, { '1': both }, { serversTtl });
    const other = [record('3 1 1', chain('C'))];
    const later = look(left, NOW + 20, { '1': other }, { serversTtl });
    const passed = later.versions.find(({ content }) => content.length === 2);
    expect(passed === undefined ? 0 : cachedUntil(passed, POLICY)).toBe(Infinity);
  });
  it('does not count any more at once where the configuration names the servers', () => {
    const fixed = look(undefined, NOW, { '1': ofA, '2': ofA });
    expect(Object.keys(look(fixed, NOW + 10, { '1': both }).addresses)).toEqual(['1']);
  });
  it('does not delay the end of a write', () => {
    const from = `60 ${ofA.join(',')}`;
    const to = `60 ${both.join(',')}`;
    const writes = [{ from, to, at: NOW, serial: 1 }];
    const after = look({ ...before, writes }, NOW + 10, { '1': both }, { serversTtl });
    expect(after.writes).toEqual([]);
  });
});

it('an alias that points elsewhere: the old RRset for the TTL of the alias and then its own', () => {
  const target = fqdn('tlsa.example.net');
  const before = look(undefined, NOW, { '1': ofA }, { target, aliasTtl: 600 });
  const after = look(before, NOW + 10, { '9': both });
  const old = after.versions.find(({ content }) => content.length === 1);
  expect(old === undefined ? 0 : cachedUntil(old, POLICY)).toBe(NOW + 10 + 2 * (600 + 60) + 5);
  expect(Object.keys(after.addresses)).toEqual(['9']);
  expect(after.ours).toEqual([]);
});

it('an alias that points elsewhere: serials of the old zone say nothing in the new one', () => {
  const target = fqdn('tlsa.example.net');
  const before = look(undefined, NOW + 100, { '1': ofA }, { target, aliasTtl: 600 });
  const at = (address: string, answer: object) => ({
    ...{ server: fqdn(`ns-${address}.example.org`), address },
    ...answer,
  });
  const shown = { content: both, ttl: 60, serial: 3, signedUntil: NOW + 9e6 };
  const first = look(before, NOW + 110, {}, { observations: [at('9', { answer: shown })] });
  const quiet = look(first, NOW + 120, {}, { observations: [at('9', { failure: 'timeout' })] });
  expect(quiet.addresses['9']?.mayServe).toEqual([`60 ${both.join(',')}`]);
});

it('an address that is removed from a host: clients may use it for the TTL of its record', () => {
  const met = [{ algorithm: 'ecdsa' as const, chain: A }];
  const looks = ['1', '2'].map((address) => ({ address, met, ttl: 300 }));
  const before = recordLooks(newServiceHistory(SERVICE.id), looks, 0, NOW);
  const [, gone] = Object.values(before.endpoints);
  if (gone === undefined) throw new Error('two were seen');
  expect(mayBeAsked(gone, POLICY, NOW + 604)).toBe(true);
  expect(mayBeAsked(gone, POLICY, NOW + 605)).toBe(false);
  // It is observed although DNS does not name it any more: that does not make its life longer.
  const later = [
    { address: '1', met, ttl: 20 },
    { address: '2', met },
  ];
  const after = recordLooks(before, later, 0, NOW + 100);
  expect(after.endpoints['1']).toMatchObject({ namedAt: NOW + 100, ttl: 300 });
  expect(after.endpoints['2']).toMatchObject({ namedAt: NOW, ttl: 300 });
});
