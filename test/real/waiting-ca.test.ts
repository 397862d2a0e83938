// A CA that behaves like smallstep's: it looks for a challenge once for each answer, reports what
// it did not find, and waits for the next answer.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCaddy } from '../lab/caddy.ts';
import type { Caddy } from '../lab/caddy.ts';
import { dig } from '../lab/checks.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { addToLoopback } from '../lab/loopback.ts';
import { Daemons } from '../lab/processes.ts';
import { writeUnbound } from '../lab/resolvers.ts';

const LIMIT_MS = 180_000;
/**
 * Of records and of negative answers, in seconds: the first answer and the second find no record.
 */
const TTL = 30;
/** One for each CA: an order that is still open keeps its record. */
const [UNSEEN, SEEN_LATE] = ['mail.dane.test', 'www.dane.test'];
const BLIND = { name: 'blind.dane.test', v4: '127.53.113.20', v6: 'fd53:113::20' };
const CA_OF_THE_BLIND = '127.53.113.21';
const CA = '127.53.113.22';

let lab: Lab;
let folder: string;
let daemons: Daemons;
const caddies: Caddy[] = [];

beforeAll(async () => {
  const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver'] as const;
  lab = await startLab({ index: 113, ttl: TTL, parts });
  folder = await mkdtemp(join(tmpdir(), 'holger-caddy-'));
  await mkdir(join(folder, 'log'));
  daemons = new Daemons(join(folder, 'log'));
}, LIMIT_MS);
afterAll(async () => {
  for (const caddy of caddies) await caddy.stop();
  await daemons?.stopAll();
  await lab?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function ca(address: string, resolver: string): Promise<Caddy> {
  const caddy = await startCaddy(folder, address, resolver);
  caddies.push(caddy);
  return caddy;
}

/** An ordinary certificate: other tests cover what follows the order. */
const certificateOf = (host: string): string => `[[certificate]]
name = "plain"
domains = ["${host}"]
dane = false
`;

async function installationAt({ directory, caFile }: Caddy, host: string) {
  const acme = { ...lab.acme, directory, caFile };
  const config = await writeInstallation({ ...lab, acme }, host, [certificateOf(host)]);
  const run = (...args: string[]): Promise<HolgerRun> =>
    runHolger(lab, installationCommand(config, '--json', 'run', ...args));
  return { run };
}

const inOneMinute = (times: readonly number[]): number =>
  Math.max(...times.map((at) => times.filter((one) => one >= at && one < at + 60).length));

const secondsOf = ([first = 0, ...others]: readonly number[]): string =>
  [0, ...others.map((at) => (at - first).toFixed(1))].join(', ');

const challengeTxt = (resolver: string, host: string): Promise<string> =>
  dig(['+tries=1', `@${resolver}`, `_acme-challenge.${host}`, 'TXT']);

describe('K9: a CA that waits for another answer', () => {
  test(
    'and finds nothing, is answered a few times, and its error is reported',
    { timeout: LIMIT_MS },
    async () => {
      await addToLoopback([BLIND]);
      const caching = { maxTtl: 0, maxNegativeTtl: 0, blindTo: `_acme-challenge.${UNSEEN}` };
      daemons.start('blind', await writeUnbound(lab.dir, 'blind', BLIND, caching));
      await daemons.waitFor('blind', async () =>
        (await challengeTxt(BLIND.v4, UNSEEN)).includes('NXDOMAIN'),
      );
      const caddy = await ca(CA_OF_THE_BLIND, BLIND.v4);
      const { run } = await installationAt(caddy, UNSEEN);
      const begun = Date.now();
      const first = await run();
      const told = {
        code: 'ACME_CHALLENGE_PENDING',
        message: expect.stringMatching(
          /the CA does not accept .*problem with a DNS query/,
        ) as string,
        hint: expect.stringContaining(
          "check that the CA's resolver can see the TXT record",
        ) as string,
        exit: 3,
      };
      expect(first, first.told).toMatchObject({ status: 3 });
      expect(first.events).toContainEqual(expect.objectContaining(told));
      const answered = (await caddy.challenged()).length;
      expect(answered).toBeGreaterThan(1);
      // Neither a timer nor a person who tries again and again changes that.
      for (let byName = true; Date.now() - begun < 75_000; byName = !byName) {
        const again = await run(...(byName ? ['plain'] : []));
        expect(again, again.told).toMatchObject({ status: 3 });
        expect(again.events).toContainEqual(expect.objectContaining(told));
      }
      const times = await caddy.challenged();
      console.log(`the CA that sees nothing was answered after ${secondsOf(times)} s`);
      expect(inOneMinute(times)).toBeLessThanOrEqual(6);
    },
  );

  test(
    'and caches for a while that there is no record, is satisfied by at most three',
    { timeout: LIMIT_MS },
    async () => {
      const caddy = await ca(CA, lab.resolver.v4);
      const { run } = await installationAt(caddy, SEEN_LATE);
      expect(await challengeTxt(lab.resolver.v4, SEEN_LATE)).toContain('NXDOMAIN');
      const ended = await run('--wait');
      const times = await caddy.challenged();
      console.log(`the CA with a negative cache was answered after ${secondsOf(times)} s`);
      expect(ended, ended.told).toMatchObject({ status: 0 });
      expect(ended.events).toContainEqual(expect.objectContaining({ event: 'issued' }));
      // The first one found the negative answer: without it the CA would have been satisfied at
      // once.
      expect(times.length).toBeGreaterThan(1);
      expect(times.length).toBeLessThanOrEqual(3);
    },
  );
});
