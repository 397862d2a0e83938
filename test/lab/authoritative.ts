// Two BINDs: the parent (own signed root, test. and the two odd zones) and the signed primary of dane.test, which takes
// updates with the TSIG key `lab`. Keys are made first, because the parents' zone files need the DS records.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHandMade } from './hand-made.ts';
import type { LabOptions } from './options.ts';
import { must } from './processes.ts';
import type { Host, Topology } from './topology.ts';

export interface Secrets {
  /** `lab` may change everything; `acme` only TXT, `tlsa` only TLSA; `xfr` is for zone transfers. */
  readonly lab: string;
  readonly acme: string;
  readonly tlsa: string;
  readonly xfr: string;
}

export async function writeAuthoritative(
  dir: string,
  at: Topology,
  secrets: Secrets,
  options: LabOptions,
): Promise<void> {
  const ttl = options.ttl ?? 5;
  const delegated = delegatedZones(options);
  const file = (name: string): string => join(dir, name);
  for (const name of ['keys', 'parent', 'primary']) await mkdir(file(name), { recursive: true });
  await writeFile(file('keys/policy.conf'), policy(ttl));
  for (const [name, secret] of Object.entries(secrets)) {
    await writeFile(file(`keys/${name}.key`), tsigKey(name, secret), { mode: 0o600 });
  }
  const allKeys = Object.entries(secrets).map(([name, secret]) => tsigKey(name, secret));
  await writeFile(file('keys/all.conf'), allKeys.join(''), { mode: 0o600 });
  await Promise.all([
    writeFile(file('primary/named.conf'), primaryConfiguration(dir, at, options)),
    writeFile(file('parent/named.conf'), parentConfiguration(dir, at)),
    ...[
      ['primary', 'dane.test'],
      ...delegated.map((zone) => ['primary', zone]),
      ['parent', 'test'],
      ['parent', 'bogus.test'],
      ['parent', '.'],
    ].map(([folder = '', zone = '']) =>
      must([
        'dnssec-keygen',
        '-q',
        '-K',
        file(folder),
        '-k',
        'lab',
        '-l',
        file('keys/policy.conf'),
        zone,
      ]),
    ),
  ]);
  const [root, test, dane] = await Promise.all([
    delegationSigner(file('parent'), '', ttl),
    delegationSigner(file('parent'), 'test', ttl),
    delegationSigner(file('primary'), 'dane.test', ttl),
  ]);
  await writeFile(file('keys/root.ds'), root);
  await writeFile(
    file('keys/root.hints'),
    `. 3600 NS lab-root.\n${addresses('lab-root.', at.parent, 3600)}`,
  );
  const below = await Promise.all(
    delegated.map((zone) => delegationSigner(file('primary'), zone, ttl)),
  );
  const handMade = await Promise.all(
    (options.handMade ?? []).map((zone) => writeHandMade(file('primary'), zone, ttl)),
  );
  await writeZones(dir, at, ttl, { test, dane, below, handMade: handMade.flat() }, options);
}

const delegatedZones = ({ delegated = [] }: LabOptions): string[] =>
  delegated.map((name) => `${name}.dane.test`);

const tsigKey = (name: string, secret: string): string =>
  `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };\n`;

const policy = (ttl: number): string => `dnssec-policy "lab" {
  keys { csk lifetime unlimited algorithm ecdsap256sha256; };
  dnskey-ttl ${ttl}; max-zone-ttl 1h; parent-ds-ttl ${ttl};
  publish-safety 5; retire-safety 5; zone-propagation-delay 2; parent-propagation-delay 2;
  signatures-validity 14d; signatures-validity-dnskey 14d; signatures-refresh 5d;
};
`;

