import { expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseTarget } from '../../src/check/gather/target.ts';
import type { Configured, ServiceTarget, Target } from '../../src/check/gather/facts.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Endpoint } from '../../src/ports/probe.ts';
import { issue } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { mailHost, MX, OWNER, raised, record, serviceOn, V4, V6 } from './scene.ts';
import type { Answer, Scene, Zone } from './scene.ts';

const { leaf, middle, next } = await makeParties();
const CHAIN = { ecdsa: [leaf, middle] };
const KEY = record('3 1 1', leaf);
const RECORDS = [KEY, record('2 1 1', middle)];
const sound = (): Scene => mailHost(RECORDS, CHAIN);
const tlsaIs = (answer: Answer): Scene => mailHost([], CHAIN, { [`${OWNER} TLSA`]: answer });
const unsigned = { data: RECORDS, unsigned: true } as const;
const host = (more: Zone): Scene => mailHost(RECORDS, CHAIN, more);
const insecureHost = (): Scene => host({ 'mx1.example.org A': { data: [V4], unsigned: true } });

rule(
  'inert',
  'warning',
  {
    'unsigned records': () => tlsaIs(unsigned),
    'signed ones of a host that is not': insecureHost,
  },
  { signed: sound, none: () => tlsaIs({ missing: 'nodata', unsigned: true }) },
);
rule(
  'address-insecure',
  'warning',
  { 'beside signed records': insecureHost },
  {
    signed: sound,
    'without any records': () => ({
      zone: {
        'mx1.example.org A': { data: [V4], unsigned: true },
        [`${OWNER} TLSA`]: { missing: 'nodata', unsigned: true },
      },
      shows: { [V4]: CHAIN },
    }),
    'a web server, whose clients do not check that': () => ({
      zone: {
        'www.example.org A': { data: [V4], unsigned: true },
        '_443._tcp.www.example.org TLSA': RECORDS,
      },
      shows: { [V4]: CHAIN },
      target: 'https://www.example.org',
    }),
  },
);
/** MTAs ask for the alias itself where it leads to unsigned addresses (RFC 7672 §2.2.2). */
const aliasIs = (alias: Answer): Scene => ({
  zone: {
    'mx1.example.org A': { alias: 'mx.example.net' },
    'mx.example.net A': { data: [V4], unsigned: true },
    'mx1.example.org CNAME': alias,
  },
  shows: { [V4]: CHAIN },
});
rule(
  'tlsa-bogus',
  'critical',
  {
    bogus: () => tlsaIs({ fails: 'bogus' }),
    'the alias of a host with unsigned addresses': () => aliasIs({ fails: 'bogus' }),
  },
  { sound },
);
rule(
  'tlsa-fails',
  'critical',
  {
    SERVFAIL: () => tlsaIs({ fails: 'servfail' }),
    'the alias of a host with unsigned addresses': () => aliasIs({ fails: 'servfail' }),
  },
  { sound, bogus: () => tlsaIs({ fails: 'bogus' }) },
);
rule(
  'tlsa-fails',
  'unknown',
  {
    'no answer': () => tlsaIs({ fails: 'timeout' }),
    'none for the alias': () => aliasIs({ fails: 'timeout' }),
  },
  { 'an alias that is signed': () => aliasIs({ alias: 'mx.example.net' }) },
);
rule(
  'no-tlsa',
  'warning',
  { 'a signed zone': () => mailHost([], CHAIN) },
  { sound, unsigned: () => tlsaIs(unsigned), 'no answer': () => tlsaIs({ fails: 'timeout' }) },
);
const doubled = (name: string): Scene => mailHost([], CHAIN, { [`${name} TLSA`]: RECORDS });
rule(
  'doubled-owner',
  'warning',
  {
    'with the zone above': () => doubled(`${OWNER}.example.org`),
    'with a zone further up': () => ({
      ...{ target: 'smtp://mx1.mail.example.org', shows: { [V4]: CHAIN } },
      zone: {
        'mx1.mail.example.org A': [V4],
        '_25._tcp.mx1.mail.example.org.example.org TLSA': RECORDS,
      },
    }),
  },
  { sound, nowhere: () => mailHost([], CHAIN) },
);
const domain = (more: Zone): Scene => ({
  ...mailHost([], CHAIN, { 'example.org MX': ['10 mx1.example.org'], ...more }),
  target: '@example.org',
});
rule(
  'at-mail-domain',
  'warning',
  { 'below the domain': () => domain({ '_25._tcp.example.org TLSA': RECORDS }) },
  {
    'below the host, too': () =>
      domain({ '_25._tcp.example.org TLSA': RECORDS, [`${OWNER} TLSA`]: RECORDS }),
    nowhere: () => domain({}),
  },
);
rule(
  'address-fails',
  'critical',
  { SERVFAIL: () => host({ 'mx1.example.org AAAA': { fails: 'servfail' } }) },
  { sound },
);
rule(
  'address-fails',
  'unknown',
  { 'no answer': () => host({ 'mx1.example.org AAAA': { fails: 'timeout' } }) },
  {},
);
rule(
  'no-address',
  'warning',
  { none: () => ({ zone: { [`${OWNER} TLSA`]: RECORDS } }) },
  { sound, 'not known': () => ({ zone: { 'mx1.example.org A': { fails: 'timeout' } } }) },
);

