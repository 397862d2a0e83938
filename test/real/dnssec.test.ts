// Signatures and denials of zones that BIND has signed, served by BIND, NSD and Knot; Unbound
// judges the same queries.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeDenial, judgeExpansion } from '../../src/dns/denial.ts';
import { dsOf, type Ds, type ZoneKeys } from '../../src/dns/dnskey.ts';
import { authenticateKeys } from '../../src/dns/key-set.ts';
import { fqdn, type Fqdn } from '../../src/dns/name.ts';
import { hashedName } from '../../src/dns/nsec3.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { rdataOf } from '../../src/dns/rdata.ts';
import { RCODE } from '../../src/dns/record-type.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetIn } from '../../src/dns/signed-set.ts';
import type { Message } from '../../src/dns/wire-reader.ts';
import { exchange } from '../../src/resolver/transport.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { fromBase32Hex } from '../dns/zone-text.ts';
import { Daemons, must } from '../lab/processes.ts';
import { topology } from '../lab/topology.ts';

const at = topology(90);
const SERVERS = { BIND: at.primary.v4, NSD: at.nsd.v4, Knot: at.knot.v4 };
type Server = keyof typeof SERVERS;
const now = Math.floor(Date.now() / 1000);
const DAY = 86_400;

interface Zone {
  readonly name: string;
  readonly algorithm: string;
  /** Of dnssec-signzone. */
  readonly options?: readonly string[];
  /** What is done to the signed zone before it is served. */
  readonly spoil?: (lines: readonly string[]) => readonly string[];
}

const NSEC3 = ['-3', '-', '-H', '0'];
const span = (from: number, until: number): readonly string[] => [
  ...['-s', signingTime(from), '-e', signingTime(until)],
  '-P', // a zone that is out of date fails the signer's own check
];
const ALGORITHMS = {
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
};
const p256 = { algorithm: 'ECDSAP256SHA256' };

/** The record that covers the next closer name of `_25._tcp.no`. */
const withoutCover = (lines: readonly string[]): readonly string[] => {
  const wanted = hashedName(fqdn('no.holes.test'), 0, '');
  const records = lines.filter((line) => /\sNSEC3\s1\s/.test(line));
  const gap = records.find((line) => {
    const [owner = '', , , , , , , , next = ''] = line.split(/\s+/);
    const [from, to] = [owner.split('.')[0] ?? '', next].map((text) =>
      Buffer.from(fromBase32Hex(text.toLowerCase())).toString('hex'),
    );
    if (from === undefined || to === undefined) return false;
    return from < to ? from < wanted && wanted < to : wanted > from || wanted < to;
  });
  const owner = gap?.split(/\s/)[0] ?? '';
  if (owner === '') throw new Error('no NSEC3 record reaches over the name');
  return lines.filter((line) => !line.startsWith(`${owner}\t`) && !line.startsWith(`${owner} `));
};

const ZONES: readonly Zone[] = [
  ...Object.entries(ALGORITHMS).map(([algorithm, number]) => ({ name: `a${number}`, algorithm })),
  { name: 'hashed', ...p256, options: NSEC3 },
  { name: 'salted', algorithm: 'ED25519', options: ['-3', 'aabbccdd', '-H', '5'] },
  { name: 'optout', ...p256, options: [...NSEC3, '-A'] },
  { name: 'ended', ...p256, options: span(now - 9 * DAY, now - DAY) },
  { name: 'future', ...p256, options: [...NSEC3, ...span(now + DAY, now + 9 * DAY)] },
  {
    name: 'changed',
    ...p256,
    spoil: (lines) => lines.map((line) => line.replace(/(TLSA\s+3 1 1 )AB/, '$1AC')),
  },
  { name: 'holes', ...p256, options: NSEC3, spoil: withoutCover },
];
const GOOD = ['a8', 'a10', 'a13', 'a14', 'a15', 'a16', 'hashed', 'salted'];

let dir: string;
let daemons: Daemons;
const ds = new Map<string, readonly Ds[]>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holger-dnssec-'));
  await mkdir(join(dir, 'log'));
  daemons = new Daemons(join(dir, 'log'));
  const addresses = [...Object.values(SERVERS), at.resolver.v4];
  const lines = addresses.map((address) => `addr replace ${address}/32 dev lo\n`);
  await must(['ip', '-batch', '-'], { input: lines.join('') });
  await Promise.all(ZONES.map(makeZone));
  await startServers();
});
afterAll(async () => {
  await daemons?.stopAll();
  await rm(dir, { recursive: true, force: true });
});

