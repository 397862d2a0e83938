// Which wildcards a first record would disable, found by queries alone, compared with the content
// of the zone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fqdn, isWithin } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { targetName, targetRdata } from '../../src/dns/rdata.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { silencedBy } from '../../src/engine/observe/wildcards.ts';
import type { DirectAnswer, Resolver } from '../../src/ports/resolver.ts';
import { missingRecords } from '../../src/rollover/plan/records/wildcards.ts';
import { answerIn } from '../sim/names.ts';
import { truthOf, type Nodes } from '../dns/zone-model.ts';

const ZONE = fqdn('example.org');
const A = 'c0000201';
const MX = `000a${targetRdata(fqdn('mail.example.org'))}`;
const TLSA = `030101${'aa'.repeat(32)}`;
const text = (value: string): string =>
  Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]).toString('hex');

type Records = Readonly<Record<string, string>>;

const full = (name: string): Fqdn => (name === '@' ? ZONE : fqdn(`${name}.${ZONE}`));

/**
 * `owner TYPE` relative to the zone. `isCompact`: it never answers that a name does not exist (RFC
 * 9824).
 */
function zoneWith(records: Records, isCompact = false): Pick<Resolver, 'ask' | 'lookup'> {
  const contents = new Map(
    Object.entries(records).map(([key, data]) => {
      const [name = '', type = ''] = key.split(' ');
      return [`${full(name)} ${type}`, [type === 'CNAME' ? targetRdata(fqdn(data)) : data]];
    }),
  );
  const answer = (name: Fqdn, type: RecordType): DirectAnswer => {
    if (!isWithin(name, ZONE)) return { rdata: [], exists: false };
    const { rdata, exists } = answerIn(contents, ZONE, name, type);
    return { rdata, exists: exists || isCompact };
  };
  return {
    ask: (_zone, name, type) => Promise.resolve(answer(name, type)),
    lookup: (name, type) => {
      const [alias] = answer(name, 'CNAME').rdata;
      const end = alias === undefined ? name : targetName(alias);
      const { rdata } = answer(end, type);
      const known = { aliases: [], authentic: true };
      return Promise.resolve(
        rdata.length === 0
          ? { ...known, status: 'nodata' }
          : { ...known, status: 'found', rrset: { owner: end, type, ttl: 60, rdata } },
      );
    },
  };
}

async function silenced(owner: string, records: Records, isCompact = false): Promise<string[]> {
  const place = { owner: full(owner), zone: ZONE };
  return [...missingRecords(await silencedBy(place, zoneWith(records, isCompact), {}))].sort();
}

const HOST = '_25._tcp.mx';
const APEX = '_25._tcp';

