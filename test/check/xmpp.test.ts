// XMPP domains: where their SRV records lead (RFC 6120 §3.2, XEP-0368), and when DANE counts there
// (RFC 7673).
import { expect, it } from 'vitest';
import type { XmppReport } from '../../src/check/report.ts';
import { rowOf } from '../../src/watch/snapshot.ts';
import { parseTarget } from '../../src/check/gather/target.ts';
import type { Endpoint } from '../../src/ports/probe.ts';
import { issue } from '../support/ca.ts';
import { serversOf, versionOf, vouchedFor } from './name-servers.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { raised, record, reportOn, V4 } from './scene.ts';
import type { Answer, Scene, Zone } from './scene.ts';

const { middle, old } = await makeParties();
const party = () => issue({ dns: ['example.org'], issuer: middle });
const leaf = await party();
const next = await party();
const CHAIN = { ecdsa: [leaf, middle] };
const W4 = '192.0.2.2';
const RECORDS = [record('3 1 1', leaf), record('2 1 1', middle)];
const OTHERS = [record('3 1 1', next), record('2 1 1', middle)];

const SRV = {
  client: '_xmpp-client._tcp.example.org SRV',
  clients: '_xmpps-client._tcp.example.org SRV',
  server: '_xmpp-server._tcp.example.org SRV',
  servers: '_xmpps-server._tcp.example.org SRV',
};
const SOUND: Zone = {
  [SRV.client]: ['10 0 5222 x1.example.org', '20 0 5222 x2.example.org'],
  [SRV.clients]: ['5 0 443 x1.example.org'],
  [SRV.server]: ['10 0 5269 x1.example.org'],
  [SRV.servers]: ['0 0 0 .'],
  'x1.example.org A': [V4],
  'x2.example.org A': [W4],
  '_5222._tcp.x1.example.org TLSA': RECORDS,
  '_443._tcp.x1.example.org TLSA': RECORDS,
  '_5269._tcp.x1.example.org TLSA': RECORDS,
  '_5222._tcp.x2.example.org TLSA': OTHERS,
};
const SHOWS = { [V4]: CHAIN, [W4]: { ecdsa: [next, middle] } };

const domain = (more: Zone = {}): Scene => ({
  target: 'xmpp:example.org',
  zone: { ...SOUND, ...more },
  shows: SHOWS,
});
const sound = (): Scene => domain();
const bare = (zone: Zone): Scene => ({ target: 'xmpp:example.org', zone, shows: SHOWS });
const all = (answer: Answer): Zone =>
  Object.fromEntries(Object.values(SRV).map((name) => [name, answer]));
const unsigned = (...data: readonly string[]): Answer => ({ data, unsigned: true });
const itself: Zone = {
  'example.org A': [V4],
  '_5222._tcp.example.org TLSA': RECORDS,
  '_5269._tcp.example.org TLSA': RECORDS,
};

async function xmppOn(scene: Scene): Promise<XmppReport> {
  const report = await reportOn(scene);
  if (report.kind !== 'xmpp') throw new Error('that was no XMPP domain');
  return report;
}
const urlsOf = async (scene: Scene): Promise<readonly string[]> =>
  (await xmppOn(scene)).services.map(({ facts }) => facts.target.url);
const outcomesOf = async (scene: Scene): Promise<readonly string[]> =>
  (await xmppOn(scene)).services.map(({ verdicts }) => verdicts[0]?.outcome ?? '-');

