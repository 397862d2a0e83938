// `run` where Dovecot presents a certificate of another kind, and of one kind alone, as a default
// installation does: enrolled and proven, and Dovecot's log has no error.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { Daemons } from '../lab/processes.ts';
import type { RunResult } from '../lab/processes.ts';
import { startMakes } from '../lab/server-makes.ts';
import { writeSelfSigned } from '../lab/services.ts';
import { ports } from '../lab/starttls-servers.ts';

const INDEX = 122;
const KINDS = ['ecdsa', 'rsa', 'ed25519', 'ed448'] as const;
const places = KINDS.map((kind, number) => ({
  kind,
  host: `${kind}.dane.test`,
  address: `127.53.${INDEX}.${31 + number}`,
}));
const folder = mkdtempSync(join(tmpdir(), 'holger-beside-'));
let lab: Lab;
let daemons: Daemons;
let config: string;

beforeAll(async () => {
  lab = await startLab({
    ...{ index: INDEX, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } },
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'],
    records: places.map(({ kind, address }) => `${kind} A ${address}`),
  });
  daemons = new Daemons(join(lab.dir, 'log'));
  const certificates: string[] = [];
  for (const { kind, host, address } of places) {
    const dir = join(lab.dir, kind);
    const files = await writeSelfSigned(folder, { name: host }, kind);
    await startMakes(daemons, kind, { dir, address, domain: host }, [files], ['dovecot']);
    const service = {
      ...{ host, port: ports.imap, protocol: 'imap' as const, addresses: [address] },
      ...{
        tlsaOwner: `_${ports.imap}._tcp.${host}.`,
        reload: ['kill', '-HUP', String(daemons.pid(`${kind}-dovecot`))],
      },
      ...{ certificateFile: join(dir, 'chain.pem'), keyFile: join(dir, 'key.pem') },
    };
    // The servers run as this user, who owns their folder.
    certificates.push(
      certificateFor(kind, [service]).replace('reload =', 'owner = "postfix"\nreload ='),
    );
  }
  config = await writeInstallation(lab, 'beside', certificates);
}, 120_000);
afterAll(async () => {
  await daemons?.stopAll();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('K17, K50: run beside a certificate of any kind', () => {
  test("enrols and proves, and Dovecot's log has no error", async () => {
    const logOf = (kind: string): string => daemons.logTail(`${kind}-dovecot`, 1000);
    const before = new Map(KINDS.map((kind) => [kind, logOf(kind).length]));
    const run = await runHolger(lab, installationCommand(config, '--json', 'run', '--wait'));
    expect(run, run.told).toMatchObject({ status: 0 });
    const proven = run.events.filter(({ event }) => event === 'proven');
    expect(new Set(proven.map(({ certificate }) => certificate))).toEqual(new Set(KINDS));
    for (const { kind } of places) {
      const log = logOf(kind).slice(before.get(kind));
      expect(log).toMatch(/Aborted login by logging out/);
      expect(log).not.toMatch(/SSL_accept|error|alert|reset/i);
    }
  }, 120_000);

  test('all of them are OK afterwards', async () => {
    const urls = places.map(({ host }) => `imap://${host}:${ports.imap}`);
    const holger = [process.execPath, join(process.cwd(), 'dist/holger.mjs'), 'check'];
    const checked = (): Promise<RunResult> =>
      lab.run([...holger, '--resolver', lab.resolver.v4, ...urls], { timeoutMs: 60_000 });
    // The resolver may keep the answer that there were no records yet for its TTL.
    await expect.poll(checked, { timeout: 30_000 }).toMatchObject({ status: 0 });
    expect((await checked()).stdout).not.toMatch(/CRITICAL|UNKNOWN/);
  }, 120_000);
});
