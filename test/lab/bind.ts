// The configuration of every BIND of a lab: keys, where to listen, where to write.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Primary, PrimaryOptions } from './primary.ts';
import { must } from './processes.ts';
import type { Host, Topology } from './topology.ts';

/** TSIG keys, base64, by their names. */
export type Keys = Readonly<Record<string, string>>;

export const namedCommand = (dir: string, folder: string): string[] => [
  ...['named', '-g', '-n', '2', '-c', join(dir, folder, 'named.conf')],
];

/** The files that each configuration includes, and one of its own for each key. */
export async function writeKeys(dir: string, keys: Keys, ttl: number): Promise<void> {
  await mkdir(join(dir, 'keys'), { recursive: true });
  await writeFile(join(dir, 'keys/policy.conf'), policy(ttl));
  for (const [name, secret] of Object.entries(keys)) {
    await writeFile(join(dir, `keys/${name}.key`), tsigKey(name, secret), { mode: 0o600 });
  }
  const all = Object.entries(keys).map(([name, secret]) => tsigKey(name, secret));
  await writeFile(join(dir, 'keys/all.conf'), all.join(''), { mode: 0o600 });
}

const tsigKey = (name: string, secret: string): string =>
  `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };\n`;

const policy = (ttl: number): string => `dnssec-policy "lab" {
  keys { csk lifetime unlimited algorithm ecdsap256sha256; };
  dnskey-ttl ${ttl}; max-zone-ttl 1d; parent-ds-ttl ${ttl};
  publish-safety 5; retire-safety 5; zone-propagation-delay 2; parent-propagation-delay 2;
  signatures-validity 14d; signatures-validity-dnskey 14d; signatures-refresh 5d;
};
`;

// BIND listens only on addresses that an interface has (startLab adds them to lo) and waits 5 s
// before it notifies, unless told otherwise. Without the many file names it writes to /run and
// /var/cache/bind.
export const namedOptions = (
  dir: string,
  folder: string,
  host: Host,
): string => `include "${dir}/keys/all.conf";
include "${dir}/keys/policy.conf";
controls { };
options {
  directory "${dir}/${folder}"; key-directory "${dir}/${folder}";
  managed-keys-directory "${dir}/${folder}"; session-keyfile "${dir}/${folder}/session.key";
  pid-file "${dir}/${folder}/named.pid"; lock-file none; bindkeys-file "/dev/null";
  listen-on port 53 { ${host.v4}; }; listen-on-v6 port 53 { ${host.v6}; };
  query-source address ${host.v4}; notify-source ${host.v4}; transfer-source ${host.v4};
  recursion no; dnssec-validation no; allow-query { any; }; allow-transfer { key "xfr"; };
  notify explicit; notify-delay 0; notify-rate 200; startup-notify-rate 200; serial-query-rate 200;
  minimal-responses yes; max-journal-size 10m; empty-zones-enable no;
};
`;

/** Makes the one key that signs a zone. */
export const makeZoneKey = (dir: string, folder: string, zone: string): Promise<string> =>
  must([
    ...['dnssec-keygen', '-q', '-K', join(dir, folder), '-k', 'lab'],
    ...['-l', join(dir, 'keys/policy.conf'), zone],
  ]);

/** The DS line of the only key that `dnssec-keygen` has made for the zone. */
export async function delegationSigner(folder: string, zone: string, ttl: number): Promise<string> {
  const key = await zoneKeyFile(folder, zone, 'key');
  return must(['dnssec-dsfromkey', '-2', '-T', String(ttl), key]);
}

/** One half of the only key of a zone ('' is the root: its files are called `K.+013+…`). */
export async function zoneKeyFile(
  folder: string,
  zone: string,
  half: 'key' | 'private',
): Promise<string> {
  const names = await readdir(folder);
  const key = names.find((name) => name.startsWith(`K${zone}.+013+`) && name.endsWith(`.${half}`));
  if (key === undefined) throw new Error(`dnssec-keygen has left no key for ${zone}. in ${folder}`);
  return join(folder, key);
}

/**
 * A primary of several zones that accepts updates and has signed them when it is ready; `writeKeys`
 * comes first.
 */
export async function writeBindPrimary(
  dir: string,
  { host, zones, secondaries }: PrimaryOptions,
): Promise<Primary> {
  const folder = join(dir, 'bind');
  await mkdir(folder, { recursive: true });
  const notify = secondaries.map(({ v4 }) => `${v4} key "xfr"; `).join('');
  const tables = zones.map(
    ({ name }) => `zone "${name}" {
  type primary; file "${name}.db"; dnssec-policy "lab"; inline-signing no;
  also-notify { ${notify}}; update-policy { grant "lab" zonesub ANY; };
};
`,
  );
  await writeFile(join(folder, 'named.conf'), namedOptions(dir, 'bind', host) + tables.join(''));
  for (const { name, text } of zones) {
    await writeFile(join(folder, `${name}.db`), text);
    await makeZoneKey(dir, 'bind', name);
  }
  return {
    argv: namedCommand(dir, 'bind'),
    delegationSigner: (zone, seconds) => delegationSigner(folder, zone, seconds),
  };
}

/** A secondary of the lab's zone. */
export async function writeBindSecondary(
  dir: string,
  at: Topology,
  host: Host,
): Promise<readonly string[]> {
  await mkdir(join(dir, 'secondary'), { recursive: true });
  const zone = `zone "${at.zone}" {
  type secondary; file "${at.zone}.copy"; primaries { ${at.primary.v4} key "xfr"; };
  min-refresh-time 2; min-retry-time 1;
};
`;
  const text = namedOptions(dir, 'secondary', host) + zone;
  await writeFile(join(dir, 'secondary/named.conf'), text);
  return namedCommand(dir, 'secondary');
}
