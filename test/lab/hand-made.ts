// Unusual signed zones below test.: signed once with dnssec-signzone and served by the primary of
// dane.test as they are.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HandMadeZone } from './options.ts';
import { must } from './processes.ts';

/** Writes the zone's file, and returns the records that test. needs for it. */
export async function writeHandMade(
  folder: string,
  zone: HandMadeZone,
  ttl: number,
): Promise<readonly string[]> {
  const { name, fault, nameServers = ['ns0.dane.test.'] } = zone;
  const keys = join(folder, `keys-${name}`);
  await mkdir(keys, { recursive: true });
  await must(['dnssec-keygen', '-q', '-K', keys, '-a', 'ECDSAP256SHA256', '-f', 'KSK', name]);
  const key = (await readdir(keys)).find((file) => file.endsWith('.key')) ?? '';
  const ds = await must(['dnssec-dsfromkey', '-2', '-T', String(ttl), join(keys, key)]);
  const head = [
    `$TTL ${ttl}`,
    `@ SOA ns0.dane.test. hostmaster.dane.test. ( 1 ${ttl} 2 600 ${ttl} )`,
    ...nameServers.map((server) => `@ NS ${server}`),
  ];
  const dnskey = await readFile(join(keys, key), 'utf8');
  const sign = (records: readonly string[], isExpired = false): Promise<string> =>
    signed(keys, name, [...head, ...records, dnskey], isExpired);
  const others = zone.records.filter((line) => !isTlsa(line));
  const text = async (): Promise<string> => {
    switch (fault) {
      case 'no-key':
      case 'unsigned':
        return [...head, ...zone.records].join('\n');
      case 'expired-tlsa':
        return graft(await sign(zone.records), await sign(zone.records, true));
      // As made by signers that forget names which exist only because of names below them.
      case 'gap':
        return graft(await sign(others), await sign(zone.records));
      default:
        return sign(zone.records, fault === 'expired');
    }
  };
  await writeFile(join(folder, `${name}.db`), `${await text()}\n`);
  const glue = zone.records.filter((line) =>
    nameServers.includes(`${line.split(' ')[0]}.${name}.`),
  );
  return [
    ...nameServers.map((server) => `${name}. NS ${server}`),
    ...glue.map((line) => line.replace(/^\S+/, `$&.${name}.`)),
    ...(fault === 'unsigned' ? [] : [ds]),
  ];
}

async function signed(
  folder: string,
  name: string,
  lines: readonly string[],
  isExpired: boolean,
): Promise<string> {
  const file = join(folder, 'unsigned');
  await writeFile(file, `${lines.join('\n')}\n`);
  const times = isExpired ? ['-s', 'now-1209600', '-e', 'now-86400'] : ['-s', 'now-3600'];
  const form = ['-q', '-z', '-O', 'full', '-3', '-', '-H', '0', '-K', folder, '-d', folder];
  const args = [...form, ...times, '-o', name, '-f', `${file}.signed`, file];
  // -P: its own check reports that signatures of the past verify nothing.
  await must(['dnssec-signzone', '-P', ...args]);
  return readFile(`${file}.signed`, 'utf8');
}

/** The records and their signatures; NSEC3 names the type, too. */
const isTlsa = (line: string): boolean => /\s(IN\s+)?(RRSIG\s+)?TLSA\s+\d/.test(line);

/** The first signed zone with the TLSA records of the second. */
const graft = (first: string, second: string): string =>
  [...first.split('\n').filter((line) => !isTlsa(line)), ...second.split('\n').filter(isTlsa)].join(
    '\n',
  );
