// Two BINDs: the parent (own signed root, test. and the two odd zones) and the signed primary of
// dane.test, which accepts updates with the TSIG key `lab`; or another make as the primary. Keys
// are made first, because the parents' zone files need the DS records.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  delegationSigner,
  makeZoneKey,
  namedCommand,
  namedOptions,
  writeBindPrimary,
  writeKeys,
  zoneKeyFile,
} from './bind.ts';
import { writeHandMade } from './hand-made.ts';
import { writeKnotPrimary } from './knot-primary.ts';
import type { LabOptions } from './options.ts';
import { writePowerDns } from './powerdns.ts';
import type { Primary } from './primary.ts';
import type { Host, Topology } from './topology.ts';

export interface Secrets {
  /**
   * `lab` may change everything; `acme` only TXT, `tlsa` only TLSA; `xfr` is for zone transfers.
   */
  readonly lab: string;
  readonly acme: string;
  readonly tlsa: string;
  readonly xfr: string;
}

/** What runs as the primary of dane.test. */
export async function writeAuthoritative(
  dir: string,
  at: Topology,
  secrets: Secrets,
  options: LabOptions,
): Promise<readonly string[]> {
  const ttl = options.ttl ?? 5;
  const delegated = delegatedZones(options);
  const file = (name: string): string => join(dir, name);
  for (const name of ['parent', 'primary']) await mkdir(file(name), { recursive: true });
  await writeKeys(dir, { ...secrets }, ttl);
  const [other] = await Promise.all([
    writeOtherPrimary(dir, at, secrets, options),
    writeFile(file('primary/named.conf'), primaryConfiguration(dir, at, options)),
    writeFile(file('parent/named.conf'), parentConfiguration(dir, at)),
    ...['dane.test', ...delegated].map((zone) => makeZoneKey(dir, 'primary', zone)),
    ...['test', 'bogus.test', '.'].map((zone) => makeZoneKey(dir, 'parent', zone)),
  ]);
  const [root, test, dane] = await Promise.all([
    delegationSigner(file('parent'), '', ttl),
    delegationSigner(file('parent'), 'test', ttl),
    other?.delegationSigner('dane.test', ttl) ??
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
  return other?.argv ?? namedCommand(dir, 'primary');
}

/** Those that the delegation names. */
export function nameServersOf(at: Topology, { servedBy }: LabOptions): readonly Host[] {
  if (servedBy === undefined) return [at.nsd, at.knot];
  return servedBy === 'powerdns' ? [at.primary] : [at.primary, at.nsd];
}

async function writeOtherPrimary(
  dir: string,
  at: Topology,
  secrets: Secrets,
  options: LabOptions,
): Promise<Primary | undefined> {
  const { servedBy, ttl = 5 } = options;
  if (servedBy === undefined) return undefined;
  const secondaries = nameServersOf(at, options).filter((host) => host !== at.primary);
  const zones = [{ name: at.zone, text: zoneText(at, ttl, options, []) }];
  const made = { host: at.primary, zones, ttl, secrets, secondaries };
  switch (servedBy) {
    case 'knot-nsd':
      return writeKnotPrimary(dir, made);
    case 'bind+powerdns':
      return writeBindPrimary(dir, { ...made, secondaries: [] });
    default:
      return writePowerDns(dir, made);
  }
}

/**
 * A second primary beside BIND, with the key of the first; the parent's DS record is of that key.
 */
export async function writeSecondPrimary(
  dir: string,
  at: Topology,
  secrets: Secrets,
  options: LabOptions,
): Promise<readonly string[]> {
  const { ttl = 5 } = options;
  const zones = [{ name: at.zone, text: zoneText(at, ttl, options, []) }];
  const keyFiles = { [at.zone]: await zoneKeyFile(join(dir, 'bind'), at.zone, 'private') };
  const made = { host: at.nsd, zones, ttl, secrets, secondaries: [], keyFiles };
  return (await writePowerDns(dir, made)).argv;
}

const delegatedZones = ({ delegated = [] }: LabOptions): string[] =>
  delegated.map((name) => `${name}.dane.test`);

const primaryConfiguration = (
  dir: string,
  at: Topology,
  options: LabOptions,
): string => `${namedOptions(dir, 'primary', at.primary)}
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
    namedOptions(dir, 'parent', at.parent),
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
  const soa = (primary: string): string => soaText(primary, ttl);
  const write = (file: string, ...text: string[]): Promise<void> =>
    writeFile(join(dir, file), `${text.join('\n')}\n`);
  const odd = `${soa('ns.test.')}@ NS ns.test.\n@ MX 10 mail\n${addresses('mail', at.mail)}${addresses('www', at.www)}`;
  const wrong = `_25._tcp.mail TLSA 3 1 1 ${'00'.repeat(32)}`;
  const nameServers = nameServersOf(at, options);
  const delegation = nameServers.map(({ name }) => `dane.test. NS ${name}.`).join('\n');
  const glue = nameServers.map((host) => addresses(`${host.name}.`, host)).join('');
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
    write('primary/dane.test.db', zoneText(at, ttl, options, ds.below)),
    ...delegatedZones(options).map((zone) =>
      write(`primary/${zone}.db`, soa('ns0.dane.test.'), '@ NS ns0.dane.test.'),
    ),
  ]);
}

const soaText = (primary: string, ttl: number, refresh = ttl): string =>
  `$TTL ${ttl}\n@ SOA ${primary} hostmaster.dane.test. ( 1 ${refresh} 2 600 ${ttl} )\n`;

/** dane.test, as in a zone file; `below`: DS records of the zones below. */
const zoneText = (
  at: Topology,
  ttl: number,
  options: LabOptions,
  below: readonly string[],
): string =>
  [
    // Secondaries of other primaries are informed by NOTIFY or not at all.
    soaText('ns0.dane.test.', ttl, options.servedBy === undefined ? ttl : 300),
    ...nameServersOf(at, options).map(({ name }) => `@ NS ${name}.`),
    '@ MX 10 mail',
    ...hostRecords(at),
    ...delegatedZones(options).map((zone) => `${zone}. NS ns0.dane.test.`),
    ...below,
    ...(options.records ?? []),
    '',
  ].join('\n');

const hostRecords = (at: Topology): string[] => [
  addresses('@', at.www),
  ...[at.primary, at.nsd, at.knot, at.mail, at.www, at.relay].map((host) =>
    addresses(`${host.name}.`, host),
  ),
];

const addresses = (owner: string, host: Host, ttl?: number): string =>
  `${owner} ${ttl ?? ''} A ${host.v4}\n${owner} ${ttl ?? ''} AAAA ${host.v6}\n`;