async function makeZone({ name, algorithm, options = [], spoil }: Zone): Promise<void> {
  const folder = join(dir, name);
  const zone = `${name}.test`;
  const tlsa = `TLSA 3 1 1 ${'AB'.repeat(32)}`;
  await mkdir(folder);
  await writeFile(
    join(folder, 'zone'),
    [
      '$TTL 300',
      `@ SOA ns hostmaster 1 300 300 3600 60`,
      `@ NS ns`,
      `@ MX 10 Mx`,
      `ns A ${at.primary.v4}`,
      'Mx A 192.0.2.1',
      `_25._tcp.Mx ${tlsa}`,
      `*.wild ${tlsa}`,
      'alias CNAME Mx',
      'below.Empty A 192.0.2.2',
      'plain NS ns.plain',
      'ns.plain A 192.0.2.3',
    ].join('\n') + '\n',
  );
  const keygen = ['dnssec-keygen', '-q', '-a', algorithm, '-K', folder];
  const size = algorithm.startsWith('RSA') ? ['-b', '2048'] : [];
  const [ksk = ''] = (
    await Promise.all([
      must([...keygen, ...size, '-f', 'KSK', zone]),
      must([...keygen, ...size, zone]),
    ])
  ).map((text) => text.trim());
  await must(
    ['dnssec-signzone', '-q', '-S', '-K', folder, '-O', 'full', '-o', zone, ...options, 'zone'],
    { cwd: folder },
  );
  const text = await readFile(join(folder, 'zone.signed'), 'utf8');
  const all = text.split('\n');
  await writeFile(join(folder, 'served'), (spoil?.(all) ?? all).join('\n'));
  const line = await must(['dnssec-dsfromkey', '-2', join(folder, ksk)]);
  await writeFile(join(folder, 'anchor'), line);
  const [tag = '', number = '', digestType = '', ...digest] = line.trim().split(/\s+/).slice(3);
  const fields = [Number(tag) >>> 8, Number(tag) & 0xff, Number(number), Number(digestType)];
  const rdata = Uint8Array.of(...fields, ...fromHex(digest.join('')));
  ds.set(name, [dsOf(rdataOf('DS', rdata))]);
}

async function startServers(): Promise<void> {
  const zones = ZONES.map(({ name }) => ({
    zone: `${name}.test`,
    file: join(dir, name, 'served'),
    anchor: join(dir, name, 'anchor'),
  }));
  const conf = (name: string): string => join(dir, name);
  await writeFile(
    conf('named.conf'),
    `options { directory "${dir}"; pid-file "${dir}/named.pid"; session-keyfile "${dir}/session.key"; lock-file none;
      managed-keys-directory "${dir}"; bindkeys-file "/dev/null"; listen-on port 53 { ${SERVERS.BIND}; }; listen-on-v6 { none; };
      recursion no; dnssec-validation no; empty-zones-enable no; minimal-responses yes; notify no; };
    controls { };
    ${zones.map(({ zone, file }) => `zone "${zone}" { type primary; file "${file}"; };`).join('\n')}`,
  );
  await writeFile(
    conf('nsd.conf'),
    `server:\n  ip-address: ${SERVERS.NSD}@53\n  server-count: 1\n  username: ""\n  chroot: ""\n  zonesdir: "${dir}"\n  database: ""
  pidfile: "${dir}/nsd.pid"\n  xfrdfile: "${dir}/xfrd.state"\n  xfrdir: "${dir}"\n  zonelistfile: "${dir}/zone.list"\n  rrl-ratelimit: 0
remote-control:\n  control-enable: no
${zones.map(({ zone, file }) => `zone:\n  name: "${zone}"\n  zonefile: "${file}"`).join('\n')}\n`,
  );
  await mkdir(conf('knot'));
  await writeFile(
    conf('knot.conf'),
    `server:\n  rundir: "${dir}/knot"\n  pidfile: "${dir}/knot/pid"\n  listen: ${SERVERS.Knot}@53\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1
log:\n  - target: stderr\n    any: info
control:\n  listen: "${dir}/knot/sock"
database:\n  storage: "${dir}/knot"\n  journal-db-max-size: 64M\n  kasp-db-max-size: 8M\n  timer-db-max-size: 8M
zone:\n${zones.map(({ zone, file }) => `  - domain: ${zone}\n    file: "${file}"\n    zonefile-sync: -1\n    journal-content: none`).join('\n')}\n`,
  );
  await writeFile(
    conf('unbound.conf'),
    `server:\n  interface: ${at.resolver.v4}@53\n  outgoing-interface: ${at.resolver.v4}\n  username: ""\n  chroot: ""\n  directory: "${dir}"
  pidfile: "${dir}/unbound.pid"\n  use-syslog: no\n  logfile: ""\n  num-threads: 1\n  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no\n  local-zone: "test." nodefault\n  module-config: "validator iterator"\n  aggressive-nsec: no\n  so-rcvbuf: 0
${zones.map(({ anchor }) => `  trust-anchor-file: "${anchor}"`).join('\n')}
remote-control:\n  control-enable: no
${zones.map(({ zone }) => `stub-zone:\n  name: "${zone}"\n  stub-addr: ${SERVERS.BIND}`).join('\n')}\n`,
  );
  daemons.start('named', ['named', '-g', '-c', conf('named.conf')]);
  daemons.start('nsd', ['nsd', '-d', '-c', conf('nsd.conf')]);
  daemons.start('knot', ['knotd', '-c', conf('knot.conf')]);
  daemons.start('unbound', ['unbound', '-d', '-c', conf('unbound.conf')]);
  const answers = (address: string) => async (): Promise<boolean> => {
    const rcodes = await Promise.all(
      ZONES.map(async ({ name }) => (await ask(address, `${name}.test`, 'SOA', 500)).rcode),
    );
    return rcodes.every((rcode) => rcode === RCODE.NOERROR);
  };
  await Promise.all([
    daemons.waitFor('named', answers(SERVERS.BIND)),
    daemons.waitFor('nsd', answers(SERVERS.NSD)),
    daemons.waitFor('knot', answers(SERVERS.Knot)),
    daemons.waitFor('unbound', async () => {
      return (await ask(at.resolver.v4, 'a13.test', 'SOA', 500)).authentic;
    }),
  ]);
}

