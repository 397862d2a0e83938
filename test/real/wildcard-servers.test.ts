// What a first record would remove from a wildcard, found at the name servers that people run, for
// every kind of denial and of signing: the same verdict everywhere.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { Silenced } from '../../src/dns/silenced.ts';
import { silencedBy } from '../../src/engine/observe/wildcards.ts';
import type { Resolver, Sweep } from '../../src/ports/resolver.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { dig } from '../lab/checks.ts';
import { pdnsutilIn, writePowerDns } from '../lab/powerdns.ts';
import { Daemons, must } from '../lab/processes.ts';
import { topology } from '../lab/topology.ts';
import { systemClock } from '../../src/app/world/clock.ts';

const at = topology(91);
const TLSA = `TLSA 3 1 1 ${'AB'.repeat(32)}`;
const NARROW = '1 0 0 -';

/**
 * How the zone of this name denies that a name exists: options of dnssec-signzone, or none: it is
 * not signed.
 */
const SIGNED: Readonly<Record<string, readonly string[] | undefined>> = {
  nsec: [],
  nsec3: ['-3', '-', '-H', '0'],
  optout: ['-3', '-', '-H', '0', '-A'],
  plain: undefined,
};
const FILES = Object.keys(SIGNED);
/**
 * Knot's module answers every name that does not exist with one NSEC record for it (compact denial,
 * RFC 9824).
 */
const SERVERS = {
  BIND: { host: at.primary, zones: FILES },
  NSD: { host: at.nsd, zones: FILES },
  Knot: { host: at.knot, zones: [...FILES, 'compact'] },
  PowerDNS: { host: at.relay, zones: [...FILES, 'narrow'] },
} as const;
type Server = keyof typeof SERVERS;

const zoneText = `$TTL 300
@ SOA ns hostmaster 1 300 300 3600 60
@ NS ns
@ A 192.0.2.1
ns A ${at.primary.v4}
host A 192.0.2.2
*.wild A 192.0.2.3
*.wild MX 10 host
*.six AAAA 2001:db8::3
*.alias CNAME host
real.wild A 192.0.2.4
below.ent.wild A 192.0.2.5
*.records ${TLSA}
mx.records A 192.0.2.6
*._tcp.own ${TLSA}
own A 192.0.2.7
*.both A 192.0.2.8
*.mx.both A 192.0.2.9
child NS ns.child
ns.child A 192.0.2.10
`;

let dir: string;
let daemons: Daemons;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holger-wildcards-'));
  await mkdir(join(dir, 'log'));
  daemons = new Daemons(join(dir, 'log'));
  const lines = Object.values(SERVERS).flatMap(({ host }) => [
    `addr replace ${host.v4}/32 dev lo\n`,
    `addr replace ${host.v6}/128 dev lo nodad\n`,
  ]);
  await must(['ip', '-batch', '-'], { input: lines.join('') });
  await Promise.all(FILES.map(makeZone));
  await startServers();
}, 60_000);
afterAll(async () => {
  await daemons?.stopAll();
  await rm(dir, { recursive: true, force: true });
});

async function makeZone(name: string): Promise<void> {
  const folder = join(dir, name);
  await mkdir(folder);
  await writeFile(join(folder, 'served'), zoneText);
  const options = SIGNED[name];
  if (options === undefined) return;
  await must(['dnssec-keygen', '-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', `${name}.test`], {
    cwd: folder,
  });
  const sign = ['dnssec-signzone', '-q', '-S', '-z', '-O', 'full', '-o', `${name}.test`];
  await must([...sign, ...options, 'served'], { cwd: folder });
  await writeFile(join(folder, 'served'), await readFile(join(folder, 'served.signed'), 'utf8'));
}

