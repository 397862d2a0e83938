import { describe, expect, it } from 'vitest';
import { judgeDenial, judgeExpansion } from '../../src/dns/denial.ts';
import type { Denied } from '../../src/dns/denial-finding.ts';
import { fqdn } from '../../src/dns/name.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetIn, type SignedSet } from '../../src/dns/signed-set.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';
import { resigned, responseOf, sectionOf, signZone } from './signed-zone.ts';
import { makeKey, rrsigOver, signed, type SigningOptions } from './signer.ts';

const zone = fqdn('example.org');
const now = 1_800_000_000;
const key = makeKey();
const by = { zone, keys: [key.dnskey] };
const options: SigningOptions = { zone, key, from: now - 1000, until: now + 1000 };
const nodes = new Map([
  [zone, ['SOA', 'NS', 'MX']],
  [fqdn('mx.example.org'), ['A']],
  [fqdn('_25._tcp.mx.example.org'), ['TLSA']],
  [fqdn('*.wild.example.org'), ['TLSA']],
] as const);
const zoneOf = (iterations = 0) =>
  signZone(nodes, { iterations, salt: '', optOut: false }, options);
const made = zoneOf();
const nxdomain: Denied = { name: fqdn('_25._tcp.no.example.org'), type: 'TLSA', claim: 'nxdomain' };
const nodata: Denied = { name: fqdn('mx.example.org'), type: 'TLSA', claim: 'nodata' };

const judge = (denied: Denied, ...sets: readonly SignedSet[]) =>
  judgeDenial(sectionOf(...sets), denied, by, now);

describe.each(['nsec', 'nsec3'] as const)('judgeDenial by %s', (kind) => {
  const proof = made[kind];
  const [first, ...rest] = proof;
  if (first === undefined) throw new Error('no proof');

  it('accepts what is signed and returns what the server says', () => {
    expect(judge(nxdomain, made.soa, ...proof)).toMatchObject({
      status: 'nxdomain',
      from: options.from,
      until: options.until,
      facts: { closestEncloser: zone, covered: 'no.example.org.', wildcard: '*.example.org.' },
    });
    expect(judge(nodata, made.soa, ...proof).status).toBe('nodata');
    const wrong: Denied = { ...nxdomain, name: fqdn('_tcp.mx.example.org') };
    expect(judge(wrong, made.soa, ...proof).status).toBe('name-exists');
  });

  it('lasts as long as the signature that expires first', () => {
    const short = resigned(first, { ...options, from: now - 5, until: now + 5 });
    const verdict = judge(nxdomain, made.soa, short, ...rest);
    expect(verdict).toMatchObject({ status: 'nxdomain', from: now - 5, until: now + 5 });
  });

  it.each([
    ['unsigned', {}],
    ['expired', { until: now - 1 }],
    ['not-yet-valid', { from: now + 1 }],
    ['wrong-signature', { originalTtl: 299, name: fqdn('x.example.org') }],
    ['no-such-key', { key: makeKey() }],
    ['wrong-signer', { zone: fqdn('org') }],
    ['unsupported-algorithm', { algorithm: 7 }],
    ['malformed', { labels: 9 }],
  ] as const)('reports %s of a record of the proof, and of the SOA', (status, change) => {
    const broken = (set: SignedSet): SignedSet =>
      status === 'unsigned' ? { ...set, signatures: [] } : resigned(set, { ...options, ...change });
    const byProof = judge(nxdomain, made.soa, broken(first), ...rest);
    expect(byProof).toMatchObject({ status, facts: {} });
    expect(byProof.detail).toContain(first.owner);
    expect(byProof.sets.map(({ verdict }) => verdict.status)).toContain(status);
    expect(judge(nxdomain, broken(made.soa), ...proof)).toMatchObject({ status });
  });

  it('accepts no proof that a wildcard has made', () => {
    const owner = fqdn('*.example.org');
    const star = { ...first, owner };
    const type = kind === 'nsec' ? 47 : 50;
    const expanded = { ...first, signatures: [rrsigOver(star, { ...options, labels: 2 })] };
    const moved =
      expanded.owner === zone ? { ...expanded, owner: fqdn('a.example.org') } : expanded;
    expect(judge(nxdomain, { ...moved, type })).toMatchObject({
      status: 'malformed',
      detail: expect.stringContaining('made from a wildcard') as string,
    });
  });

  it('proves an answer from a wildcard', () => {
    const name = fqdn('_25._tcp.wild.example.org');
    const wildcard = fqdn('*.wild.example.org');
    const expanded = { name, wildcard };
    expect(judgeExpansion(sectionOf(...proof), expanded, by, now).status).toBe('expansion');
    expect(judgeExpansion([], expanded, by, now).status).toBe('no-proof');
    const late = judgeExpansion(sectionOf(...proof), expanded, by, options.until + 1);
    expect(late.status).toBe('expired');
  });
});

