// Every STARTTLS dialogue with a server of that protocol, and beside openssl s_client; and `check
// --xmpp` with Prosody.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { XmppScheme } from '../../src/check/gather/target.ts';
import type { Endpoint, Handshake, Protocol } from '../../src/ports/probe.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { accepts } from '../lab/checks.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { keyRecordOf, recordsAt } from '../lab/observe.ts';
import { Daemons, run } from '../lab/processes.ts';
import { ports, startStarttlsServers } from '../lab/starttls-servers.ts';
import { topology } from '../lab/topology.ts';

const DOMAIN = 'dane.test';
const { mail } = topology(91);
const probe = createProbe({ timeoutMs: 5000, clientName: 'probe.dane.test' });
let lab: Lab;
let daemons: Daemons;
let served: Uint8Array;

/** Prosody listens at one address alone. */
const CHAT = 'chat.dane.test';
const srv = (scheme: XmppScheme): string => `_${scheme}._tcp SRV 5 0 ${ports[scheme]} ${CHAT}.`;
const records = [
  `chat A ${mail.v4}`,
  ...(['xmpp-client', 'xmpps-client', 'xmpp-server', 'xmpps-server'] as const).map(srv),
];
/** The same host, but the way there is not signed. */
const plainRecords = [srv('xmpps-client'), '_xmpp-server._tcp SRV 0 0 0 .'];

/** A port of each, to see when it is up. */
const serving = {
  dovecot: ports.imap,
  prosody: ports['xmpp-client'],
  slapd: ports.ldap,
  'slapd-without-tls': ports.ldapWithoutTls,
  vsftpd: ports.ftp,
  nnrpd: ports.nntp,
  postgres: ports.postgres,
};

beforeAll(async () => {
  const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver', 'mail'] as const;
  lab = await startLab({ index: 91, ttl: 60, parts, records, plainRecords });
  const files = lab.services.mail;
  served = new Uint8Array(new X509Certificate(await readFile(files.certificateFile)).raw);
  daemons = new Daemons(join(lab.dir, 'log'));
  const place = { dir: join(lab.dir, 'starttls'), address: mail.v4, domain: DOMAIN };
  await startStarttlsServers(daemons, place, files);
  for (const [name, port] of Object.entries(serving)) {
    await daemons.waitFor(name, () => accepts(mail.v4, port));
  }
});
afterAll(async () => {
  await daemons?.stopAll();
  await lab?.stop();
});

const endpoint = (protocol: Protocol, port: number): Endpoint => ({
  address: mail.v4,
  port,
  protocol,
  serverName: mail.name,
  xmppDomain: DOMAIN,
});
const look = (protocol: Protocol, port: number): Promise<Handshake> =>
  probe.handshake(endpoint(protocol, port), [], {});

/** What openssl s_client gets with the same request. */
async function opensslSees(name: string | undefined, port: number): Promise<unknown> {
  const starttls = name === undefined ? [] : ['-starttls', name, '-xmpphost', DOMAIN];
  const sni = name === undefined ? DOMAIN : mail.name;
  const at = ['-connect', `${mail.v4}:${port}`, '-servername', sni];
  const { stdout } = await run(['openssl', 's_client', ...starttls, ...at], { timeoutMs: 10_000 });
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(stdout)?.[0] ?? '';
  const [, version, cipher] = /^New, (\S+), Cipher is (\S+)$/m.exec(stdout) ?? [];
  const group =
    /^(?:Server Temp Key|Peer Temp Key|Negotiated TLS1\.3 group): (?:ECDH, )?([^,\n]+)/m.exec(
      stdout,
    )?.[1];
  const certificate = new Uint8Array(new X509Certificate(pem).raw);
  return {
    ...{ status: 'presented', certificates: [certificate], algorithm: 'ecdsa' },
    session: { version, cipher, group },
  };
}

test.each([
  ['smtp', 25, 'smtp'],
  ['lmtp', ports.lmtp, 'lmtp'],
  ['imap', ports.imap, 'imap'],
  ['pop3', ports.pop3, 'pop3'],
  ['sieve', ports.sieve, 'sieve'],
  ['xmpp-client', ports['xmpp-client'], 'xmpp'],
  ['xmpp-server', ports['xmpp-server'], 'xmpp-server'],
  ['xmpps-client', ports['xmpps-client'], undefined],
  ['xmpps-server', ports['xmpps-server'], undefined],
  ['ldap', ports.ldap, 'ldap'],
  ['postgres', ports.postgres, 'postgres'],
  ['ftp', ports.ftp, 'ftp'],
  ['nntp', ports.nntp, 'nntp'],
] as const)('%s: what openssl s_client sees', async (protocol, port, name) => {
  const [ours, theirs] = await Promise.all([look(protocol, port), opensslSees(name, port)]);
  expect(ours).toEqual(theirs);
  expect(ours).toMatchObject({ certificates: [served], session: { version: 'TLSv1.3' } });
});