rule(
  'srv-insecure',
  'warning',
  {
    'one of the RRsets': () => domain({ [SRV.server]: unsigned('10 0 5269 x1.example.org') }),
    'that there is no such service': () => domain({ [SRV.servers]: unsigned('0 0 0 .') }),
    'their absence': () => bare({ ...all({ missing: 'nxdomain', unsigned: true }), ...itself }),
  },
  {
    sound,
    'absent ones beside others': () =>
      domain({ [SRV.clients]: { missing: 'nodata', unsigned: true } }),
  },
);
rule(
  'srv-bogus',
  'critical',
  {
    bogus: () => domain({ [SRV.clients]: { fails: 'bogus' } }),
    'the address of the domain itself': () => bare({ 'example.org A': { fails: 'bogus' } }),
  },
  { sound },
);
rule(
  'srv-fails',
  'critical',
  { SERVFAIL: () => domain({ [SRV.server]: { fails: 'servfail' } }) },
  { sound, bogus: () => bare(all({ fails: 'bogus' })) },
);
rule(
  'srv-fails',
  'unknown',
  {
    'no answer': () => bare(all({ fails: 'timeout' })),
    'no answer about the address': () => bare({ 'example.org AAAA': { fails: 'timeout' } }),
  },
  {},
);
rule(
  'no-xmpp',
  'warning',
  {
    'neither SRV nor address': () => bare({}),
    'no such name': () => bare(all({ missing: 'nxdomain' })),
  },
  {
    sound,
    'an address': () => bare(itself),
    'not known': () => bare({ 'example.org AAAA': { fails: 'timeout' } }),
    'no answer': () => bare(all({ fails: 'timeout' })),
    'declared as absent': () => bare(all(['0 0 0 .'])),
    'clients alone': () =>
      bare({ ...SOUND, [SRV.server]: [], [SRV.servers]: { missing: 'nodata' } }),
  },
);
rule(
  'null-srv',
  'ok',
  { one: sound, all: () => bare(all(['0 0 0 .'])) },
  {
    'beside other SRV records': () =>
      domain({ [SRV.servers]: ['0 0 0 .', '5 0 5270 x1.example.org'] }),
  },
);
rule(
  'null-srv-beside',
  'warning',
  {
    'beside other SRV records': () =>
      domain({ [SRV.server]: ['0 0 0 .', '5 0 5269 x1.example.org'] }),
  },
  { sound },
);
rule(
  'implicit-srv',
  'ok',
  {
    'an address': () => bare(itself),
    'servers alone': () =>
      bare({
        ...SOUND,
        ...itself,
        [SRV.server]: { missing: 'nxdomain' },
        [SRV.servers]: { missing: 'nxdomain' },
      }),
  },
  {
    sound,
    // XEP-0368 §5: a domain with SRV records has no implicit places.
    'direct TLS alone': () => domain({ ...itself, [SRV.client]: { missing: 'nodata' } }),
    'no direct TLS, and nothing else': () =>
      domain({ ...itself, [SRV.server]: { missing: 'nodata' } }),
    'no answer about direct TLS': () =>
      bare({
        ...itself,
        ...all({ missing: 'nodata' }),
        [SRV.clients]: { fails: 'timeout' },
        [SRV.servers]: { fails: 'timeout' },
      }),
  },
);
rule(
  'srv-is-alias',
  'warning',
  {
    'a CNAME': () =>
      domain({
        [SRV.server]: ['0 0 5269 x.example.org'],
        'x.example.org A': { alias: 'x1.example.org' },
      }),
  },
  {
    sound,
    'the domain itself, without SRV': () =>
      bare({ ...itself, 'example.org A': { alias: 'x1.example.org' }, 'x1.example.org A': [V4] }),
  },
);
rule(
  'partial-srv',
  'warning',
  {
    'none at the second': () => domain({ '_5222._tcp.x2.example.org TLSA': { missing: 'nodata' } }),
    'none where TLS comes first': () =>
      domain({ '_443._tcp.x1.example.org TLSA': { missing: 'nodata' } }),
    'a second one that is not signed': () => domain({ 'x2.example.org A': unsigned(W4) }),
  },
  {
    sound,
    'none for servers': () => domain({ '_5269._tcp.x1.example.org TLSA': { missing: 'nodata' } }),
    'not known': () => domain({ '_5222._tcp.x2.example.org TLSA': { fails: 'timeout' } }),
  },
);
rule(
  'at-xmpp-domain',
  'warning',
  {
    'at the domain instead of the host': () =>
      domain({
        '_5269._tcp.x1.example.org TLSA': [],
        '_5269._tcp.example.org TLSA': RECORDS,
        ...without(5269),
      }),
  },
  { sound, 'at both': () => domain({ '_5269._tcp.example.org TLSA': RECORDS }) },
);
function without(port: number): Zone {
  return { [`_${port}._tcp.x1.example.org TLSA`]: { missing: 'nodata' } };
}

