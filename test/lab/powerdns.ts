// PowerDNS as a primary that signs by itself: SQLite behind it, changes by its HTTP API or by DNS
// UPDATE.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Primary, PrimaryOptions } from './primary.ts';
import { must } from './processes.ts';
import type { Host } from './topology.ts';

const SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';
const PORT = 8081;

export const apiUrl = (host: Host): string => `http://${host.v4}:${PORT}`;

/** Uses the database directly, as an administrator does. */
export const pdnsutilIn =
  (dir: string) =>
  (...args: string[]): Promise<string> =>
    must(['pdnsutil', `--config-dir=${join(dir, 'powerdns')}`, ...args]);

export async function writePowerDns(dir: string, options: PrimaryOptions): Promise<Primary> {
  const { zones, secrets, keyFiles = {} } = options;
  const folder = join(dir, 'powerdns');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pdns.conf'), configuration(folder, options), { mode: 0o600 });
  await must(['sqlite3', join(folder, 'zones.sqlite3'), `.read ${await schema(folder)}`]);
  const pdnsutil = pdnsutilIn(dir);
  for (const name of ['lab', 'xfr'] as const) {
    await pdnsutil('import-tsig-key', name, 'hmac-sha256', secrets[name]);
  }
  for (const { name, text } of zones) {
    const file = join(folder, `${name}.db`);
    await writeFile(file, `$ORIGIN ${name}.\n${text}`);
    await pdnsutil('load-zone', name, file);
    await pdnsutil('set-kind', name, 'primary');
    const keyFile = keyFiles[name];
    if (keyFile === undefined) await pdnsutil('secure-zone', name);
    else await pdnsutil('import-zone-key', name, keyFile, 'active', 'ksk');
    await pdnsutil('set-meta', name, 'SOA-EDIT-API', 'INCREASE');
    await pdnsutil('set-meta', name, 'SOA-EDIT-DNSUPDATE', 'INCREASE');
    await pdnsutil('set-meta', name, 'TSIG-ALLOW-DNSUPDATE', 'lab');
    await pdnsutil('set-meta', name, 'NOTIFY-DNSUPDATE', '1');
    await pdnsutil('activate-tsig-key', name, 'xfr', 'primary');
  }
  return {
    argv: ['pdns_server', `--config-dir=${folder}`],
    async delegationSigner(zone, ttl) {
      const told = await pdnsutil('export-zone-ds', zone);
      const digest = /IN DS (\d+ 13 2 [\da-f]+)/i.exec(told)?.[1];
      if (digest === undefined) throw new Error(`PowerDNS printed no DS for ${zone}:\n${told}`);
      return `${zone}. ${ttl} DS ${digest}\n`;
    },
  };
}

/**
 * The schema sets pragmas which make each statement wait for the disk; a lab lives for a minute.
 */
async function schema(folder: string): Promise<string> {
  const file = join(folder, 'schema.sql');
  await writeFile(file, `PRAGMA synchronous = OFF;\n.read ${SCHEMA}\n`);
  return file;
}

// It checks once a minute for zones whose secondaries have to be notified, unless a notification is
// requested: xfr-cycle-interval disables the check. security-poll-suffix: it would ask the internet
// for its own version.
const configuration = (
  folder: string,
  { host, secrets, ttl, secondaries }: PrimaryOptions,
): string => `launch=gsqlite3
gsqlite3-database=${folder}/zones.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
local-address=${host.v4}, ${host.v6}
local-port=53
socket-dir=${folder}
daemon=no
guardian=no
setuid=
setgid=
primary=yes
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8, fd53::/16
allow-axfr-ips=127.0.0.0/8, fd53::/16
only-notify=
also-notify=${secondaries.map(({ v4 }) => v4).join(', ')}
xfr-cycle-interval=600
query-local-address=${host.v4}
api=yes
api-key=${secrets.lab}
webserver-address=${host.v4}
webserver-port=${PORT}
webserver-allow-from=127.0.0.0/8
default-ksk-algorithm=ecdsa256
default-zsk-algorithm=
default-ttl=${ttl}
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
consistent-backends=yes
receiver-threads=1
distributor-threads=1
retrieval-threads=1
signing-threads=1
security-poll-suffix=
loglevel=5
`;