it('reports which half of the way to the records is not signed', async () => {
  const because = async (scene: Scene): Promise<string | undefined> =>
    (await serviceOn(scene)).findings.find((one) => one.rule === 'inert')?.because;
  expect(await because(tlsaIs(unsigned))).toMatch(/the answer is not signed/);
  expect(await because(insecureHost())).toMatch(/signed, and the addresses of the host are not/);
});

const configured = (more: Partial<Configured>): readonly Target[] => {
  const target = parseTarget(MX, 'service');
  if (target.kind !== 'service') throw new Error('that is a service');
  return [{ ...target, configured: { certificates: ['mx1'], records: 'wanted', ...more } }];
};
const wants = (more: Partial<Configured>, scene: Scene): Scene => ({
  ...scene,
  targets: configured(more),
});

rule(
  'unwanted-records',
  'warning',
  {
    'dane = false': () => wants({ records: 'none' }, sound()),
    'holger off': () => wants({ records: 'withdrawn' }, sound()),
  },
  {
    wanted: () => wants({}, sound()),
    'there are none': () => wants({ records: 'none' }, mailHost([], CHAIN)),
    'of another party': sound,
  },
);
rule(
  'no-tlsa',
  'ok',
  { 'after holger off': () => wants({ records: 'withdrawn' }, mailHost([], CHAIN)) },
  { 'with dane = false': () => wants({ records: 'none' }, mailHost([], CHAIN)) },
);
rule(
  'foreign-chain',
  'warning',
  {
    'K47: a certificate that is not a generation of ours': () => wants({ leaves: ['30'] }, sound()),
  },
  {
    'one of ours': () => wants({ leaves: ['30', toHex(leaf.der)] }, sound()),
    'what ours are is not known': () => wants({}, sound()),
    'a service of another party': sound,
  },
);
rule(
  'not-asked',
  'ok',
  {
    'reachable = false': () => wants({ unseen: 'unreachable' }, sound()),
    'running = false': () => wants({ unseen: 'not running' }, sound()),
  },
  { reachable: () => wants({}, sound()) },
);

it('looks up the owner that is configured', async () => {
  const elsewhere = fqdn('_25._tcp.outside.example.org');
  const scene = mailHost([], {}, { '_25._tcp.outside.example.org TLSA': RECORDS });
  const targets = configured({ owner: elsewhere, connect: { host: V6, port: 2525 } });
  const report = await serviceOn({ ...scene, shows: { [V6]: CHAIN }, targets });
  expect(report.facts.tlsa).toMatchObject({ state: 'secure', owner: elsewhere });
  expect(report.verdicts.map(({ address, outcome }) => `${address} ${outcome}`)).toEqual([
    `${V6} secure`,
    `${V6} not-offered`,
  ]);
  expect(report.findings).toEqual([]);
});

it('asks XMPP for its domain, which a certificate of usage 2 may name', async () => {
  const domain = fqdn('chat.example.org');
  const cert = await issue({ dns: ['chat.example.org'], issuer: middle });
  const zone = { '_5222._tcp.mx1.example.org TLSA': [record('2 1 1', middle)] };
  const scene = mailHost([], { ecdsa: [cert, middle] }, zone);
  const target = parseTarget('xmpp-client://mx1.example.org', 'service') as ServiceTarget;
  const asked: Endpoint[] = [];
  const seen: Scene = { ...scene, onHandshake: (endpoint) => asked.push(endpoint) };
  const named = await serviceOn({ ...seen, targets: [{ ...target, domain, names: [domain] }] });
  expect(named.verdicts[0]?.outcome).toBe('secure');
  expect(asked[0]).toMatchObject({ serverName: 'mx1.example.org', xmppDomain: 'chat.example.org' });
  expect((await serviceOn({ ...scene, targets: [target] })).verdicts[0]?.outcome).toBe('mismatch');
});

it('makes no handshake where there is no address', async () => {
  const scene = wants({ unseen: 'not running' }, mailHost([record('3 1 1', next)], CHAIN));
  expect((await serviceOn(scene)).verdicts).toEqual([]);
  expect(await raised(scene)).toEqual(['ok not-asked']);
});

it('reports once why neither kind of address is known', async () => {
  const none = {
    'mx1.example.org A': { fails: 'timeout' },
    'mx1.example.org AAAA': { fails: 'timeout' },
  } as const;
  const { findings } = await serviceOn({ zone: none });
  expect(findings.filter((one) => one.rule === 'address-fails')).toMatchObject([
    { because: expect.stringMatching(/^A and AAAA: /) as string },
  ]);
});
