// What NSEC and NSEC3 records prove: the examples of the RFCs, and small zones whose content is
// known.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames } from '../../src/dns/canonical-order.ts';
import type { Denied, Finding } from '../../src/dns/denial-finding.ts';
import { fqdn, isWithin, type Fqdn } from '../../src/dns/name.ts';
import { judgeNsec, judgeNsecExpansion, nsecOf, type Nsec } from '../../src/dns/nsec.ts';
import { judgeNsec3, judgeNsec3Expansion, MAX_ITERATIONS } from '../../src/dns/nsec3-denial.ts';
import { hashedName, nsec3Of, type Nsec3 } from '../../src/dns/nsec3.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { toHex } from '../../src/base/bytes.ts';
import { authoritative, nsec3Chain, nsecChain, truthOf, type Nodes } from './zone-model.ts';
import { fromBase32Hex, recordsOf } from './zone-text.ts';

const zone = fqdn('example');
const nxdomain = (name: string, type: RecordType = 'A'): Denied => ({
  name: fqdn(name),
  type,
  claim: 'nxdomain',
});
const nodata = (name: string, type: RecordType): Denied => ({
  name: fqdn(name),
  type,
  claim: 'nodata',
});

it('names are in the order of RFC 4034 §6.1', () => {
  const names = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'z.a.example.',
    'zabc.a.example.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ] as Fqdn[];
  expect([...names].reverse().sort(compareNames)).toEqual(names);
  expect(compareNames(fqdn('z.example'), fqdn('z.example'))).toBe(0);
});

describe('RFC 4035 App. A and B', () => {
  const chain: readonly Nsec[] = recordsOf(`
    example. 3600 NSEC a.example. NS SOA MX RRSIG NSEC DNSKEY
    a.example. 3600 NSEC ai.example. NS DS RRSIG NSEC
    ai.example. 3600 NSEC b.example. A HINFO AAAA RRSIG NSEC
    b.example. 3600 NSEC ns1.example. NS RRSIG NSEC
    ns1.example. 3600 NSEC ns2.example. A RRSIG NSEC
    ns2.example. 3600 NSEC *.w.example. A RRSIG NSEC
    *.w.example. 3600 NSEC x.w.example. MX RRSIG NSEC
    x.w.example. 3600 NSEC x.y.w.example. MX RRSIG NSEC
    x.y.w.example. 3600 NSEC xx.example. MX RRSIG NSEC
    xx.example. 3600 NSEC example. A HINFO AAAA RRSIG NSEC`).map(({ owner, rdata }) =>
    nsecOf(owner, rdata),
  );
  const of = (...owners: readonly string[]): readonly Nsec[] =>
    chain.filter(({ owner }) => owners.includes(owner));

  it('B.2: a name error needs both records', () => {
    const judge = (...owners: readonly string[]) =>
      judgeNsec(of(...owners), nxdomain('ml.example'));
    expect(judge('b.example.', 'example.')).toEqual({
      status: 'nxdomain',
      detail: 'ml.example. does not exist',
      facts: {
        by: 'NSEC',
        closestEncloser: 'example.',
        covered: 'ml.example.',
        wildcard: '*.example.',
      },
    });
    expect(judge('b.example.').status).toBe('incomplete');
    expect(judge('example.').status).toBe('incomplete');
  });

  it('B.3: no data', () => {
    expect(judgeNsec(of('ns1.example.'), nodata('ns1.example', 'MX')).status).toBe('nodata');
    expect(judgeNsec(of('ns1.example.'), nodata('ns1.example', 'A'))).toMatchObject({
      status: 'type-exists',
      detail:
        'the server denies ns1.example. A, but its own proof says that ns1.example. has A records',
    });
    expect(judgeNsec(of('ns1.example.'), nxdomain('ns1.example')).status).toBe('name-exists');
  });

  it('B.5: the record of a delegation proves nothing except about the DS', () => {
    expect(judgeNsec(of('b.example.'), nodata('b.example', 'DS')).status).toBe('nodata');
    expect(judgeNsec(of('b.example.'), nodata('b.example', 'MX')).status).toBe('beyond-cut');
    expect(judgeNsec(of('b.example.', 'example.'), nxdomain('mc.b.example')).status).toBe(
      'beyond-cut',
    );
  });

  it('B.6: wildcard expansion', () => {
    const expanded = { name: fqdn('a.z.w.example'), wildcard: fqdn('*.w.example') };
    expect(judgeNsecExpansion(of('x.y.w.example.'), expanded)).toMatchObject({
      status: 'expansion',
      facts: { closestEncloser: 'w.example.', covered: 'z.w.example.' },
    });
    expect(judgeNsecExpansion(of('xx.example.'), expanded).status).toBe('incomplete');
    const nearer = { name: fqdn('a.y.w.example'), wildcard: fqdn('*.w.example') };
    expect(judgeNsecExpansion(of('x.w.example.'), nearer).status).toBe('name-exists');
  });

  it('B.7: wildcard no data', () => {
    const both = of('x.y.w.example.', '*.w.example.');
    expect(judgeNsec(both, nodata('a.z.w.example', 'AAAA'))).toMatchObject({
      status: 'nodata',
      facts: { wildcard: '*.w.example.', covered: 'z.w.example.' },
    });
    expect(judgeNsec(both, nodata('a.z.w.example', 'MX')).status).toBe('type-exists');
    expect(judgeNsec(both, nxdomain('a.z.w.example')).status).toBe('wildcard-exists');
  });

  it('B.8: the zone itself cannot deny its DS', () => {
    expect(judgeNsec(of('example.'), nodata('example', 'DS')).status).toBe('beyond-cut');
  });

  it('an empty non-terminal exists: NXDOMAIN for it is a wrong denial', () => {
    expect(judgeNsec(of('x.w.example.'), nodata('y.w.example', 'A'))).toMatchObject({
      status: 'nodata',
      facts: { matching: 'y.w.example.', emptyNonTerminal: true },
    });
    expect(judgeNsec(chain, nxdomain('y.w.example'))).toMatchObject({
      status: 'name-exists',
      detail:
        'the server says that y.w.example. does not exist, but its own proof says that x.y.w.example. exists below it',
    });
  });

  it('NODATA with the proof of NXDOMAIN is a contradiction', () => {
    expect(judgeNsec(chain, nodata('ml.example', 'A')).status).toBe('no-such-name');
  });
});