describe.each([
  ['that denies names that do not exist', false],
  ['that never denies a name', true],
])('K1: at a server %s', (_, isCompact) => {
  const refused: [string, string, Records, string[]][] = [
    ['addresses', HOST, { '* A': A }, ['mx.example.org. A 192.0.2.1']],
    [
      'IPv6 alone',
      HOST,
      { '* AAAA': `20010db8${'0'.repeat(23)}1` },
      ['mx.example.org. AAAA 2001:db8::1'],
    ],
    ['mail alone', HOST, { '* MX': MX }, ['mx.example.org. MX 10 mail.example.org.']],
    [
      'an alias',
      HOST,
      { '* CNAME': 'web.example.net' },
      ['mx.example.org. CNAME web.example.net.'],
    ],
    ['a challenge', '_acme-challenge.mx', { '* A': A }, ['mx.example.org. A 192.0.2.1']],
    [
      'a name two labels below',
      '_25._tcp.mx.b',
      { '* A': A },
      ['b.example.org. A 192.0.2.1', 'mx.b.example.org. A 192.0.2.1'],
    ],
    [
      'a deeper wildcard',
      '_25._tcp.mx.b',
      { '*.b MX': MX, '* A': A },
      ['mx.b.example.org. MX 10 mail.example.org.'],
    ],
    [
      'a policy for senders at a host',
      HOST,
      { '* TXT': text('v=spf1 -all') },
      ['mx.example.org. TXT "v=spf1 -all"'],
    ],
    [
      'certificates of the neighbours',
      APEX,
      { '* TLSA': TLSA },
      [`*._tcp.example.org. TLSA 3 1 1 ${'aa'.repeat(32)}`],
    ],
    ['services', APEX, { '* SRV': '0000' }, ['*._tcp.example.org. SRV \\# 2 0000']],
    [
      'a text for services',
      APEX,
      { '* TXT': text('a="b"') },
      ['*._tcp.example.org. TXT "a=\\"b\\""'],
    ],
    [
      'an alias that leads to records of services',
      APEX,
      { '* CNAME': '_all.example.org', '_all TLSA': TLSA },
      ['*._tcp.example.org. CNAME _all.example.org.'],
    ],
    [
      'the end of an alias in another host',
      'abc.challenges',
      { '*.challenges A': A, 'challenges A': A },
      ['abc.challenges.example.org. A 192.0.2.1'],
    ],
  ];
  it.each(refused)('a wildcard with %s', async (_what, owner, records, expected) => {
    expect(await silenced(owner, records, isCompact)).toEqual(expected);
  });

  const allowed: [string, string, Records][] = [
    ['the host has an address of its own', HOST, { '* A': A, 'mx A': A }],
    ['the host exists, and the wildcard has other types', HOST, { '* MX': MX, 'mx A': A }],
    ['the host is there for what is below it', HOST, { '* A': A, 'www.mx A': A }],
    ['other records exist below the host already', HOST, { '* A': A, '_443._tcp.mx TLSA': TLSA }],
    [
      'the host has a wildcard of its own, with the same data',
      HOST,
      { '* A': A, 'mx A': A, '*.mx A': A },
    ],
    ['the zone itself is the host', APEX, { '* A': A, '* MX': MX, '* AAAA': A }],
    [
      'the zone itself is asked for, with a policy for senders below it',
      APEX,
      { '* TXT': text('v=spf1 -all') },
    ],
    [
      'the challenge of the zone itself',
      '_acme-challenge',
      { '* A': A, '* TXT': text('x'), '* TLSA': TLSA },
    ],
    [
      'an alias for hosts, at the zone itself',
      APEX,
      { '* CNAME': 'example.org', '@ TXT': text('x'), '@ A': A },
    ],
    ['the names of services exist already', APEX, { '* TLSA': TLSA, '_443._tcp TLSA': TLSA }],
    ['the wildcard below is explicit', APEX, { '* TLSA': TLSA, '*._tcp TLSA': TLSA }],
    ['there is no wildcard', HOST, { 'www A': A }],
  ];
  it.each(allowed)('no wildcard is disabled where %s', async (_what, owner, records) => {
    expect(await silenced(owner, records, isCompact)).toEqual([]);
  });

  it('every answer that a first record ends is known before, in every zone', async () => {
    const label = fc.constantFrom('*', 'a', 'b', '_tcp', 'mx');
    const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
    // An asterisk below an asterisk has no meaning in these zones.
    const usual = name.filter((it) => it.lastIndexOf('*') <= 0);
    const key = fc.tuple(usual, fc.constantFrom('A', 'MX', 'TLSA')).map((it) => it.join(' '));
    const owners = fc.constantFrom('_25._tcp.mx', '_25._tcp.mx.a', '_acme-challenge.b', '_25._tcp');
    const records = fc.uniqueArray(key, { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(records, owners, async (keys, relative) => {
        const owner = full(relative);
        const all = Object.fromEntries(keys.map((it) => [it, it.endsWith('A') ? TLSA : MX]));
        const found = await silencedBy({ owner, zone: ZONE }, zoneWith(all, isCompact), {});
        expect(new Set(found.map((it) => `${it.name} ${it.type}`))).toEqual(truly(keys, owner));
      }),
      { numRuns: 500, seed: 26 },
    );
  });
});

/** By comparing the zone before and after. */
function truly(keys: readonly string[], owner: Fqdn): Set<string> {
  const nodes = new Map<Fqdn, RecordType[]>([[ZONE, ['SOA', 'NS']]]);
  for (const key of keys) {
    const [name = '', type] = key.split(' ') as [string, RecordType];
    nodes.set(full(name), [...(nodes.get(full(name)) ?? []), type]);
  }
  const after: Nodes = new Map([...nodes, [owner, [...(nodes.get(owner) ?? []), 'TXT']]]);
  const isLost = (name: Fqdn, type: RecordType): boolean =>
    truthOf(nodes, ZONE, name, type).is === 'data' &&
    truthOf(after, ZONE, name, type).is !== 'data';
  const lost = new Set<string>();
  for (let at: Fqdn = owner; at !== ZONE; at = fqdn(at.slice(at.indexOf('.') + 1))) {
    if (!isWithin(at, ZONE)) break;
    const isService = at.startsWith('_');
    const asked = isService ? fqdn(`other.${at}`) : at;
    const types = isService
      ? at === owner
        ? []
        : (['TLSA'] as const)
      : (['A', 'MX', 'TLSA'] as const);
    for (const type of types) {
      if (isLost(asked, type)) lost.add(`${isService ? `*.${at}` : at} ${type}`);
    }
  }
  return lost;
}
