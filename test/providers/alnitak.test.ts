// A script as Alnitak's documentation describes it: it gets everything in its environment, and
// keeps its records in a file.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tlsaFromText } from '../../src/dns/rdata-text.ts';
import { exec } from '../../providers/exec/exec.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { DnsProvider, EditOutcome } from '../../src/ports/provider.ts';
import { toolsFor } from '../conformance/tools.ts';

const tlsa = (octet: string, params = '030101'): RdataHex => `${params}${octet.repeat(32)}`;
const [A, B, CA] = [tlsa('aa'), tlsa('bb'), tlsa('cc', '020101')];
const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');

const SCRIPT = `#!/bin/sh -u
cd "$(dirname "$0")"
echo "$TLSA_OPERATION $TLSA_PARAM $TLSA_HASH \${TLSA_LIVE_HASH:-}" >> calls
env > environment
test -e fails && { echo "the API is down"; exit "$(cat fails)"; }
line () { echo "_$TLSA_PORT._$TLSA_PROTOCOL._$TLSA_DOMAIN $TLSA_USAGE $TLSA_SELECTOR $TLSA_MATCHING $1"; }
is_up () { grep -qxF "$(line "$1")" records; }
case "$TLSA_OPERATION" in
  publish)
    is_up "$TLSA_HASH" && exit 1
    line "$TLSA_HASH" >> records ;;
  delete)
    test -n "\${TLSA_LIVE_HASH:-}" && ! is_up "$TLSA_LIVE_HASH" && exit 1
    grep -vxF "$(line "$TLSA_HASH")" records > kept
    mv kept records ;;
  *) exit 3 ;;
esac
exit 0
`;

let folder: string;
let provider: DnsProvider;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-alnitak-'));
  await writeFile(join(folder, 'records'), '');
  await writeFile(join(folder, 'hook'), SCRIPT);
  await chmod(join(folder, 'hook'), 0o755);
  const tools = {
    ...toolsFor().tools,
    zoneOf: () => Promise.resolve(ZONE),
    look: async (owner: Fqdn, type: RecordType) => {
      const rdata = rdataSet(await records());
      return rdata.length === 0 ? undefined : { owner, type, ttl: 3600, rdata };
    },
  };
  const command = [join(folder, 'hook')];
  provider = await exec.open({ command, timeout: undefined, compatible: 'alnitak' }, tools);
});
afterEach(() => rm(folder, { recursive: true }));

const lines = async (file: string): Promise<string[]> =>
  (await readFile(join(folder, file), 'utf8')).split('\n').filter((line) => line !== '');
async function records(): Promise<RdataHex[]> {
  const here = '_25._tcp._mx1.example.org ';
  return (await lines('records')).map((line) => tlsaFromText(line.replace(here, '')));
}

interface Change {
  readonly add?: readonly RdataHex[];
  readonly remove?: readonly RdataHex[];
  readonly expect?: readonly RdataHex[];
}
const apply = (change: Change, owner = OWNER, type: RecordType = 'TLSA'): Promise<EditOutcome> => {
  const { add = [], remove = [], expect: was = [] } = change;
  return provider.apply({ zone: ZONE, owner, type, ttl: 3600, add, remove, expect: was }, {});
};
const data = (rdata: RdataHex): string => rdata.slice(6);

it('rolls records with a script of the documented kind, one call for each', async () => {
  expect(await apply({ add: [A, CA] })).toBe('accepted');
  expect(await records()).toEqual(expect.arrayContaining([A, CA]));
  expect(await apply({ add: [B], expect: [A, CA] })).toBe('accepted');
  expect(await apply({ remove: [A], expect: [A, B, CA] })).toBe('accepted');
  expect(rdataSet(await records())).toEqual(rdataSet([B, CA]));
  expect(await apply({ remove: [B, CA], expect: [B, CA] })).toBe('accepted');
  expect(await records()).toEqual([]);
  expect((await lines('calls')).map((line) => line.trim())).toEqual([
    `publish 211 ${data(CA)}`,
    `publish 311 ${data(A)}`,
    `publish 311 ${data(B)}`,
    // Only where a record of its kind stays, the script has to search for it.
    `delete 311 ${data(A)} ${data(B)}`,
    `delete 211 ${data(CA)}`,
    `delete 311 ${data(B)}`,
  ]);
});

it('publishes before it deletes, and deletes nothing when it could not publish', async () => {
  await apply({ add: [A] });
  const change: Change = { add: [B], remove: [A], expect: [A] };
  await writeFile(join(folder, 'fails'), '2');
  await expect(apply(change)).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
  expect(await records()).toEqual([A]);
  await rm(join(folder, 'fails'));
  expect(await apply(change)).toBe('accepted');
  expect(await records()).toEqual([B]);
  const operations = (await lines('calls')).map((line) => line.split(' ')[0]);
  expect(operations).toEqual(['publish', 'publish', 'publish', 'delete']);
});

it('sets the environment that is documented', async () => {
  await apply({ add: [A] });
  const all = (await readFile(join(folder, 'environment'), 'utf8')).replace('IFS= \t\n\n', '');
  const found = Object.fromEntries(
    all
      .split('\n')
      .flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/).slice(0, 2)] : [])),
  ) as Record<string, string>;
  expect(found).toMatchObject({
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LETSENCRYPT_DIR: '/etc/letsencrypt',
    RENEWED_DOMAINS: 'example.org',
    ZONE_DOMAIN: 'example.org',
    TLSA_USAGE: '3',
    TLSA_SELECTOR: '1',
    TLSA_MATCHING: '1',
    TLSA_PARAM: '311',
    TLSA_PORT: '25',
    TLSA_PROTOCOL: 'tcp',
    TLSA_DOMAIN: 'mx1.example.org',
    TLSA_HASH: data(A),
    TLSA_OPERATION: 'publish',
  });
  expect(found).not.toHaveProperty('TLSA_LIVE_HASH');
});

it.each([
  ['publish', 1, undefined],
  ['publish', 2, 'PROVIDER_FAILED'],
  ['publish', 127, 'PROVIDER_FAILED'],
  ['publish', 200, 'PROVIDER_FAILED'],
  // The new record is not published: the old one stays.
  ['delete', 1, 'PROVIDER_FAILED'],
  ['delete', 2, 'PROVIDER_FAILED'],
] as const)('%s with status %i', async (operation, status, code) => {
  await apply({ add: [A, B] });
  await writeFile(join(folder, 'fails'), String(status));
  const both: Change = { expect: [A, B] };
  const change = operation === 'publish' ? { ...both, add: [CA] } : { ...both, remove: [A] };
  const outcome: unknown = await apply(change).catch((error: unknown) => error);
  if (code === undefined) expect(outcome).toBe('accepted');
  else expect(outcome).toMatchObject({ code, retry: true });
  if (status === 2) expect(String(outcome)).toContain('the API is down');
});

it('supports neither TXT nor other owners', async () => {
  const txt = apply({ add: ['03616263'] }, fqdn('_acme-challenge.example.org'), 'TXT');
  await expect(txt).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  const elsewhere = apply({ add: [A] }, fqdn('mx1.dane.example.org'));
  await expect(elsewhere).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