const HASHES: readonly (readonly [string, string])[] = [
  ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
  ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
  ['ai.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
  ['ns1.example', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
  ['ns2.example', 'q04jkcevqvmu85r014c7dkba38o0ji5r'],
  ['w.example', 'k8udemvp1j2f7eg6jebps17vp3n8i58h'],
  ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
  ['x.w.example', 'b4um86eghhds6nea196smvmlo4ors995'],
  ['y.w.example', 'ji6neoaepv8b5o6k4ev33abha8ht9fgc'],
  ['x.y.w.example', '2vptu5timamqttgl4luu9kg21e0aor3s'],
  ['xx.example', 't644ebqk9bibcna874givr6joj62mlhv'],
  ['2t7b4g4vsa5smi47k61mv5bv1a22bojr.example', 'kohar7mbb8dc2ce8a9qvl8hon4k53uhi'],
];

describe('RFC 5155 App. A and B', () => {
  it.each(HASHES)('hashes %s', (name, hash) => {
    expect(hashedName(fqdn(name), 12, 'aabbccdd')).toBe(toHex(fromBase32Hex(hash)));
  });

  const chainWith = (flags: number): readonly Nsec3[] =>
    recordsOf(`
    0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 NSEC3 1 ${flags} 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG
    2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. 3600 NSEC3 1 ${flags} 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG
    2vptu5timamqttgl4luu9kg21e0aor3s.example. 3600 NSEC3 1 ${flags} 12 aabbccdd 35mthgpgcu1qg68fab165klnsnk3dpvl MX RRSIG
    35mthgpgcu1qg68fab165klnsnk3dpvl.example. 3600 NSEC3 1 ${flags} 12 aabbccdd b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG
    b4um86eghhds6nea196smvmlo4ors995.example. 3600 NSEC3 1 ${flags} 12 aabbccdd gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG
    gjeqe526plbf1g8mklp59enfd789njgi.example. 3600 NSEC3 1 ${flags} 12 aabbccdd ji6neoaepv8b5o6k4ev33abha8ht9fgc HINFO A AAAA RRSIG
    ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. 3600 NSEC3 1 ${flags} 12 aabbccdd k8udemvp1j2f7eg6jebps17vp3n8i58h
    k8udemvp1j2f7eg6jebps17vp3n8i58h.example. 3600 NSEC3 1 ${flags} 12 aabbccdd kohar7mbb8dc2ce8a9qvl8hon4k53uhi
    kohar7mbb8dc2ce8a9qvl8hon4k53uhi.example. 3600 NSEC3 1 ${flags} 12 aabbccdd q04jkcevqvmu85r014c7dkba38o0ji5r A RRSIG
    q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 NSEC3 1 ${flags} 12 aabbccdd r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG
    r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. 3600 NSEC3 1 ${flags} 12 aabbccdd t644ebqk9bibcna874givr6joj62mlhv MX RRSIG
    t644ebqk9bibcna874givr6joj62mlhv.example. 3600 NSEC3 1 ${flags} 12 aabbccdd 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom HINFO A AAAA RRSIG`).map(
      ({ owner, rdata }) => nsec3Of(owner, rdata, zone),
    );
  const pick = (chain: readonly Nsec3[], ...starts: readonly string[]): readonly Nsec3[] =>
    starts.map((start) => {
      const label = HASHES.find(([, hash]) => hash.startsWith(start))?.[1] ?? '';
      const found = chain.find(({ hash }) => hash === toHex(fromBase32Hex(label)));
      if (found === undefined) throw new Error(start);
      return found;
    });
  const chain = chainWith(0);
  const of = (...starts: readonly string[]): readonly Nsec3[] => pick(chain, ...starts);
  const judge = (records: readonly Nsec3[], denied: Denied): Finding =>
    judgeNsec3(records, denied, zone);

  it('B.1: a name error needs all three records', () => {
    const denied = nxdomain('a.c.x.w.example');
    const three = ['0p9m', 'b4um', '35mt'];
    expect(judge(of(...three), denied)).toEqual({
      status: 'nxdomain',
      detail: 'a.c.x.w.example. does not exist',
      facts: {
        by: 'NSEC3',
        iterations: 12,
        salt: 'aabbccdd',
        closestEncloser: 'x.w.example.',
        covered: 'c.x.w.example.',
        wildcard: '*.x.w.example.',
        optOut: false,
      },
    });
    for (const left of three) {
      expect(judge(of(...three.filter((it) => it !== left)), denied).status).toBe('incomplete');
    }
  });

  it('B.1: with the opt-out flag of the example, an unsigned delegation may be there', () => {
    const records = pick(chainWith(1), '0p9m', 'b4um', '35mt');
    expect(judge(records, nxdomain('a.c.x.w.example'))).toMatchObject({
      status: 'opt-out',
      facts: { optOut: true },
    });
  });

  it('B.2: no data, at an empty non-terminal too', () => {
    expect(judge(of('2t7b'), nodata('ns1.example', 'MX')).status).toBe('nodata');
    expect(judge(of('2t7b'), nodata('ns1.example', 'A')).status).toBe('type-exists');
    expect(judge(of('2t7b'), nxdomain('ns1.example')).status).toBe('name-exists');
    expect(judge(of('ji6n'), nodata('y.w.example', 'A'))).toMatchObject({
      status: 'nodata',
      facts: { matching: 'y.w.example.', emptyNonTerminal: true },
    });
    expect(judge(of('ji6n'), nxdomain('y.w.example')).status).toBe('name-exists');
  });

  it('B.3: no DS at an opted-out delegation', () => {
    const records = pick(chainWith(1), '35mt', '0p9m');
    expect(judge(records, nodata('c.example', 'DS')).status).toBe('opt-out');
    expect(judge(of('35mt'), nodata('a.example', 'MX')).status).toBe('beyond-cut');
  });

  it('nothing is concluded about names below a delegation (RFC 6840 §4.1)', () => {
    expect(judge(chain, nxdomain('mc.a.example')).status).toBe('beyond-cut');
    expect(judge(chain, nodata('mc.a.example', 'A')).status).toBe('beyond-cut');
  });

  it('B.4: wildcard expansion', () => {
    const expanded = { name: fqdn('a.z.w.example'), wildcard: fqdn('*.w.example') };
    expect(judgeNsec3Expansion(of('q04j'), expanded)).toMatchObject({
      status: 'expansion',
      facts: { closestEncloser: 'w.example.', covered: 'z.w.example.' },
    });
    expect(judgeNsec3Expansion(pick(chainWith(1), 'q04j'), expanded).status).toBe('opt-out');
    expect(judgeNsec3Expansion(of('0p9m'), expanded).status).toBe('incomplete');
    const nearer = { ...expanded, name: fqdn('a.y.w.example') };
    expect(judgeNsec3Expansion(of('ji6n'), nearer).status).toBe('name-exists');
  });

  it('B.5: wildcard no data', () => {
    const records = of('k8ud', 'q04j', 'r53b');
    expect(judge(records, nodata('a.z.w.example', 'AAAA'))).toMatchObject({
      status: 'nodata',
      facts: { wildcard: '*.w.example.', covered: 'z.w.example.' },
    });
    expect(judge(records, nodata('a.z.w.example', 'MX')).status).toBe('type-exists');
    expect(judge(records, nxdomain('a.z.w.example')).status).toBe('wildcard-exists');
    expect(judge(of('k8ud', 'q04j'), nodata('a.z.w.example', 'AAAA')).status).toBe('incomplete');
  });

  it('B.6: the zone itself cannot deny its DS', () => {
    expect(judge(of('0p9m'), nodata('example', 'DS')).status).toBe('beyond-cut');
  });

  it('NODATA with the proof of NXDOMAIN is a contradiction', () => {
    expect(judge(chain, nodata('a.c.x.w.example', 'A')).status).toBe('no-such-name');
  });

  it('reports why records cannot be used', () => {
    const denied = nodata('ns1.example', 'MX');
    const all = (change: Partial<Nsec3>) => chain.map((it) => ({ ...it, ...change }));
    expect(judge(all({ algorithm: 2 }), denied).status).toBe('unknown-hash');
    expect(judge(all({ flags: 2 }), denied).status).toBe('unknown-hash');
    expect(judge(all({ iterations: MAX_ITERATIONS + 1 }), denied)).toMatchObject({
      status: 'too-many-iterations',
      facts: { iterations: 51 },
    });
    const [first, ...rest] = chain;
    if (first === undefined) throw new Error('no chain');
    expect(judge([{ ...first, salt: '' }, ...rest], denied).status).toBe('mixed-parameters');
    expect(judge([{ ...first, algorithm: 2 }, ...rest], denied).status).toBe('nodata');
  });
});

it('accepts the records that servers make for one name on request (RFC 9824)', () => {
  const compact = (bits: string): readonly Nsec[] => [
    nsecOf(fqdn('nope.example'), `0100046e6f7065076578616d706c6500${bits}`),
  ];
  const noName = compact('0006000000000003'); // RRSIG, NSEC
  const withMark = compact(`0011000000000003${'00'.repeat(10)}80`); // and NXNAME
  expect(judgeNsec(noName, nodata('nope.example', 'A')).status).toBe('nodata');
  expect(judgeNsec(noName, nxdomain('nope.example')).status).toBe('name-exists');
  expect(judgeNsec(withMark, nodata('nope.example', 'A'))).toMatchObject({
    status: 'nodata',
    facts: { types: [46, 47, 128] },
  });
  expect(judgeNsec(withMark, nxdomain('nope.example')).status).toBe('nxdomain');
});

describe('small zones', () => {
  const apex = fqdn('z.test');
  const label = fc.constantFrom('a', 'b', 'c', '*', '_tcp');
  const name = fc
    .array(label, { minLength: 0, maxLength: 4 })
    .map((labels) => [...labels, 'z.test.'].join('.') as Fqdn);
  const types = fc.constantFrom<readonly RecordType[]>(
    ['A'],
    ['TLSA'],
    ['A', 'TLSA'],
    ['CNAME'],
    ['NS'],
    ['NS', 'DS'],
  );
  const nodes: fc.Arbitrary<Nodes> = fc
    .array(fc.tuple(name, types), { maxLength: 7 })
    .map((made) => new Map([...made, [apex, ['SOA', 'NS', 'A']]]));
  const type = fc.constantFrom<RecordType>('A', 'TLSA', 'CNAME', 'DS', 'NS');
  const dropped = fc.array(fc.nat(20), { maxLength: 3 });
  const without = <T>(records: readonly T[], drop: readonly number[]): readonly T[] =>
    records.filter((_, index) => !drop.includes(index));

  const both = (
    zoneNodes: Nodes,
    drop: readonly number[],
    optOut = false,
  ): readonly ((denied: Denied) => Finding)[] => {
    const byHash = without(
      nsec3Chain(zoneNodes, apex, { iterations: 1, salt: 'ab', optOut }),
      drop,
    );
    return [
      (denied) => judgeNsec(without(nsecChain(zoneNodes, apex), drop), denied),
      (denied) => judgeNsec3(byHash, denied, apex),
    ];
  };

  it('with all its records, what is true is proven, and nothing else', () => {
    fc.assert(
      fc.property(nodes, name, type, (zoneNodes, asked, askedType) => {
        fc.pre(!(asked === apex && askedType === 'DS'));
        const truth = truthOf(zoneNodes, apex, asked, askedType);
        for (const judge of both(zoneNodes, [])) {
          for (const claim of ['nxdomain', 'nodata'] as const) {
            const { status } = judge({ name: asked, type: askedType, claim });
            const isProven = status === 'nxdomain' || status === 'nodata';
            expect({ claim, isProven, status: isProven ? status : 'no' }).toEqual({
              claim,
              isProven: truth.is === claim,
              status: truth.is === claim ? claim : 'no',
            });
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('with some of its records, and with opt-out, nothing untrue is proven', () => {
    fc.assert(
      fc.property(
        nodes,
        name,
        type,
        dropped,
        fc.boolean(),
        (zoneNodes, asked, of, drop, optOut) => {
          const truth = truthOf(zoneNodes, apex, asked, of);
          for (const judge of both(zoneNodes, drop, optOut)) {
            for (const claim of ['nxdomain', 'nodata'] as const) {
              const { status } = judge({ name: asked, type: of, claim });
              if (status === 'nxdomain' || status === 'nodata') expect(status).toBe(truth.is);
            }
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('an answer from a wildcard is proven where the wildcard answers, and nowhere else', () => {
    fc.assert(
      fc.property(nodes, name, dropped, (zoneNodes, asked, drop) => {
        const truth = truthOf(zoneNodes, apex, asked, 'A');
        const options = { iterations: 0, salt: '', optOut: false };
        const judge = (wildcard: Fqdn, left: readonly number[]): readonly Finding[] => {
          const expanded = { name: asked, wildcard };
          const byHash = nsec3Chain(zoneNodes, apex, options);
          return [
            judgeNsecExpansion(without(nsecChain(zoneNodes, apex), left), expanded),
            judgeNsec3Expansion(without(byHash, left), expanded),
          ];
        };
        for (const wildcard of authoritative(zoneNodes, apex).keys()) {
          const encloser = wildcard.slice(2) as Fqdn;
          if (!wildcard.startsWith('*.') || !isWithin(asked, encloser)) continue;
          if (asked === encloser || asked === wildcard) continue;
          const answers = 'wildcard' in truth && truth.wildcard === wildcard;
          for (const { status } of judge(wildcard, []))
            expect(status === 'expansion').toBe(answers);
          if (answers) continue;
          for (const { status } of judge(wildcard, drop)) expect(status).not.toBe('expansion');
        }
      }),
      { numRuns: 1500 },
    );
  });
});
