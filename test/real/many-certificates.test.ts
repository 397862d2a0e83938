// Five hundred certificates, issued and renewed: at Pebble with half of its nonces refused, a part
// of the authorizations reused and chains to choose from, and at Caddy, a CA of another make. A CA
// that fails for a moment is asked again by the next run, as a timer does it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCaddy } from '../lab/caddy.ts';
import type { Caddy } from '../lab/caddy.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';

const COUNT = 500;
const CADDY = '127.53.127.22';
const LIMIT_MS = 30 * 60_000;
const MOST_RUNS = 4;

let lab: Lab;
let folder: string;
let caddy: Caddy | undefined;

beforeAll(async () => {
  const pebbleEnv = {
    PEBBLE_WFE_NONCEREJECT: '50',
    PEBBLE_AUTHZREUSE: '50',
    PEBBLE_ALTERNATE_ROOTS: '2',
  };
  const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'] as const;
  lab = await startLab({ index: 127, ttl: 1, parts, pebbleEnv });
  folder = await mkdtemp(join(tmpdir(), 'holger-many-'));
});
afterAll(async () => {
  await caddy?.stop();
  await lab?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function issueAndRenew(label: string, at: Lab): Promise<void> {
  const names = Array.from({ length: COUNT }, (_, index) => `${label}-${index}`);
  const tables = names.map(
    (name) => `[[certificate]]\nname = "${name}"\ndomains = ["${name}.dane.test"]\ndane = false\n`,
  );
  const config = await writeInstallation(at, label, tables);
  const serials = async (): Promise<Map<string, string>> => {
    const found = names.map(async (name) => {
      const path = join(at.dir, label, 'certificates', name, 'live', 'cert.pem');
      const pem = await readFile(path).catch(() => undefined);
      return pem === undefined ? [] : [[name, new X509Certificate(pem).serialNumber] as const];
    });
    return new Map((await Promise.all(found)).flat());
  };
  const until = async (isOver: () => Promise<readonly string[]>, force: boolean): Promise<void> => {
    let open: readonly string[] = names;
    for (let runs = 0; runs < MOST_RUNS && open.length > 0; runs += 1) {
      const all = force && runs > 0 ? ['--force', ...open] : force ? ['--force'] : [];
      const ended = await runHolger(at, installationCommand(config, '--json', 'run', ...all));
      expect([0, 3], ended.told).toContain(ended.status);
      open = await isOver();
      console.log(`${label}: ${COUNT - open.length} of ${COUNT} after run ${runs + 1}`);
    }
    expect(open).toEqual([]);
  };
  let first = new Map<string, string>();
  await until(async () => {
    first = await serials();
    return names.filter((name) => !first.has(name));
  }, false);
  await until(async () => {
    const now = await serials();
    return names.filter((name) => now.get(name) === first.get(name));
  }, true);
  const all = await serials();
  expect(new Set([...first.values(), ...all.values()]).size).toBe(2 * COUNT);
}

describe(`${COUNT} certificates are issued and renewed`, () => {
  test('at Pebble', { timeout: LIMIT_MS }, () => issueAndRenew('p', lab));

  test('at Caddy', { timeout: LIMIT_MS }, async () => {
    caddy = await startCaddy(folder, CADDY, lab.resolver.v4);
    const { directory, caFile } = caddy;
    await issueAndRenew('c', { ...lab, acme: { ...lab.acme, directory, caFile } });
  });
});
