// Every STARTTLS dialogue against a server of that protocol, and beside openssl s_client.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint, Handshake, Protocol } from '../../src/ports/probe.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { accepts } from '../lab/checks.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { Daemons, run } from '../lab/processes.ts';
import { ports, startStarttlsServers } from '../lab/starttls-servers.ts';
import { topology } from '../lab/topology.ts';

const DOMAIN = 'dane.test';
const { mail } = topology(91);
const probe = createProbe({ timeoutMs: 5000, clientName: 'probe.dane.test' });
let lab: Lab;
let daemons: Daemons;
let served: Uint8Array;

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
  lab = await startLab({ index: 91, parts: ['mail'] });
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
  probe.handshake(endpoint(protocol, port), 'ecdsa', {});

/** What openssl s_client gets to see with the same question. */
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
  return { status: 'presented', certificates: [certificate], session: { version, cipher, group } };
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
  expect(await probe.handshake(other, 'ecdsa', {})).toEqual({
    status: 'protocol-error',
    detail: 'stream error "host-unknown", the stream was for "other.test"',
  });
});

test('no server complains about how we go', async () => {
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
