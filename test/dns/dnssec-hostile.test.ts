// Hostile messages: with any content, judging ends soon, with a verdict.
import { expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { judgeDenial, judgeExpansion } from '../../src/dns/denial.ts';
import { digestOf, dnskeyOf, dsOf, type ZoneKeys } from '../../src/dns/dnskey.ts';
import { authenticateKeys } from '../../src/dns/key-set.ts';
import { fqdn } from '../../src/dns/name.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetIn, signedSetsIn } from '../../src/dns/signed-set.ts';
import { readMessage, type WireRecord } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { Chance } from '../sim/chance.ts';
import { responseOf, sectionOf, signZone } from './signed-zone.ts';
import { keyOfSameTag, makeKey, signed, type SigningOptions } from './signer.ts';

const zone = fqdn('example.org');
const name = fqdn('_25._tcp.no.example.org');
const wildcard = fqdn('*.example.org');
const now = 1_800_000_000;
const key = makeKey(8); // the quickest to verify
const options: SigningOptions = { zone, key, from: now - 1000, until: now + 1000 };
const nodes = new Map([
  [zone, ['SOA', 'NS', 'MX']],
  [fqdn('mx.example.org'), ['A']],
  [fqdn('_25._tcp.mx.example.org'), ['TLSA']],
] as const);
const made = signZone(nodes, { iterations: 3, salt: 'abcd', optOut: false }, options);
const keys = signed({ owner: zone, type: 48, ttl: 60, rdata: [key.dnskey.rdata] }, options);
const tlsa = signed({ owner: name, type: 52, ttl: 60, rdata: ['0301010a'] }, options);
const dsRdata = toHex(
  new WireWriter()
    .u16(key.dnskey.keyTag)
    .u8(8)
    .u8(2)
    .bytes(fromHex(digestOf(zone, key.dnskey, 2) ?? ''))
    .finish(),
);
const ds = { owner: zone, type: 43, ttl: 60, rdata: [dsRdata], signatures: [] };

/** What a validator does with a message, a part of it at a time. */
const JUDGES: readonly ((records: readonly WireRecord[], by: ZoneKeys) => unknown)[] = [
  (records, by) =>
    signedSetsIn(records, [1, 6, 47, 50, 52]).map((set) => verifySet(set, by, now).status),
  (records) => {
    const found = signedSetIn(records, zone, 'DNSKEY');
    const delegation = signedSetIn(records, zone, 'DS')?.rdata.map(dsOf) ?? [];
    return found && authenticateKeys(found, delegation, now).status;
  },
  (records, by) => judgeExpansion(records, { name, wildcard }, by, now).status,
  (records, by) => judgeDenial(records, { name: zone, type: 'TLSA', claim: 'nodata' }, by, now),
  (records, by) => judgeDenial(records, { name, type: 'TLSA', claim: 'nxdomain' }, by, now),
];

it('20,000 changed messages end in a verdict or in the one error, and soon', () => {
  const chance = new Chance(7);
  const seeds = [made.nsec, made.nsec3].map((proof) =>
    responseOf(3, { name, type: 'TLSA' }, sectionOf(tlsa, keys, ds), sectionOf(made.soa, ...proof)),
  );
  let read = 0;
  const start = performance.now();
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = chance.pick(seeds).slice();
    for (let edits = chance.between(1, 6); edits > 0; edits -= 1) {
      bytes[Math.floor(chance.between(12, bytes.length))] = Math.floor(chance.between(0, 256));
    }
    try {
      const { answers, authorities } = readMessage(bytes);
      const records = [...answers, ...authorities];
      const more = signedSetIn(records, zone, 'DNSKEY')?.rdata.map(dnskeyOf) ?? [];
      chance.pick(JUDGES)(records, { zone, keys: [key.dnskey, ...more] });
      read += 1;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  expect(read).toBeGreaterThan(5000);
  expect(performance.now() - start).toBeLessThan(60_000);
}, 90_000);

it('a message full of keys of one tag and of signatures by them does not take hours (CVE-2023-50387)', () => {
  const wrong = (count: number): SigningOptions[] =>
    Array.from({ length: count }, (_, i) => ({
      ...options,
      name: fqdn('x.example.org'),
      until: options.until + i,
    }));
  const many = Array.from({ length: 300 }, (_, turn) => keyOfSameTag(key.dnskey, turn + 1).rdata);
  const heavy = {
    keys: signed({ owner: zone, type: 48, ttl: 60, rdata: many }, ...wrong(50)),
    proof: made.nsec3.map(({ owner, type, ttl, rdata }) =>
      signed({ owner, type, ttl, rdata }, ...wrong(20)),
    ),
  };
  const answers = sectionOf(heavy.keys);
  const bytes = responseOf(3, { name, type: 'TLSA' }, answers, sectionOf(...heavy.proof));
  const message = readMessage(bytes);
  const by: ZoneKeys = { zone, keys: many.map(dnskeyOf) };
  const start = performance.now();
  const denied = { name, type: 'TLSA', claim: 'nxdomain' } as const;
  expect(judgeDenial(message.authorities, denied, by, now).status).toBe('too-much-work');
  expect(performance.now() - start).toBeLessThan(2000);
});

it('a deep name costs a bounded number of hashes (CVE-2023-50868)', () => {
  const deep = fqdn(`${'a.'.repeat(110)}example.org`);
  const long = signZone(nodes, { iterations: 50, salt: 'ff'.repeat(255), optOut: false }, options);
  const start = performance.now();
  const denied = { name: deep, type: 'TLSA', claim: 'nxdomain' } as const;
  const by: ZoneKeys = { zone, keys: [key.dnskey] };
  expect(judgeDenial(sectionOf(...long.nsec3), denied, by, now).status).toBe('nxdomain');
  expect(performance.now() - start).toBeLessThan(1000);
});