test('a directory without a certificate offers no TLS', async () => {
  expect(await look('ldap', ports.ldapWithoutTls)).toMatchObject({ status: 'no-tls' });
});

test('a domain that the XMPP server does not serve', async () => {
  const other = { ...endpoint('xmpp-client', ports['xmpp-client']), xmppDomain: 'other.test' };
  expect(await probe.handshake(other, [], {})).toEqual({
    status: 'protocol-error',
    detail: 'stream error "host-unknown", the stream was for "other.test"',
  });
});

interface FoundDomain {
  readonly severity: string;
  readonly srv: readonly { readonly scheme: string; readonly kind: string }[];
  readonly findings: readonly { readonly rule: string }[];
  readonly zones: readonly { readonly zone: string; readonly servers: readonly unknown[] }[];
  readonly services: readonly {
    readonly target: string;
    readonly endpoints: readonly { readonly algorithm: string; readonly outcome: string }[];
  }[];
}

test('an XMPP domain: what its SRV records name, signed and not', async () => {
  const record = keyRecordOf(new X509Certificate(served));
  const owners = (['xmpp-client', 'xmpps-client', 'xmpp-server', 'xmpps-server'] as const).map(
    (scheme) => `_${ports[scheme]}._tcp.${CHAT}`,
  );
  await lab.nsupdate(owners.map((owner) => `update add ${owner}. 60 TLSA ${record}`));
  const { nsd, knot } = lab.servers;
  const servedBy = (): Promise<readonly string[][]> =>
    Promise.all([nsd, knot].map(({ v4 }) => recordsAt(v4, owners.at(-1) ?? '')));
  await expect.poll(servedBy, { timeout: 15_000 }).toEqual([[record], [record]]);
  const holger = [process.execPath, join(process.cwd(), 'dist/holger.mjs'), '--json', 'check'];
  const asked = ['--resolver', lab.resolver.v4, '--xmpp', DOMAIN, 'plain.test', 'nobody.dane.test'];
  const { stdout, stderr } = await lab.run([...holger, ...asked], { timeoutMs: 60_000 });
  expect(stderr).toBe('');
  const { targets } = JSON.parse(stdout) as { readonly targets: readonly FoundDomain[] };
  const told = targets.map(({ severity, findings, srv: paths, services }) => ({
    severity,
    rules: findings.map(({ rule }) => rule),
    kinds: paths.map(({ kind }) => kind),
    places: services.map(({ target, endpoints }) => {
      const [ecdsa] = endpoints.filter(({ algorithm }) => algorithm === 'ecdsa');
      return `${target} ${ecdsa?.outcome ?? ''}`;
    }),
  }));
  const place = (scheme: XmppScheme): string => `${scheme}://${CHAT}:${ports[scheme]}`;
  expect(told).toEqual([
    {
      ...{ severity: 'ok', rules: [], kinds: ['listed', 'listed', 'listed', 'listed'] },
      places: [
        `${place('xmpp-client')} secure`,
        `${place('xmpps-client')} secure`,
        `${place('xmpp-server')} secure`,
        `${place('xmpps-server')} secure`,
      ],
    },
    {
      ...{ severity: 'warning', rules: ['srv-insecure', 'null-srv'] },
      ...{ kinds: ['none', 'listed', 'null', 'none'] },
      places: [`${place('xmpps-client')} inert`],
    },
    {
      ...{ severity: 'warning', rules: ['no-xmpp'] },
      ...{ kinds: ['none', 'none', 'none', 'none'], places: [] },
    },
  ]);
  const [zone] = targets[0]?.zones ?? [];
  expect(zone).toMatchObject({ zone: DOMAIN });
  // Both secondaries, by IPv4 and IPv6.
  expect(zone?.servers).toHaveLength(4);
});

test('no server logs an error about the way holger disconnects', async () => {
  const logs = (): string =>
    [
      lab.logTail('mail', 1000),
      ...Object.keys(serving).map((name) => daemons.logTail(name, 1000)),
    ].join('\n');
  const before = logs().length;
  const all = { ...ports, smtp: 25 };
  for (const [name, port] of Object.entries(all)) {
    if (name !== 'ldapWithoutTls') await look(name as Protocol, port);
  }
  await expect.poll(logs).toMatch(/disconnect from .* ehlo=1 starttls=1 quit=1 commands=3/);
  await expect.poll(() => logs().slice(before)).toMatch(/UNBIND/);
  expect(logs().slice(before)).not.toMatch(
    /lost connection|error|reset by peer|failed|incomplete/i,
  );
});