// BIND listens only on addresses that an interface has (startLab adds them to lo) and waits 5 s before it notifies, unless
// told otherwise. Without the many file names it writes to /run and /var/cache/bind.
const common = (dir: string, folder: string, host: Host): string => `include "${dir}/keys/all.conf";
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

const primaryConfiguration = (
  dir: string,
  at: Topology,
  options: LabOptions,
): string => `${common(dir, 'primary', at.primary)}
zone "dane.test" {
  type primary; file "dane.test.db"; dnssec-policy "lab";
  inline-signing ${(options.inlineSigning ?? true) ? 'yes' : 'no'};
  also-notify { ${at.nsd.v4} key "xfr"; ${at.knot.v4} key "xfr"; };
  update-policy {
    grant "lab" zonesub ANY;
    grant "acme" wildcard *.dane.test. TXT;
    grant "tlsa" wildcard *.dane.test. TLSA;
  };
};
${delegatedZones(options)
  .map((zone) => updatable(zone, `${zone}.db`, true))
  .join('')}${(options.handMade ?? [])
  .map(({ name }) => `zone "${name}" { type primary; file "${name}.db"; };\n`)
  .join('')}`;

const updatable = (name: string, file: string, signed: boolean): string =>
  `zone "${name}" { type primary; file "${file}"; ${signed ? 'dnssec-policy "lab"; inline-signing yes; ' : ''}` +
  'update-policy { grant "lab" zonesub ANY; }; };\n';

const parentConfiguration = (dir: string, at: Topology): string =>
  [
    common(dir, 'parent', at.parent),
    updatable('.', 'root.db', true),
    updatable('test', 'test.db', true),
    updatable('plain.test', 'plain.test.db', false),
    updatable('bogus.test', 'bogus.test.db', true),
  ].join('');

async function writeZones(
  dir: string,
  at: Topology,
  ttl: number,
  ds: {
    readonly test: string;
    readonly dane: string;
    readonly below: readonly string[];
    readonly handMade: readonly string[];
  },
  options: LabOptions,
): Promise<void> {
  const soa = (primary: string): string =>
    `$TTL ${ttl}\n@ SOA ${primary} hostmaster.dane.test. ( 1 ${ttl} 2 600 ${ttl} )\n`;
  const write = (file: string, ...text: string[]): Promise<void> =>
    writeFile(join(dir, file), `${text.join('\n')}\n`);
  const odd = `${soa('ns.test.')}@ NS ns.test.\n@ MX 10 mail\n${addresses('mail', at.mail)}${addresses('www', at.www)}`;
  const wrong = `_25._tcp.mail TLSA 3 1 1 ${'00'.repeat(32)}`;
  const delegation = 'dane.test. NS ns1.dane.test.\ndane.test. NS ns2.dane.test.';
  const glue = addresses('ns1.dane.test.', at.nsd) + addresses('ns2.dane.test.', at.knot);
  const oddDelegations = `plain.test. NS ns.test.\nbogus.test. NS ns.test.\nbogus.test. DS 12345 13 2 ${'00'.repeat(32)}`;
  await Promise.all([
    write(
      'parent/root.db',
      soa('lab-root.'),
      '@ NS lab-root.',
      addresses('lab-root.', at.parent),
      'test. NS ns.test.',
      addresses('ns.test.', at.parent),
      ds.test,
    ),
    write(
      'parent/test.db',
      soa('ns.test.'),
      '@ NS ns.test.',
      addresses('ns.test.', at.parent),
      delegation,
      glue,
      ds.dane,
      oddDelegations,
      ...ds.handMade,
    ),
    write('parent/plain.test.db', odd, ...(options.plainRecords ?? [])),
    write('parent/bogus.test.db', odd, wrong),
    write(
      'primary/dane.test.db',
      soa('ns0.dane.test.'),
      '@ NS ns1\n@ NS ns2\n@ MX 10 mail',
      ...hostRecords(at),
      ...delegatedZones(options).map((zone) => `${zone}. NS ns0.dane.test.`),
      ...ds.below,
      ...(options.records ?? []),
    ),
    ...delegatedZones(options).map((zone) =>
      write(`primary/${zone}.db`, soa('ns0.dane.test.'), '@ NS ns0.dane.test.'),
    ),
  ]);
}

const hostRecords = (at: Topology): string[] => [
  addresses('@', at.www),
  ...[at.primary, at.nsd, at.knot, at.mail, at.www, at.relay].map((host) =>
    addresses(`${host.name}.`, host),
  ),
];

const addresses = (owner: string, host: Host, ttl?: number): string =>
  `${owner} ${ttl ?? ''} A ${host.v4}\n${owner} ${ttl ?? ''} AAAA ${host.v6}\n`;

/** The DS line of the only key that `dnssec-keygen` has made for the zone ('' is the root: its files are called `K.+013+…`). */
async function delegationSigner(folder: string, zone: string, ttl: number): Promise<string> {
  const names = await readdir(folder);
  const key = names.find((name) => name.startsWith(`K${zone}.+013+`) && name.endsWith('.key'));
  if (key === undefined) throw new Error(`dnssec-keygen has left no key for ${zone}. in ${folder}`);
  return must(['dnssec-dsfromkey', '-2', '-T', String(ttl), join(folder, key)]);
}
