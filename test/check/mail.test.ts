import { describe, expect, it } from 'vitest';
import { serversOf, versionOf, vouchedFor } from './name-servers.ts';
import { issue } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { check } from '../../src/check/check.ts';
import { parseTarget } from '../../src/check/gather/target.ts';
import { checkText } from '../../src/cli/check/text.ts';
import { fqdn } from '../../src/dns/name.ts';
import { OPTIONS, reportOn, record, V4, worldOf } from './scene.ts';
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
    'the address of the domain itself': () => bare({ 'example.org A': { fails: 'bogus' } }),
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
  { sound, 'beside other MX records': () => domain(['0 .', ...BOTH]) },
);
rule(
  'null-mx-beside',
  'warning',
  { 'beside other MX records': () => domain(['0 .', ...BOTH]) },
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

it('names the canonical name of an alias, which has the records', async () => {
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

it('does not look up a host that a null MX names', async () => {
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
      'the domain, and not where the MX record can be forged',
      'example.org',
      { data: mx2, unsigned: true },
      {},
      'mismatch',
    ],
    [
      'the MX host, also where the MX record can be forged',
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

const nowhere = (...mx: readonly string[]): Scene => bare({ 'example.org MX': mx });
rule(
  'mx-no-host',
  'warning',
  {
    'an address': () => domain([...BOTH, '30 127.53.0.10']),
    'a number': () => domain([...BOTH, '30 0']),
    'a top-level domain of digits': () => domain([...BOTH, '30 mx.25']),
    'this machine': () => domain([...BOTH, '30 localhost']),
    'below a name of no zone': () => domain([...BOTH, '30 mx.invalid']),
    'an IPv6 address': () => domain([...BOTH, '30 2001:db8::1']),
    'an address in brackets': () => domain([...BOTH, '30 [192.0.2.1]']),
    'a label that no host has': () => domain([...BOTH, '30 -mx-.example.org']),
    'a wildcard': () => domain([...BOTH, '30 *.example.org']),
  },
  {
    sound,
    'a null MX': () => nowhere('0 .'),
    'an underscore, which mail servers accept': () =>
      domain([...BOTH, '30 mail_1.example.org'], { 'mail_1.example.org A': [V4] }),
    'digits in a name': () => domain([...BOTH, '30 1.2.example.org']),
  },
);
const beside = (type: 'A' | 'AAAA', ...addresses: readonly string[]): Scene =>
  domain([...BOTH, '30 mx3.example.org'], { [`mx3.example.org ${type}`]: addresses });
rule(
  'address-nowhere',
  'warning',
  {
    'the machine itself': () => beside('A', '127.0.0.1'),
    'the machine itself, in IPv6': () => beside('AAAA', '::1'),
    'no address at all': () => beside('A', '0.0.0.0'),
    'no address at all, in IPv6': () => beside('AAAA', '::'),
    'a link': () => beside('AAAA', 'fe80::1'),
    'a group': () => beside('A', '224.0.0.1'),
    'an IPv4 address in IPv6': () => beside('AAAA', '::ffff:192.0.2.1'),
    'one of two': () => domain(BOTH, { 'mx1.example.org A': [V4, '0.0.0.0'] }),
  },
  {
    sound,
    'addresses of a private network': () =>
      domain(BOTH, { 'mx1.example.org A': [V4, '10.0.0.1', '192.168.1.1', '172.16.0.1'] }),
    'a host that was named by itself': () => ({
      target: 'smtp://mx1.example.org',
      zone: { 'mx1.example.org A': ['127.0.0.1'] },
    }),
  },
);
it('K20: no connection is made to an address that means this machine itself', async () => {
  const scene = bare({
    'example.org MX': ['10 mx1.example.org'],
    'mx1.example.org A': ['127.0.0.1'],
  });
  const report = await reportOn({ ...scene, shows: { '127.0.0.1': CHAIN } });
  expect(report.kind === 'mail' && report.services.map(({ verdicts }) => verdicts)).toEqual([[]]);
});
rule(
  'no-mail-host',
  'critical',
  {
    'no host with an address': () => nowhere('10 mx1.example.org', '20 mx2.example.org'),
    'an address as the only MX host': () => nowhere('10 127.53.0.10'),
    'a number': () => nowhere('10 0'),
    'this machine': () => nowhere('10 localhost'),
    'an address, and a host without one': () => nowhere('10 192.0.2.1', '20 mx1.example.org'),
    'an address of the machine itself': () =>
      bare({ 'example.org MX': ['10 mx1.example.org'], 'mx1.example.org A': ['127.0.0.1'] }),
    'no MX, and no usable address': () =>
      bare({ 'example.org MX': { missing: 'nodata' }, 'example.org A': ['0.0.0.0'] }),
    'an alias that leads nowhere': () =>
      bare({
        'example.org MX': ['10 mx.example.org'],
        'mx.example.org A': { missing: 'nxdomain' },
        'mx.example.org AAAA': { missing: 'nxdomain' },
      }),
  },
  {
    sound,
    'one of two has an address': () => domain(['10 mx1.example.org', '20 mx9.example.org']),
    'an address that no server reports': () =>
      bare({
        'example.org MX': ['10 mx1.example.org'],
        'mx1.example.org A': { fails: 'timeout' },
      }),
    'a null MX': () => nowhere('0 .'),
    'no MX, and an address': () =>
      bare({ 'example.org MX': { missing: 'nodata' }, 'example.org A': [V4] }),
  },
);

describe('K20: names in MX records that cannot be hosts', () => {
  it('are not looked up, and get no advice about TLSA records', async () => {
    const scene = nowhere('10 127.53.0.10', '20 0', '30 localhost');
    const world = worldOf(scene);
    const asked: string[] = [];
    const resolver = {
      ...world.resolver,
      lookup: (...question: Parameters<typeof world.resolver.lookup>) => {
        asked.push(`${question[0]} ${question[1]}`);
        return world.resolver.lookup(...question);
      },
    };
    const options = { ...OPTIONS, servers: true };
    const target = { kind: 'mail', domain: fqdn('example.org') } as const;
    for await (const report of check([target], { ...world, resolver }, options, {})) {
      expect(report.severity).toBe('critical');
      const text = checkText(report, 1);
      expect(text).not.toContain('_25._tcp');
      expect(text).not.toMatch(/no-tlsa/);
    }
    expect(asked).toEqual(['example.org. MX']);
  });

  it('a domain is CRITICAL when no mail can be delivered there, and exits with 1 for it', async () => {
    expect((await reportOn(nowhere('10 mx1.example.org'))).severity).toBe('critical');
  });
});

const many = (count: number): Scene => {
  const names = Array.from({ length: count }, (_, index) => `h${index}.example.org`);
  return {
    target: '@example.org',
    zone: {
      'example.org MX': names.map((name, index) => `${index} ${name}`),
      ...Object.fromEntries(names.map((name) => [`${name} A`, [V4]])),
    },
    shows: { [V4]: CHAIN },
  };
};
const addresses = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `192.0.2.${index + 1}`);
const hosted = (count: number): Scene => ({
  target: 'smtp://mx1.example.org',
  zone: { 'mx1.example.org A': addresses(count), 'mx1.example.org AAAA': ['2001:db8::1'] },
  shows: Object.fromEntries([...addresses(count), '2001:db8::1'].map((one) => [one, CHAIN])),
});
const pinned = (count: number): Scene => ({
  target: 'smtp://mx1.example.org',
  zone: {
    'mx1.example.org A': [V4],
    '_25._tcp.mx1.example.org TLSA': [
      RECORDS[0] ?? '',
      ...Array.from({ length: count - 1 }, (_, at) => `3 1 1 ${at.toString(16).padStart(64, '0')}`),
    ],
  },
  shows: { [V4]: CHAIN },
});
const srv = (count: number): Scene => ({
  target: 'xmpp:example.org',
  zone: {
    '_xmpp-client._tcp.example.org SRV': Array.from(
      { length: count },
      (_, index) => `${index} 0 5222 h${index}.example.org`,
    ),
  },
});
rule(
  'not-all-checked',
  'unknown',
  {
    '20 MX hosts': () => many(20),
    '40 addresses': () => hosted(40),
    '100 TLSA records': () => pinned(100),
    '20 SRV targets': () => srv(20),
    'name servers beyond those that are asked': () => ({
      ...sound(),
      servers: serversOf(versionOf({ tlsa: [] }), versionOf({ tlsa: [] }), { beyond: 3 }),
    }),
  },
  {
    '16 MX hosts': () => many(16),
    '16 addresses': () => hosted(15),
    '64 TLSA records': () => pinned(64),
    '16 SRV targets': () => srv(16),
  },
);

describe('K30: one domain does not decide how much work is done', () => {
  const handshakesOf = async (scene: Scene): Promise<readonly string[]> => {
    const seen = new Set<string>();
    await reportOn({ ...scene, onHandshake: ({ address }) => void seen.add(address) });
    return [...seen];
  };

  it('16 addresses of one host are connected to, of both families', async () => {
    const seen = await handshakesOf(hosted(500 - 300));
    expect(seen).toHaveLength(16);
    expect(seen).toContain('2001:db8::1');
  });

  it('MX hosts are checked in the order of their preference', async () => {
    const report = await reportOn(many(20));
    const hosts =
      report.kind === 'mail' ? report.services.map(({ facts }) => facts.target.host) : [];
    expect(hosts).toEqual(Array.from({ length: 16 }, (_, index) => `h${index}.example.org.`));
  });

  const hanging = (timeout: number) => {
    const world = worldOf(hosted(3));
    const probe = { handshake: () => new Promise<never>(() => undefined) };
    const target = parseTarget('smtp://mx1.example.org', 'service');
    return check([target], { ...world, probe }, { ...OPTIONS, timeout }, {});
  };

  it('a target has a time limit, and what was not reached in it is UNKNOWN', async () => {
    for await (const report of hanging(0.05)) {
      expect(report.severity).toBe('unknown');
      expect(report.findings.map((one) => one.rule)).toContain('out-of-time');
    }
  });
});

rule(
  'out-of-time',
  'unknown',
  { 'the time is over': () => ({ ...hosted(2), options: { timeout: 0 }, isSlow: true }) },
  { 'there is time': () => hosted(2) },
);
