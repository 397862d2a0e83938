// A CA that offers several chains: the one that contains a trust anchor, as the published record of
// usage 2 names it, is placed, whatever the CA sends by default.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tlsaFor } from '../../src/dane/association.ts';
import type { ChainCertificate } from '../../src/dane/chain.ts';
import { tlsaText } from '../../src/dane/tlsa.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { fetchText } from '../lab/checks.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';

const LIMIT_MS = 180_000;
const STATE = 'chosen-chain';
const ROOTS = 3;
const DEFAULT_USED = 'preferred chain is not offered, default chain used';

let lab: Lab;
let config: string;
/** By whom the last certificate of each chain is signed; the first chain is Pebble's default. */
let roots: readonly string[];

beforeAll(async () => {
  lab = await startLab({
    ...{ index: 141, ttl: 2, pebbleEnv: { PEBBLE_ALTERNATE_ROOTS: String(ROOTS - 1) } },
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'],
  });
  config = await writeInstallation(lab, STATE, [
    '[[certificate]]\nname = "chosen"\ndomains = ["chosen.dane.test"]\ndane = false\n',
  ]);
  const { management, caFile } = lab.acme;
  const each = Array.from({ length: ROOTS }, (_, at) =>
    fetchText(`${management}/roots/${at}`, caFile),
  );
  roots = (await Promise.all(each)).map(
    (pem) => /CN=(.*)/.exec(new X509Certificate(pem).subject)?.[1] ?? '',
  );
}, LIMIT_MS);
afterAll(() => lab?.stop());

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));

/** As it was placed: what signs the leaf, and the last certificate. */
async function placed(): Promise<readonly [ChainCertificate, ChainCertificate]> {
  const live = join(lab.dir, STATE, 'certificates/chosen/live/fullchain.pem');
  const [, signer, top, ...more] = chainFromPem(await readFile(live, 'utf8')).certificates;
  if (signer === undefined || top === undefined) throw new Error('too few certificates');
  expect(more).toEqual([]);
  return [signer, top];
}

const keyOf = (one: ChainCertificate | undefined): string | undefined => one?.spki;
const recordOf = (one: ChainCertificate): string => tlsaText(tlsaFor(one, 2, 1, 1));

async function prefer(text: string): Promise<void> {
  const before = (await readFile(config, 'utf8')).replace(/^preferred_chain = .*\n/m, '');
  await writeFile(
    config,
    before.replace('name = "chosen"\n', `name = "chosen"\npreferred_chain = "${text}"\n`),
  );
}

async function renewed(preferred: string): Promise<HolgerRun> {
  await prefer(preferred);
  const done = await run('--force');
  expect(done.status, done.told).toBe(0);
  return done;
}

test(
  'without a wish it is the default of the CA',
  async () => {
    const done = await run();
    expect(done.status, done.told).toBe(0);
    const [signer, top] = await placed();
    await renewed(roots[0] ?? '');
    expect((await placed()).map(keyOf)).toEqual([keyOf(signer), keyOf(top)]);
  },
  LIMIT_MS,
);

test(
  'with a record it is the chain that contains its key, and not the default',
  async () => {
    const tops: ChainCertificate[] = [];
    // The names show which keys there are.
    for (const root of roots) {
      await renewed(root);
      const [, top] = await placed();
      tops.push(top);
    }
    expect(new Set(tops.map(keyOf)).size).toBe(ROOTS);
    for (const wanted of [...tops].reverse()) {
      const done = await renewed(recordOf(wanted));
      const [, top] = await placed();
      expect(keyOf(top)).toBe(keyOf(wanted));
      expect(done.told).not.toContain(DEFAULT_USED);
    }
  },
  LIMIT_MS,
);

test(
  'a key that every chain contains leaves the default, and one that none contains is reported',
  async () => {
    const [signer, top] = await placed();
    const known = await renewed(recordOf(signer));
    const [, same] = await placed();
    expect(known.told).not.toContain(DEFAULT_USED);
    const unknown = await renewed(`2 1 1 ${'0'.repeat(64)}`);
    const [, other] = await placed();
    expect(unknown.told).toContain(DEFAULT_USED);
    expect([keyOf(same), keyOf(other)]).toEqual([keyOf(top), keyOf(top)]);
  },
  LIMIT_MS,
);
