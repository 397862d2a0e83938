// TLSA that clients find at other owners than the service's own: at a wildcard in a delegated
// `_tcp` zone, and behind an alias of the mail host. Real servers, while DANE clients connect.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look, recordsAt } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { keyRecord } from '../lab/tlsa.ts';

/** Other tests share the machine. */
const LIMIT_MS = 180_000;
const patience = { timeout: 30_000, interval: 200 };

let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({
    index: 84,
    ttl: 2,
    delegated: ['_tcp.www'],
    records: [
      'mx CNAME mail',
      // For every name below it, which must not be mistaken for a challenge.
      '*.www TXT "v=spf1 -all"',
    ],
  });
  const { mail, www } = lab.services;
  config = await writeInstallation(lab, 'elsewhere', [
    certificateFor('mx', [{ ...mail, host: 'mx.dane.test' }]),
    certificateFor('www', [www]),
  ]);
  const ofMail = keyRecord(mail.certificateFile);
  await lab.nsupdate([`update add ${mail.tlsaOwner} ${lab.ttl} TLSA ${ofMail}`]);
  const ofWww = keyRecord(www.certificateFile);
  const below = `_tcp.${www.host}`;
  await lab.nsupdate([`update add *.${below}. ${lab.ttl} TLSA ${ofWww}`], below);
  probes = startProbes(lab, { pauseMs: 1_000 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', '--wait', ...args));

async function everywhere(
  owner: string,
  isIt: (records: readonly string[]) => boolean,
): Promise<void> {
  // What is delegated has one name server.
  const { primary, ...secondaries } = lab.servers;
  const hosts = owner.includes('_tcp.www') ? [primary] : Object.values(secondaries);
  const servers = hosts.flatMap(({ v4, v6 }) => [v4, v6]);
  const seen = async (): Promise<boolean> =>
    (await Promise.all(servers.map((server) => recordsAt(server, owner)))).every(isIt);
  await expect.poll(seen, patience).toBe(true);
}

test(
  'records of a wildcard, in a zone of their own, are rolled at the wildcard',
  { timeout: LIMIT_MS },
  async () => {
    const { mail, www } = lab.services;
    for (const { tlsaOwner } of [mail, www]) {
      await everywhere(tlsaOwner, (records) => records.length === 1);
    }
    const before = await look(lab, www);
    const rolled = await run('www');
    expect(rolled, rolled.told).toMatchObject({ status: 0 });
    const { served } = await look(lab, www);
    expect(served).toHaveLength(1);
    expect(before.served).not.toContain(served[0]);
    const published = rolled.events.filter(({ event }) => event === 'published');
    expect(published.map(({ owner }) => owner)).toEqual(published.map(() => `*._tcp.${www.host}.`));
    // Any other name below the wildcard has them too; the record that was added by hand stays.
    const expected = [...before.served, ...served];
    await everywhere(`_8443._tcp.${www.host}`, (records) =>
      expected.every((record) => records.includes(record)),
    );
  },
);

test(
  'behind an alias of the host the records belong to another party: deployed once they have the key',
  { timeout: LIMIT_MS },
  async () => {
    const { mail } = lab.services;
    const before = await look(lab, mail);
    const held = await run('mx');
    expect(held, held.told).toMatchObject({ status: 4 });
    const told = held.events
      .filter(({ event }) => event === 'blocked')
      .map((event) => JSON.stringify(event));
    const [, record] = /publish (3 1 1 [0-9a-f]{64}) there/.exec(told.join()) ?? [];
    expect((await look(lab, mail)).served).toEqual(before.served);

    await lab.nsupdate([`update add ${mail.tlsaOwner} ${lab.ttl} TLSA ${record}`]);
    const rolled = await run('mx');
    expect(rolled, rolled.told).toMatchObject({ status: 0 });
    expect((await look(lab, mail)).served).toEqual([record]);
  },
);

test('no client was refused', async () => {
  const { secureCount, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(20);
});