describe('judgeDenial', () => {
  it('reports that nothing is proven without records, and for names of other zones', () => {
    expect(judge(nxdomain, made.soa).status).toBe('no-proof');
    const elsewhere = { ...nxdomain, name: fqdn('zzz.org') };
    expect(judge(elsewhere, made.soa, ...made.nsec).status).toBe('no-proof');
    const ofAnother = judgeDenial(
      sectionOf(...made.nsec),
      { ...nxdomain, name: fqdn('no.sub.example.org') },
      { zone: fqdn('sub.example.org'), keys: by.keys },
      now,
    );
    expect(ofAnother.status).toBe('no-proof');
  });

  it('reports that a proof cannot be read', () => {
    const types = { owner: zone, type: 47, ttl: 300, rdata: ['000000'] };
    expect(judge(nodata, signed(types, options)).status).toBe('malformed');
    const owner = { owner: fqdn('x.example.org'), type: 50, ttl: 300 };
    const rdata = made.nsec3[0]?.rdata ?? [];
    expect(judge(nodata, signed({ ...owner, rdata }, options)).status).toBe('malformed');
  });

  it('refuses more than a correct proof can contain', () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      signed({ owner: fqdn(`x${i}.example.org`), type: 47, ttl: 1, rdata: ['0000'] }, options),
    );
    expect(judge(nxdomain, ...many)).toMatchObject({ status: 'too-much-work', sets: [] });
  });

  it('does not hash with too many iterations', () => {
    const heavy = zoneOf(65_535);
    expect(judge(nxdomain, heavy.soa, ...heavy.nsec3)).toMatchObject({
      status: 'too-many-iterations',
      facts: { iterations: 65_535 },
    });
    expect(judge(nxdomain, ...zoneOf(50).nsec3)).toMatchObject({ status: 'nxdomain' });
  });

  it('accepts either kind while a zone changes from one to the other', () => {
    const both = [...made.nsec.slice(0, 1), ...made.nsec3];
    expect(judge(nxdomain, ...both)).toMatchObject({ status: 'nxdomain', facts: { by: 'NSEC3' } });
    expect(judge(nxdomain, ...made.nsec, ...made.nsec3.slice(0, 1))).toMatchObject({
      status: 'nxdomain',
      facts: { by: 'NSEC' },
    });
  });
});

it('signatures survive encoding as a message', () => {
  const name = fqdn('mx.example.org');
  const tlsa = signed({ owner: name, type: 52, ttl: 60, rdata: ['0301010a'] }, options);
  const message = readMessage(
    responseOf(0, { name, type: 'TLSA' }, sectionOf(tlsa), sectionOf(made.soa, ...made.nsec)),
  );
  const set = signedSetIn(message.answers, name, 'TLSA');
  expect(set).toEqual(tlsa);
  expect(set && verifySet(set, by, now).status).toBe('valid');
  expect(judgeDenial(message.authorities, nodata, by, now).status).toBe('nodata');
});
