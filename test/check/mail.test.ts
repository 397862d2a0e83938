import { describe, expect, it } from 'vitest';
import { serversOf, versionOf, vouchedFor } from './name-servers.ts';
import { issue } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { reportOn, record, V4 } from './scene.ts';
import type { Answer, Scene, Shows, Zone } from './scene.ts';

const { leaf, middle, next, rsa, old } = await makeParties();
const CHAIN = { ecdsa: [leaf, middle] };
const OTHER = { ecdsa: [next, middle] };
const W4 = '192.0.2.2';
const RECORDS = [record('3 1 1', leaf), record('2 1 1', middle)];
const THEIRS = [record('3 1 1', next), record('2 1 1', middle)];

const domain = (mx: Answer, more: Zone = {}, second: Shows = OTHER): Scene => ({
  target: '@example.org',
  zone: {
    'example.org MX': mx,
    'mx1.example.org A': [V4],
    'mx2.example.org A': [W4],
    '_25._tcp.mx1.example.org TLSA': RECORDS,
    '_25._tcp.mx2.example.org TLSA': THEIRS,
    ...more,
  },
  shows: { [V4]: CHAIN, [W4]: second },
});
const BOTH = ['10 mx1.example.org', '20 mx2.example.org'];
const sound = (): Scene => domain(BOTH);
const bare = (zone: Zone): Scene => ({ target: '@example.org', zone });

rule(
  'mx-insecure',
  'warning',
  {
    'MX records': () => domain({ data: BOTH, unsigned: true }),
    'their absence': () => domain({ missing: 'nodata', unsigned: true }, { 'example.org A': [V4] }),
  },
  { sound },
);
rule(
  'mx-bogus',
  'critical',
  {
    bogus: () => bare({ 'example.org MX': { fails: 'bogus' } }),
    'the address that stands for them': () => bare({ 'example.org A': { fails: 'bogus' } }),
  },
  { sound },
);
rule(
  'mx-fails',
  'critical',
  { SERVFAIL: () => bare({ 'example.org MX': { fails: 'servfail' } }) },
  { sound, bogus: () => bare({ 'example.org MX': { fails: 'bogus' } }) },
);
rule(
  'mx-fails',
  'unknown',
  {
    'no answer': () => bare({ 'example.org MX': { fails: 'timeout' } }),
    'no answer about the address': () => bare({ 'example.org A': { fails: 'timeout' } }),
  },
  {},
);
rule(
  'no-mail',
  'critical',
  {
    'no such name': () => bare({ 'example.org MX': { missing: 'nxdomain' } }),
    'neither MX nor address': () => bare({}),
  },
  {
    sound,
    'not known': () => bare({ 'example.org AAAA': { fails: 'timeout' } }),
    'a null MX': () => bare({ 'example.org MX': ['0 .'] }),
  },
);
rule(
  'null-mx',
  'ok',
  { 'a null MX': () => bare({ 'example.org MX': ['0 .'] }) },
  { sound, 'beside others': () => domain(['0 .', ...BOTH]) },
);
rule(
  'null-mx-beside',
  'warning',
  { 'beside others': () => domain(['0 .', ...BOTH]) },
  { sound, alone: () => bare({ 'example.org MX': ['0 .'] }) },
);
rule(
  'implicit-mx',
  'ok',
  {
    'an address': () =>
      domain(
        { missing: 'nodata' },
        { 'example.org A': [V4], '_25._tcp.example.org TLSA': RECORDS },
      ),
  },
  { sound },
);
rule(
  'mx-is-alias',
  'warning',
  {
    'a CNAME': () =>
      domain(['10 mx.example.org'], { 'mx.example.org A': { alias: 'mx1.example.org' } }),
  },
  {
    sound,
    'the domain itself, without MX': () =>
      domain({ missing: 'nodata' }, { 'example.org A': { alias: 'mx1.example.org' } }),
  },
);
rule(
  'partial-mx',
  'warning',
  {
    'none at the second': () =>
      domain(BOTH, { '_25._tcp.mx2.example.org TLSA': { missing: 'nodata' } }),
    'unsigned ones at the second': () =>
      domain(BOTH, { '_25._tcp.mx2.example.org TLSA': { data: THEIRS, unsigned: true } }),
  },
  {
    sound,
    'none at all': () =>
      domain(BOTH, {
        '_25._tcp.mx1.example.org TLSA': { missing: 'nodata' },
        '_25._tcp.mx2.example.org TLSA': { missing: 'nodata' },
      }),
    'not known': () => domain(BOTH, { '_25._tcp.mx2.example.org TLSA': { fails: 'timeout' } }),
  },
);
const twoKinds = { ecdsa: [leaf, middle], rsa: [rsa, middle] };
rule(
  'same-key',
  'ok',
  {
    'one key': () => domain(BOTH, { '_25._tcp.mx2.example.org TLSA': RECORDS }, CHAIN),
    'the same two': () => ({ ...domain(BOTH), shows: { [V4]: twoKinds, [W4]: twoKinds } }),
  },
  {
    sound,
    'one of two': () => domain(BOTH, {}, { ...CHAIN, rsa: [old, middle] }),
    'one host': () => domain(['10 mx1.example.org']),
  },
);