it('checks every place once, in the way that the record names', async () => {
  const twice = domain({ [SRV.server]: ['10 0 5269 x1.example.org', '20 0 5269 x1.example.org'] });
  expect(await urlsOf(twice)).toEqual([
    'xmpp-client://x1.example.org:5222',
    'xmpp-client://x2.example.org:5222',
    'xmpps-client://x1.example.org:443',
    'xmpp-server://x1.example.org:5269',
  ]);
  expect(await raised(twice)).toEqual(['ok null-srv']);
});

it('goes by priority, then by weight', async () => {
  const order = ['9 1 5222 c.example.org', '9 7 5222 b.example.org', '1 0 5222 a.example.org'];
  const { route } = await xmppOn(bare({ [SRV.client]: order }));
  expect(route.paths[0]?.hosts.map(({ host }) => host[0])).toEqual(['a', 'b', 'c']);
});

it('uses the domain itself where there are no records', async () => {
  expect(await urlsOf(bare(itself))).toEqual([
    'xmpp-client://example.org:5222',
    'xmpp-server://example.org:5269',
  ]);
  expect(await outcomesOf(bare(itself))).toEqual(['secure', 'secure']);
});

it('names the domain in each stream, and accepts a certificate for it', async () => {
  const asked: Endpoint[] = [];
  const zone = {
    [SRV.server]: ['0 0 5269 x1.example.org'],
    'x1.example.org A': [V4],
    '_5269._tcp.x1.example.org TLSA': [record('2 1 1', middle)],
  };
  const scene: Scene = {
    ...{ target: 'xmpp:example.org', zone, shows: SHOWS },
    onHandshake: (endpoint) => asked.push(endpoint),
  };
  expect(await outcomesOf(scene)).toEqual(['secure']);
  expect(asked[0]).toMatchObject({ protocol: 'xmpp-server', xmppDomain: 'example.org' });
});

it('counts no TLSA records where the way to them is not signed (RFC 7673 §3.1, §3.2)', async () => {
  const wrong = { '_5269._tcp.x1.example.org TLSA': [record('3 1 1', old)] };
  const only = { [SRV.client]: ['0 0 0 .'], [SRV.clients]: { missing: 'nodata' } } as const;
  const way = async (more: Zone): Promise<unknown> => {
    const scene = domain({ ...wrong, ...only, ...more });
    const { services } = await xmppOn(scene);
    const because = services[0]?.findings.find((one) => one.rule === 'inert')?.because;
    return { outcomes: await outcomesOf(scene), because };
  };
  expect(await way({})).toEqual({ outcomes: ['mismatch'], because: undefined });
  expect(await way({ [SRV.server]: unsigned('0 0 5269 x1.example.org') })).toEqual({
    outcomes: ['inert'],
    because: expect.stringMatching(/signed, and the SRV records .* are not/) as string,
  });
  expect(await way({ 'x1.example.org A': unsigned(V4) })).toEqual({
    outcomes: ['inert'],
    because: expect.stringMatching(
      /signed, and the addresses .* are not signed: clients/,
    ) as string,
  });
  const broken = { '_5269._tcp.x1.example.org TLSA': { fails: 'bogus' } } as const;
  const unvouched = { [SRV.server]: unsigned('0 0 5269 x1.example.org'), ...broken };
  expect(await way(unvouched)).toMatchObject({ outcomes: ['no-tlsa'] });
});

