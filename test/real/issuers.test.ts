// Several issuers on real servers: each certificate at its own, and the next issuer when the
// preferred one fails for too long.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';

const LIMIT_MS = 180_000;

let lab: Lab;
let config: string;

const certificate = (name: string, issuers: readonly string[]): string =>
  `[[certificate]]
name = "${name}"
domains = ["${name}.dane.test"]
dane = false
issuer = ${JSON.stringify(issuers)}
`;

beforeAll(async () => {
  lab = await startLab({
    ...{ index: 94, ttl: 2 },
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble', 'staging'],
  });
  const { directory, caFile } = lab.staging ?? lab.acme;
  const other = `[issuer.zerossl]\ntype = "acme"\ndirectory = "${directory}"\nca_file = "${caFile}"\n`;
  const patience = '[defaults]\nissuer_patience = "3s"';
  config = await writeInstallation(lab, 'issuers', [
    certificate('first', ['acme', 'zerossl']),
    certificate('second', ['zerossl']),
    certificate('third', ['acme', 'zerossl']),
    other,
  ]);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('[defaults]', patience));
}, LIMIT_MS);
afterAll(() => lab?.stop());

const run = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args));
const orderedAt = ({ events }: HolgerRun): Readonly<Record<string, string>> =>
  Object.fromEntries(
    events
      .filter(({ event }) => event === 'ordered')
      .map((it) => [String(it['certificate']), new URL(String(it['orderUrl'])).origin]),
  );
const originOf = ({ directory }: { readonly directory: string }): string =>
  new URL(directory).origin;

describe('several issuers', () => {
  test(
    'each certificate is ordered at its own, with an account of its own',
    async () => {
      const done = await run('first', 'second');
      expect(done.status, done.told).toBe(0);
      expect(orderedAt(done)).toEqual({
        first: originOf(lab.acme),
        second: originOf(lab.staging ?? lab.acme),
      });
      expect(await readdir(join(lab.dir, 'issuers/accounts'))).toHaveLength(2);
      expect(orderedAt(await run('first', 'second'))).toEqual({});
    },
    LIMIT_MS,
  );

  test('the account commands name one of them', async () => {
    const shown = async (...args: string[]): Promise<string> =>
      (await lab.run(installationCommand(config, 'account', 'show', ...args))).stdout;
    expect(await shown()).toContain(lab.acme.directory);
    const other = await shown('--issuer', 'zerossl');
    expect(other).toContain(lab.staging?.directory);
    expect(other).toContain('valid');
    const unknown = await lab.run(installationCommand(config, 'account', 'show', '--issuer', 'x'));
    expect(unknown).toMatchObject({ status: 2 });
    expect(unknown.stderr).toContain('issuers are: acme, zerossl');
  });

  test(
    'the next one is asked when the preferred one fails, and its certificate is kept',
    async () => {
      await lab.stopPart('pebble');
      const failed = await run('third');
      expect(failed).toMatchObject({ status: 3 });
      expect(failed.told).toContain('ACME_UNREACHABLE');
      const patient = await afterPatience();
      expect(patient.status, patient.told).toBe(0);
      const ordered = patient.events.find(({ event }) => event === 'ordered');
      expect(ordered).toMatchObject({ insteadOf: { directory: lab.acme.directory } });
      expect(orderedAt(patient)).toEqual({ third: originOf(lab.staging ?? lab.acme) });
      await lab.restartPebble();
      const after = await run('third');
      expect(after.status, after.told).toBe(0);
      expect(orderedAt(after)).toEqual({});
    },
    LIMIT_MS,
  );
});

/** A run before that ends as the first one did. */
async function afterPatience(): Promise<HolgerRun> {
  const until = Date.now() + 60_000;
  for (;;) {
    const ended = await run('third');
    if (ended.status !== 3 || Date.now() > until) return ended;
  }
}