async function ask(
  address: string,
  name: string,
  type: RecordType,
  timeoutMs = 5000,
): Promise<Message> {
  const recursionDesired = address === at.resolver.v4;
  const query = encodeQuery({ id: 4711, name: fqdn(name), type, recursionDesired });
  const result = await exchange({ address, port: 53 }, query, { transport: 'udp', timeoutMs });
  if (result.status !== 'answered') throw new Error(`${address} ${name} ${type}: ${result.status}`);
  return result.message;
}

async function keysOf(server: Server, name: string, when = now): Promise<ZoneKeys> {
  const zone = fqdn(`${name}.test`);
  const message = await ask(SERVERS[server], zone, 'DNSKEY');
  const set = signedSetIn(message.answers, zone, 'DNSKEY');
  if (set === undefined) throw new Error(`${server} has no DNSKEY of ${zone}`);
  const verdict = authenticateKeys(set, ds.get(name) ?? [], when);
  if (verdict.status !== 'valid') throw new Error(verdict.detail);
  expect(verdict.anchors.map(({ keyTag }) => keyTag)).toEqual([ds.get(name)?.[0]?.keyTag]);
  expect(verdict.keys).toHaveLength(2);
  return { zone, keys: verdict.keys };
}

/** The verdict of `holger check` on the server's answer. */
async function judge(
  server: Server,
  host: string,
  type: RecordType,
  by: ZoneKeys,
): Promise<{ readonly status: string; readonly facts?: unknown; readonly detail: string }> {
  const asked: Fqdn = fqdn(host === '@' ? by.zone : `${host}.${by.zone}`);
  const message = await ask(SERVERS[server], asked, type);
  const set = signedSetIn(message.answers, asked, type);
  if (set === undefined) {
    const claim = message.rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata';
    return judgeDenial(message.authorities, { name: asked, type, claim }, by, now);
  }
  const verdict = verifySet(set, by, now);
  if (verdict.status !== 'valid' || verdict.wildcard === undefined) return verdict;
  return judgeExpansion(message.authorities, { name: asked, wildcard: verdict.wildcard }, by, now);
}

type Question = readonly [host: string, type: RecordType, expected: string];
const QUESTIONS: readonly Question[] = [
  ['@', 'SOA', 'valid'],
  ['@', 'MX', 'valid'],
  ['_25._tcp.mx', 'TLSA', 'valid'],
  ['alias', 'CNAME', 'valid'],
  ['_25._tcp.wild', 'TLSA', 'expansion'],
  ['_25._tcp.wild', 'A', 'nodata'],
  ['mx', 'TLSA', 'nodata'],
  ['@', 'TLSA', 'nodata'],
  ['_tcp.mx', 'TLSA', 'nodata'],
  ['empty', 'A', 'nodata'],
  ['plain', 'DS', 'nodata'],
  ['_25._tcp.no', 'TLSA', 'nxdomain'],
  ['zzz', 'A', 'nxdomain'],
  ['_25._tcp.alias', 'TLSA', 'nxdomain'],
];