it('names the RRset on which the name servers differ, and follows an alias', async () => {
  const alias = '_xmpp-client._tcp.hosted.example.org';
  const at = (record: string) => ({
    '_xmpp-server._tcp.example.org': [record],
    [alias]: ['0 0 5222 x1.example.org'],
  });
  const asked = new Set<string>();
  const good = versionOf({ tlsa: [], srv: at('0 0 5269 x1.example.org') });
  const other = versionOf({ tlsa: [], srv: at('0 0 5269 x2.example.org') });
  const noting: typeof good = (question) => {
    if (question.type === 'SRV') asked.add(question.name);
    return good(question);
  };
  const zone = {
    ...vouchedFor(),
    [SRV.client]: { alias },
    [`${alias} SRV`]: ['0 0 5222 x1.example.org'],
  };
  const { findings } = await reportOn({ ...domain(zone), servers: serversOf(noting, other) });
  expect(findings.filter((one) => one.rule === 'servers-disagree')).toMatchObject([
    {
      about: 'ns2.example.org (192.0.2.54)',
      because:
        'it has 1 SRV records at _xmpp-server._tcp.example.org; they differ from the 1 that 1 other address has',
    },
  ]);
  const owners = Object.values(SRV).map((name) => name.replace(/ SRV$/, '.'));
  expect([...asked].sort()).toEqual([...owners, `${alias}.`].sort());
});

it('is another target than the mail of the domain when both are watched', async () => {
  const [xmpp, mail] = await Promise.all(
    [sound(), { ...sound(), target: '@example.org' }].map(async (scene) =>
      rowOf(await reportOn(scene)),
    ),
  );
  expect([xmpp?.target, mail?.target]).toEqual(['xmpp:example.org', 'example.org']);
  expect(xmpp?.findings.map(({ rule }) => rule)).toContain('null-srv');
  const partial = domain({ '_5222._tcp.x2.example.org TLSA': { missing: 'nodata' } });
  expect(rowOf(await reportOn(partial)).findings.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['partial-srv', 'no-tlsa']),
  );
});

it.each([
  ['user@example.org', 'example.org.'],
  ['bücher.example', 'xn--bcher-kva.example.'],
])('accepts %s as a domain', (text, expected) => {
  expect(parseTarget(text, 'xmpp')).toEqual({ kind: 'xmpp', domain: expected });
});

it.each(['192.0.2.1', 'xmpp.example.org:5222', 'user@example.org/phone', `${'a.'.repeat(119)}org`])(
  'refuses %s',
  (text) => {
    expect(() => parseTarget(text, 'xmpp')).toThrow(/is not an XMPP domain|too long/);
  },
);

rule(
  'srv-no-host',
  'warning',
  {
    'an address': () => domain({ [SRV.client]: ['10 0 5222 192.0.2.1'] }),
    'this machine': () => domain({ [SRV.server]: ['10 0 5269 localhost'] }),
    'a number': () => domain({ [SRV.clients]: ['10 0 443 0'] }),
  },
  { sound, 'no such service': () => domain({ [SRV.client]: ['0 0 0 .'] }) },
);
rule(
  'no-xmpp-host',
  'critical',
  {
    'hosts without addresses': () =>
      bare({ [SRV.client]: ['10 0 5222 x1.example.org'], [SRV.server]: ['0 0 0 .'] }),
    'an address instead of a host': () => bare({ [SRV.server]: ['10 0 5269 192.0.2.1'] }),
  },
  {
    sound,
    'no such service': () => bare(all(['0 0 0 .'])),
    'an address that no server reports': () =>
      bare({
        [SRV.client]: ['10 0 5222 x1.example.org'],
        'x1.example.org A': { fails: 'timeout' },
      }),
  },
);
