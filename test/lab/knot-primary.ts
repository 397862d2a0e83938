// Knot as a primary that signs by itself and accepts DNS UPDATE.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Primary, PrimaryOptions } from './primary.ts';
import { must } from './processes.ts';
import type { Host } from './topology.ts';

export async function writeKnotPrimary(dir: string, options: PrimaryOptions): Promise<Primary> {
  const folder = join(dir, 'knot-primary');
  const file = join(folder, 'knot.conf');
  await mkdir(join(folder, 'db'), { recursive: true }); // Knot does not make the parent of its databases
  await writeFile(file, configuration(folder, options), { mode: 0o600 });
  const keymgr = (zone: string, ...args: string[]): Promise<string> =>
    must(['keymgr', '-c', file, zone, ...args]);
  for (const { name, text } of options.zones) {
    await writeFile(join(folder, `${name}.zone`), text);
    await keymgr(name, 'generate', 'algorithm=ECDSAP256SHA256', 'ksk=yes', 'zsk=yes');
  }
  return {
    argv: ['knotd', '-c', file],
    async delegationSigner(zone, ttl) {
      const told = await keymgr(zone, 'ds');
      const digest = /DS (\d+ 13 2 [\da-f]+)/i.exec(told)?.[1];
      if (digest === undefined) throw new Error(`keymgr printed no DS for ${zone}:\n${told}`);
      return `${zone}. ${ttl} DS ${digest}\n`;
    },
  };
}

/** Who is notified, if there are any: Knot accepts no empty list. */
function notifyLine(secondaries: readonly Host[]): string {
  const names = secondaries.map((_, at) => `secondary${at}`);
  return names.length === 0 ? '' : `    notify: [ ${names.join(', ')} ]\n`;
}

const remote = ({ v4 }: Host, at: number, host: Host): string =>
  `  - id: secondary${at}\n    address: ${v4}@53\n    via: ${host.v4}\n    key: xfr\n`;

const key = (id: string, secret: string): string =>
  `  - id: ${id}\n    algorithm: hmac-sha256\n    secret: ${secret}\n`;

const configuration = (
  folder: string,
  { host, zones, ttl, secrets, secondaries }: PrimaryOptions,
): string => `server:
    rundir: "${folder}"
    pidfile: "${folder}/knot.pid"
    listen: [ ${host.v4}@53, ${host.v6}@53 ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
control:
    listen: "${folder}/knot.sock"
database:
    storage: "${folder}/db"
    journal-db-max-size: 64M
    kasp-db-max-size: 8M
    timer-db-max-size: 8M
key:
${key('lab', secrets.lab)}${key('xfr', secrets.xfr)}remote:
${secondaries.map((one, at) => remote(one, at, host)).join('')}acl:
  - id: update
    key: lab
    action: update
  - id: transfer
    key: xfr
    action: transfer
policy:
  - id: lab
    manual: on
    single-type-signing: on
    algorithm: ecdsap256sha256
    dnskey-ttl: ${ttl}
    rrsig-lifetime: 14d
    rrsig-refresh: 5d
zone:
${zones
  .map(
    ({ name }) => `  - domain: ${name}
    storage: "${folder}"
    file: "${name}.zone"
${notifyLine(secondaries)}    acl: [ update, transfer ]
    dnssec-signing: on
    dnssec-policy: lab
    zonefile-sync: -1
    journal-content: all
`,
  )
  .join('')}`;