const hostOf = (length: number): string => 'example.org'.padStart(length, 'a.').replace(/^\./, 'a');
const asked = versionOf({ tlsa: [] });
const long = (length: number): Scene => ({
  ...domain([...BOTH, `30 ${hostOf(length)}`], vouchedFor()),
  servers: serversOf(asked, asked),
});
rule(
  'host-too-long',
  'warning',
  {
    'an MX host': () => long(231),
    'the only one': () => domain([`10 ${hostOf(253)}`]),
    'an SRV target': () => ({
      target: 'xmpp:example.org',
      zone: { '_xmpp-client._tcp.example.org SRV': [`0 0 5222 ${hostOf(253)}`] },
    }),
  },
  {
    sound,
    'as long as can be': () => long(230),
    'behind an alias': () =>
      domain(BOTH, {
        'mx1.example.org A': { alias: hostOf(253) },
        [`${hostOf(253)} A`]: [V4],
      }),
  },
);

it('names what an alias leads to, wherever the records stand', async () => {
  const zone = { 'mx.example.org A': { alias: 'mx1.example.org' } };
  const own = {
    ...zone,
    '_25._tcp.mx1.example.org TLSA': [],
    '_25._tcp.mx.example.org TLSA': RECORDS,
  };
  for (const more of [zone, own]) {
    const { findings } = await reportOn(domain(['10 mx.example.org'], more));
    expect(findings.find((one) => one.rule === 'mx-is-alias')).toMatchObject({
      about: 'mx.example.org',
      because: 'it is an alias of mx1.example.org',
    });
  }
});

it('asks no host that a null MX names', async () => {
  const report = await reportOn(domain(['0 .', ...BOTH]));
  expect(report.kind === 'mail' && report.services.map(({ facts }) => facts.target.host)).toEqual([
    'mx1.example.org.',
    'mx2.example.org.',
  ]);
});

describe('a certificate of usage 2 is for', () => {
  const issuerOnly = {
    '_25._tcp.mx1.example.org TLSA': [record('2 1 1', middle)],
    '_25._tcp.mx2.example.org TLSA': [record('2 1 1', middle)],
  };
  const named = async (dns: string, mx: Answer, more: Zone = {}): Promise<readonly string[]> => {
    const shown = { ecdsa: [await issue({ dns: [dns], issuer: middle }), middle] };
    const scene = domain(mx, { ...issuerOnly, ...more }, shown);
    const report = await reportOn({ ...scene, shows: { [V4]: shown, [W4]: shown } });
    return report.kind === 'mail'
      ? report.services.flatMap(({ verdicts }) => verdicts.map(({ outcome }) => outcome))
      : [];
  };
  const [mx1, mx2] = [['10 mx1.example.org'], ['10 mx2.example.org']];

  it.each<[string, string, Answer, Zone, string]>([
    ['the MX host', 'mx2.example.org', mx2, {}, 'secure'],
    ['the domain', 'example.org', mx2, {}, 'secure'],
    [
      'the domain, and not where anybody can name the host',
      'example.org',
      { data: mx2, unsigned: true },
      {},
      'mismatch',
    ],
    [
      'the MX host, also where anybody can name it',
      'mx2.example.org',
      { data: mx2, unsigned: true },
      {},
      'secure',
    ],
    [
      'what the domain is an alias of',
      'mail.example.net',
      { alias: 'mail.example.net' },
      { 'mail.example.net MX': mx1 },
      'secure',
    ],
    ['another domain, no', 'example.net', mx2, {}, 'mismatch'],
  ])('%s', async (_, dns, mx, more, outcome) => {
    const outcomes = await named(dns, mx, more);
    expect(outcomes.filter((one) => one !== 'not-offered')).toEqual([outcome]);
  });
});
