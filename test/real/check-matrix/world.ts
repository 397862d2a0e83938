// The servers of the rows of the matrix: addresses, processes, zones.
import { writeFile } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import { startDnsRelay } from '../../lab/dns-relay.ts';
import type { Lab } from '../../lab/lab.ts';
import { recordsAt } from '../../lab/observe.ts';
import type { HandMadeZone } from '../../lab/options.ts';
import { startSmtpHost } from '../../lab/smtp-host.ts';
import { topology, type Host } from '../../lab/topology.ts';
import type { Chain, MailCase, ServiceCase } from './case.ts';

/** Type number of TLSA. */
const TLSA = 52;
/** Below it are the lab's own hosts. */
const FIRST = 20;

export const zoneOf = ({ zone = 'dane.test' }: { readonly zone?: string }): string => zone;
export const hostOf = (row: ServiceCase): string => `${row.host}.${zoneOf(row)}`;
export const portOf = ({ manner }: ServiceCase): number => (manner === 'implicit-tls' ? 443 : 25);
export const targetOf = (row: ServiceCase): string => `${hostOf(row)}:${portOf(row)}`;
export const domainOf = (row: MailCase): string => `${row.domain}.${zoneOf(row)}`;
/** As DNS has it. */
export const aLabels = (domain: string): string => new URL(`http://${domain}`).hostname;

/** Each row's addresses, all of them different. */
export function addressesOf(
  rows: readonly ServiceCase[],
  index: number,
): ReadonlyMap<ServiceCase, readonly string[]> {
  const at = topology(index);
  let last = FIRST - 1;
  const addressesFor = ({ by, presents }: ServiceCase): string[] =>
    by === undefined
      ? presents.map(() => `127.53.${index}.${(last += 1)}`)
      : [at[by].v4, at[by].v6];
  return new Map(rows.map((row) => [row, addressesFor(row)]));
}

/** As in a zone file, relative to the zone. */
function linesOf(row: ServiceCase, addresses: readonly string[]): string[] {
  return [
    ...(row.by === undefined ? addresses.map((address) => `${row.host} A ${address}`) : []),
    ...row.tlsa.map((data) => `_${portOf(row)}._tcp.${row.host} TLSA ${data}`),
    ...(row.more ?? []),
  ];
}

const mailLines = ({ domain, mx, more = [] }: MailCase): string[] => [
  ...mx.map((data) => `${aLabels(domain)} MX ${data}`),
  ...more,
];

export type Relays = Readonly<Record<'deaf' | 'narrow', string>>;

export const relaysOf = (index: number): Relays => ({
  deaf: `127.53.${index}.253`,
  narrow: `127.53.${index}.254`,
});

/** Zones that are signed once get the records of their rows at once. */
export function handMade(
  zones: readonly Omit<HandMadeZone, 'records'>[],
  addresses: ReadonlyMap<ServiceCase, readonly string[]>,
  mail: readonly MailCase[],
  relays: Relays,
): HandMadeZone[] {
  return zones.map((zone) => ({
    ...zone,
    records: [
      ...[...addresses]
        .filter(([row]) => zoneOf(row) === zone.name)
        .flatMap(([row, own]) => linesOf(row, own)),
      ...mail.filter((row) => zoneOf(row) === zone.name).flatMap(mailLines),
      ...Object.entries(relays)
        .filter(([name]) => zone.nameServers?.includes(`${name}.${zone.name}.`))
        .map(([name, address]) => `${name} A ${address}`),
    ],
  }));
}

export async function startRelays(lab: Lab, relays: Relays): Promise<() => void> {
  const all = await Promise.all([
    startDnsRelay(relays.deaf, lab.servers.primary.v4, {
      udpUpTo: 65_535,
      tcp: 'open',
      failsAt: TLSA,
    }),
    startDnsRelay(relays.narrow, lab.servers.primary.v4, { udpUpTo: 65_535, tcp: 'refused' }),
  ]);
  return () => all.forEach((relay) => relay.close());
}

const presented = ({ leaf, above }: Chain) => ({
  chain: [leaf, ...above].map(({ pem }) => pem).join(''),
  key: leaf.keyPem,
});

export async function startHosts(
  addresses: ReadonlyMap<ServiceCase, readonly string[]>,
): Promise<() => void> {
  const hosts = await Promise.all(
    [...addresses].flatMap(([row, own]) =>
      row.presents.flatMap((chains, at) =>
        chains.length === 0 || row.by !== undefined
          ? []
          : [startSmtpHost(own[at] ?? '', chains.map(presented), row.manner ?? 'ordinary')],
      ),
    ),
  );
  return () => hosts.forEach((host) => host.close());
}

/** Gives the lab's Postfixes the certificates of their rows. */
export async function equipPostfix(lab: Lab, rows: readonly ServiceCase[]): Promise<void> {
  for (const { by, presents } of rows) {
    const service = by === undefined ? undefined : lab.services[by];
    if (service === undefined) continue;
    const files = [service, ...(service.rsa === undefined ? [] : [service.rsa])];
    for (const [at, { certificateFile, keyFile }] of files.entries()) {
      const chain = presents[0]?.[at];
      if (chain === undefined) throw new Error(`${service.host} has ${files.length} certificates`);
      await writeFile(certificateFile, presented(chain).chain);
      await writeFile(keyFile, chain.leaf.keyPem);
    }
    await lab.run(service.reload);
  }
}

/** Zones that accept updates get their rows; in the end one secondary lags. */
export async function publish(
  lab: Lab,
  addresses: ReadonlyMap<ServiceCase, readonly string[]>,
  mail: readonly MailCase[],
): Promise<void> {
  const add = (zone: string, lines: readonly string[]): Promise<void> =>
    lab.nsupdate(
      lines.map((line) => line.replace(/^\S+/, `update add $&.${zone}. ${lab.ttl}`)),
      zone,
    );
  const rows = [...addresses].filter(([row]) => TAKE_UPDATES.includes(zoneOf(row)));
  for (const zone of TAKE_UPDATES) {
    await add(zone, [
      ...rows.flatMap(([row, own]) => (zoneOf(row) === zone ? linesOf(row, own) : [])),
      ...mail.flatMap((row) => (zoneOf(row) === zone ? mailLines(row) : [])),
    ]);
  }
  const { nsd, knot } = lab.servers;
  const late = rows.filter(([{ later }]) => later !== undefined).map(([row]) => row);
  await Promise.all(late.flatMap((row) => [nsd, knot].map((at) => served(at, row, 0))));
  await lab.freezeKnot();
  for (const row of late) {
    await add(zoneOf(row), row.later ?? []);
    await served(nsd, row, 1);
  }
}

const TAKE_UPDATES = ['dane.test', 'plain.test', 'bogus.test'];

/** Waits until the server answers with the row's records, and with the later ones. */
async function served(server: Host, row: ServiceCase, more: number): Promise<void> {
  const owner = `_${portOf(row)}._tcp.${hostOf(row)}`;
  await vi.waitFor(
    async () => {
      const records = await recordsAt(server.v4, owner);
      expect(records.length, `${server.name} ${owner}`).toBe(row.tlsa.length + more);
    },
    { timeout: 15_000, interval: 50 },
  );
}