describe.each(Object.keys(SERVERS) as Server[])('%s', (server) => {
  it.each(GOOD)('serves correctly signed answers and denials: %s.test', async (name) => {
    const by = await keysOf(server, name);
    const verdicts = await Promise.all(
      QUESTIONS.map(async ([host, type]) => [
        host,
        type,
        (await judge(server, host, type, by)).status,
      ]),
    );
    expect(verdicts).toEqual(QUESTIONS);
  });

  it('distinguishes existing names from others', async () => {
    const encloses = { closestEncloser: 'hashed.test.', covered: 'no.hashed.test.' };
    const by = await keysOf(server, 'hashed');
    expect(await judge(server, '_25._tcp.no', 'TLSA', by)).toMatchObject({
      facts: { by: 'NSEC3', iterations: 0, salt: '', wildcard: '*.hashed.test.', ...encloses },
    });
    expect(await judge(server, '_tcp.mx', 'A', by)).toMatchObject({
      facts: { matching: '_tcp.mx.hashed.test.', emptyNonTerminal: true },
    });
    const salted = await keysOf(server, 'salted');
    expect(await judge(server, 'zzz', 'A', salted)).toMatchObject({
      facts: { iterations: 5, salt: 'aabbccdd' },
    });
  });

  it('leaves undecided what opt-out leaves undecided', async () => {
    const by = await keysOf(server, 'optout');
    for (const [host, type, expected] of [
      ['_25._tcp.mx', 'TLSA', 'valid'],
      ['mx', 'TLSA', 'nodata'],
      ['plain', 'DS', 'opt-out'],
      ['_25._tcp.no', 'TLSA', 'opt-out'],
      ['_25._tcp.wild', 'TLSA', 'opt-out'],
    ] as const) {
      expect((await judge(server, host, type, by)).status, `${host} ${type}`).toBe(expected);
    }
  });

  it.each([
    ['ended', now - 5 * DAY, 'expired'],
    ['future', now + 5 * DAY, 'not-yet-valid'],
  ])('serves signatures whose time is wrong: %s.test', async (name, inside, expected) => {
    const by = await keysOf(server, name, inside);
    for (const [host, type] of QUESTIONS) {
      expect((await judge(server, host, type, by)).status, `${host} ${type}`).toBe(expected);
    }
    const message = await ask(SERVERS[server], by.zone, 'DNSKEY');
    const set = signedSetIn(message.answers, by.zone, 'DNSKEY');
    expect(set && authenticateKeys(set, ds.get(name) ?? [], now).status).toBe(expected);
    expect(set && authenticateKeys(set, ds.get('a13') ?? [], inside).status).toBe('no-key-of-ds');
  });

  it('serves records that were changed after they were signed', async () => {
    const by = await keysOf(server, 'changed');
    const judged = await judge(server, '_25._tcp.mx', 'TLSA', by);
    expect(judged).toMatchObject({
      status: 'wrong-signature',
      detail: expect.stringMatching(
        /^the signature over _25\._tcp\.mx\.changed\.test\. TLSA \(key \d+, ECDSAP256SHA256\(13\)\) does not match/,
      ) as string,
    });
    expect((await judge(server, 'mx', 'A', by)).status).toBe('valid');
  });
});

it('a hole in the NSEC3 chain leaves a denial unproven', async () => {
  const by = await keysOf('BIND', 'holes');
  const judged = await judge('BIND', '_25._tcp.no', 'TLSA', by);
  expect(judged.status).toMatch(/^(incomplete|no-proof)$/);
  expect((await judge('BIND', '_25._tcp.mx', 'TLSA', by)).status).toBe('valid');
});

it('Unbound agrees about BIND', async () => {
  const verdictOf = async (zone: string, host: string, type: RecordType): Promise<string> => {
    const name = host === '@' ? `${zone}.test` : `${host}.${zone}.test`;
    const { rcode, authentic } = await ask(at.resolver.v4, name, type);
    return rcode === RCODE.SERVFAIL ? 'bogus' : authentic ? 'secure' : 'insecure';
  };
  const secure = GOOD.flatMap((zone) =>
    QUESTIONS.map(([host, type]) => [zone, host, type, 'secure'] as const),
  );
  const expected = [
    ...secure,
    ['optout', '_25._tcp.mx', 'TLSA', 'secure'],
    ['optout', '_25._tcp.no', 'TLSA', 'insecure'],
    ['optout', '_25._tcp.wild', 'TLSA', 'insecure'],
    ['ended', '_25._tcp.mx', 'TLSA', 'bogus'],
    ['future', '_25._tcp.mx', 'TLSA', 'bogus'],
    ['changed', '_25._tcp.mx', 'TLSA', 'bogus'],
    ['changed', 'mx', 'A', 'secure'],
    ['holes', '_25._tcp.no', 'TLSA', 'bogus'],
    ['holes', '_25._tcp.mx', 'TLSA', 'secure'],
  ] as const;
  for (const [zone, host, type, verdict] of expected) {
    expect(await verdictOf(zone, host, type), `${host}.${zone}.test ${type}`).toBe(verdict);
  }
});

/** 20261121143000 */
function signingTime(instant: number): string {
  return new Date(instant * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}