async function startServers(): Promise<void> {
  const zones = FILES.map((name) => ({ zone: `${name}.test`, file: join(dir, name, 'served') }));
  const conf = (name: string): string => join(dir, name);
  await writeFile(
    conf('named.conf'),
    `options { directory "${dir}"; pid-file "${dir}/named.pid"; session-keyfile "${dir}/session.key"; lock-file none;
      managed-keys-directory "${dir}"; bindkeys-file "/dev/null"; listen-on port 53 { ${at.primary.v4}; }; listen-on-v6 { none; };
      recursion no; dnssec-validation no; empty-zones-enable no; minimal-responses yes; notify no; };
    controls { };
    ${zones.map(({ zone, file }) => `zone "${zone}" { type primary; file "${file}"; };`).join('\n')}`,
  );
  await writeFile(
    conf('nsd.conf'),
    `server:\n  ip-address: ${at.nsd.v4}@53\n  server-count: 1\n  username: ""\n  chroot: ""\n  zonesdir: "${dir}"\n  database: ""
  pidfile: "${dir}/nsd.pid"\n  xfrdfile: "${dir}/xfrd.state"\n  xfrdir: "${dir}"\n  zonelistfile: "${dir}/zone.list"\n  rrl-ratelimit: 0
remote-control:\n  control-enable: no
${zones.map(({ zone, file }) => `zone:\n  name: "${zone}"\n  zonefile: "${file}"`).join('\n')}\n`,
  );
  await mkdir(conf('knot'));
  const knotZone = (domain: string, file: string, more = ''): string =>
    `  - domain: ${domain}\n    file: "${file}"\n    zonefile-sync: -1\n    journal-content: none\n${more}`;
  await writeFile(
    conf('knot.conf'),
    `server:\n  rundir: "${dir}/knot"\n  pidfile: "${dir}/knot/pid"\n  listen: ${at.knot.v4}@53\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1
log:\n  - target: stderr\n    any: info
control:\n  listen: "${dir}/knot/sock"
database:\n  storage: "${dir}/knot"\n  journal-db-max-size: 64M\n  kasp-db-max-size: 8M\n  timer-db-max-size: 8M
mod-onlinesign:\n  - id: compact\n    nsec-bitmap: [ A, AAAA ]
zone:\n${zones.map(({ zone, file }) => knotZone(zone, file)).join('')}${knotZone(
      'compact.test',
      join(dir, 'plain/served'),
      '    module: mod-onlinesign/compact\n',
    )}`,
  );
  const secrets = {
    lab: Buffer.alloc(32, 1).toString('base64'),
    xfr: Buffer.alloc(32, 2).toString('base64'),
  };
  const made = SERVERS.PowerDNS.zones.map((name) => ({ name: `${name}.test`, text: zoneText }));
  const powerDns = await writePowerDns(dir, {
    ...{ host: at.relay, zones: made, ttl: 300, secrets, secondaries: [] },
  });
  const pdnsutil = pdnsutilIn(dir);
  await pdnsutil('set-nsec3', 'nsec3.test', NARROW);
  await pdnsutil('set-nsec3', 'narrow.test', NARROW, 'narrow');
  await pdnsutil('set-nsec3', 'optout.test', '1 1 0 -');
  await pdnsutil('disable-dnssec', 'plain.test');
  for (const { name } of made) await pdnsutil('rectify-zone', name);
  daemons.start('named', ['named', '-g', '-c', conf('named.conf')]);
  daemons.start('nsd', ['nsd', '-d', '-c', conf('nsd.conf')]);
  daemons.start('knot', ['knotd', '-c', conf('knot.conf')]);
  daemons.start('powerdns', powerDns.argv);
  const names = { BIND: 'named', NSD: 'nsd', Knot: 'knot', PowerDNS: 'powerdns' };
  for (const server of Object.keys(SERVERS) as Server[]) {
    const { host, zones: served } = SERVERS[server];
    await daemons.waitFor(names[server], async () => {
      const soas = await Promise.all(
        served.map((name) => dig(['+short', '+norec', `@${host.v4}`, `${name}.test`, 'SOA'])),
      );
      return soas.every((soa) => soa.includes('hostmaster'));
    });
  }
}

const cases = (Object.keys(SERVERS) as Server[]).flatMap((server) =>
  SERVERS[server].zones.map((zone) => ({ server, zone })),
);

describe.each(cases)('K1: wildcards at $server, zone $zone', ({ server, zone }) => {
  const apex = fqdn(`${zone}.test`);
  const nameservers = [{ address: SERVERS[server].host.v4, port: 53 }];
  const resolver: Resolver = createResolver({
    resolvers: [{ address: '127.0.0.1', port: 9 }],
    zones: [{ zone: apex, nameservers }],
    clock: systemClock,
  });
  const told = ({ name, type }: Silenced): string => `${name.replace(`.${apex}`, '')} ${type}`;
  const silenced = async (owner: string): Promise<readonly string[]> => {
    const found = await silencedBy({ owner: fqdn(`${owner}.${apex}`), zone: apex }, resolver, {});
    return found.map(told);
  };

  it.each([
    ['_acme-challenge.mx.wild', ['mx.wild A', 'mx.wild MX']],
    ['_25._tcp.mx.wild', ['mx.wild A', 'mx.wild MX']],
    ['_25._tcp.a.b.wild', ['b.wild A', 'b.wild MX', 'a.b.wild A', 'a.b.wild MX']],
    ['_25._tcp.mx.six', ['mx.six AAAA']],
    ['_25._tcp.nas.alias', ['nas.alias CNAME']],
    ['_25._tcp.real.wild', []],
    ['_25._tcp.ent.wild', []],
    ['_25._tcp.other.ent.wild', []],
    ['_acme-challenge.wild', []],
    ['_25._tcp.host', []],
    ['_25._tcp.records', ['*._tcp.records TLSA']],
    ['_25._tcp.mx.records', []],
    ['_25._tcp.mx.both', []],
    ['_25._tcp.x.mx.both', ['x.mx.both A']],
    ['_acme-challenge.host', []],
  ])('of a record at %s: %j', async (owner, expected) => {
    expect(await silenced(owner)).toEqual(expected);
  });

  it('a wildcard alias delegates nothing, and records of a wildcard are recognised as such', async () => {
    const sweep = (name: string, type: 'TLSA' | 'TXT'): Promise<Sweep> =>
      resolver.sweep(fqdn(`${name}.${apex}`), type, {});
    const alias = await sweep('_acme-challenge.nas.alias', 'TXT');
    expect(alias.owner).toBe(`_acme-challenge.nas.alias.${apex}`);
    expect(alias.addresses.map(({ answer }) => answer.status)).toEqual(['answered']);
    const made = await sweep('_25._tcp.own', 'TLSA');
    expect(
      made.addresses.map(({ answer }) => (answer.status === 'answered' ? answer.wildcard : answer)),
    ).toEqual([`*._tcp.own.${apex}`]);
    const absent = await sweep('_25._tcp.host', 'TLSA');
    expect(absent.addresses).toMatchObject([{ answer: { status: 'answered', rdata: [] } }]);
    expect(absent.zone).toBe(apex);
  });
});
