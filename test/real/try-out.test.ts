// run --staging on real servers: the whole issuance at another CA, and nothing else changes.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerEvent } from '../lab/holger.ts';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { ordinaryParts } from '../lab/options.ts';
import { look } from '../lab/observe.ts';
import type { RunResult } from '../lab/processes.ts';

const LIMIT_MS = 240_000;
const SIGKILL = 137;
/** Exists only through a wildcard. */
const WILD = 'mx.wild.dane.test';

let lab: Lab;
let config: string;

beforeAll(async () => {
  lab = await startLab({
    ...{ index: 93, ttl: 2, parts: [...ordinaryParts, 'staging'] },
    pebbleEnv: { PEBBLE_AUTHZREUSE: '0' },
    records: [`*.wild 2 A ${'192.0.2.1'}`],
  });
  config = await writeInstallation(lab, 'tried', [
    certificateFor('mail', [lab.services.mail]),
    certificateFor('www', [lab.services.www]),
    `[[certificate]]\nname = "wild"\ndomains = ["${WILD}"]\n`,
    '[[certificate]]\nname = "blocked"\ndomains = ["blocked.dane.test"]\n',
  ]);
  const text = await readFile(config, 'utf8');
  const staging = `[acme]\nstaging_directory = "${lab.staging?.directory ?? ''}"`;
  // Pebble has one CA of HTTPS each; both are trusted.
  const both = join(lab.dir, 'both.pem');
  const files = [lab.acme.caFile, lab.staging?.caFile ?? ''];
  await writeFile(both, (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join(''));
  await writeFile(config, text.replace('[acme]', staging).replace(lab.acme.caFile, both));
}, LIMIT_MS);
afterAll(() => lab?.stop());

const holger = (args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> =>
  lab.run(installationCommand(config, ...args), { timeoutMs: LIMIT_MS, env });
const eventsOf = ({ stdout }: RunResult): HolgerEvent[] =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as HolgerEvent]));

/**
 * Everything in the state except the account there, and when a TXT record was withdrawn the last
 * time.
 */
async function state(): Promise<readonly string[]> {
  const command = 'test -d tried && cd tried && find . -type f | sort | xargs -r sha256sum';
  const { stdout } = await lab.run(['sh', '-c', `cd ${lab.dir} && ${command}`]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.filter((line) => !/ \.\/(staging|documents\/challenge)/.test(line));
}

/** At every server. */
async function challengesAt(name: string): Promise<readonly string[]> {
  const seen = lab.serving.map(async ({ v4 }) => {
    const owner = `_acme-challenge.${name}`;
    return (await lab.run(['dig', '+short', '+norec', `@${v4}`, owner, 'TXT'])).stdout;
  });
  return (await Promise.all(seen)).filter((text) => text !== '');
}
const gone = (name: string) => expect.poll(() => challengesAt(name), { timeout: 20_000 });
const world = async () => [await look(lab, lab.services.mail), await look(lab, lab.services.www)];

describe('K7: an issuance is tried out at a test environment', () => {
  test('before anything else exists', { timeout: LIMIT_MS }, async () => {
    const before = await world();
    const tried = await holger(['--json', 'run', '--staging', 'mail', 'www']);
    expect(tried, tried.stderr + tried.stdout).toMatchObject({ status: 0 });
    const events = eventsOf(tried);
    for (const { event, tryOut } of events) {
      if (event !== 'summary') expect({ event, tryOut }).toEqual({ event, tryOut: true });
    }
    const kinds = events.map(({ event }) => event);
    expect(kinds).toEqual(expect.arrayContaining(['ordered', 'challenge-published', 'tried']));
    expect(kinds).not.toContain('issued');
    expect(events.at(-1)).toMatchObject({
      certificates: [
        { certificate: 'mail', state: 'tried', exit: 0 },
        { certificate: 'www', state: 'tried', exit: 0 },
      ],
    });
    await gone('mail.dane.test').toEqual([]);
    expect(await world()).toEqual(before);
    expect(await state()).toEqual([]);
    // The CA itself has received no request.
    expect(await holger(['account', 'show'])).toMatchObject({ status: 1 });
    expect(lab.logTail('pebble', 1000)).not.toContain('/sign-me-up');
    expect(lab.logTail('staging', 1000)).toContain('/sign-me-up');
  });

  test(
    'and the text says what was tried, and that no client trusts it',
    { timeout: LIMIT_MS },
    async () => {
      const tried = await holger(['run', '--staging', 'mail']);
      const told = tried.stderr.replaceAll(/\s+/g, ' ');
      expect(tried, told).toMatchObject({ status: 0 });
      expect(told).toContain('mail (try-out): tried: the staging CA 127.53.93.14:14001');
      expect(told).toContain('no client trusts it');
      expect(told).toContain('nothing was kept, published or deployed');
      expect(tried.stdout).toMatch(/^mail +tried/m);
    },
  );

  test('beside a live certificate, which does not change', { timeout: LIMIT_MS }, async () => {
    const first = await holger(['run', '--wait', 'mail', 'www']);
    expect(first, first.stderr).toMatchObject({ status: 0 });
    const before = [await state(), await world()];
    const tried = await holger(['run', '--staging', 'mail']);
    expect(tried, tried.stderr).toMatchObject({ status: 0 });
    expect([await state(), await world()]).toEqual(before);
    await gone('mail.dane.test').toEqual([]);
  });

  test(
    'killed, it leaves a TXT record, which the next run withdraws',
    { timeout: LIMIT_MS },
    async () => {
      const before = await state();
      for (const crash of ['after publish TXT', 'before withdraw TXT']) {
        const killed = await holger(['run', '--staging', 'mail'], { HOLGER_TEST_CRASH_AT: crash });
        expect(killed.status, killed.stderr).toBe(SIGKILL);
        expect((await state()).length, crash).toBeGreaterThan(before.length);
        const next = crash.startsWith('after') ? ['run', 'www'] : ['run', '--staging', 'mail'];
        const ended = await holger(next);
        expect(ended, ended.stderr).toMatchObject({ status: 0 });
        await gone('mail.dane.test').toEqual([]);
        expect((await readdir(join(lab.dir, 'tried/documents'))).join(' ')).not.toContain(
          'try-out',
        );
      }
    },
  );

  test('asked to stop, it withdraws what it published', { timeout: LIMIT_MS }, async () => {
    await lab.freezeKnot();
    try {
      const argv = installationCommand(config, '--json', 'run', '--staging', 'mail');
      const stopped = await runHolger(lab, argv, ({ event }, send) => {
        if (event === 'challenge-published') setTimeout(() => send('SIGTERM'), 1500);
      });
      expect(stopped, stopped.stderr).toMatchObject({ status: 3 });
      expect(stopped.events.map(({ event }) => event)).toContain('failed');
    } finally {
      await lab.thawKnot();
    }
    await gone('mail.dane.test').toEqual([]);
    expect((await readdir(join(lab.dir, 'tried/documents'))).join(' ')).not.toContain('try-out');
  });

  test(
    'what would disable a wildcard, and what the CA refuses, is reported and undone',
    { timeout: LIMIT_MS },
    async () => {
      const wild = await holger(['run', '--staging', 'wild']);
      expect(wild, wild.stderr).toMatchObject({ status: 4 });
      expect(wild.stderr.replaceAll(/\s+/g, ' ')).toContain('would end the answers of a wildcard');
      const { stdout } = await lab.run(['dig', '+short', `@${lab.servers.nsd.v4}`, WILD, 'A']);
      expect(stdout).toBe('192.0.2.1\n');
      const blocked = await holger(['run', '--staging', 'blocked']);
      expect(blocked, blocked.stderr).toMatchObject({ status: 4 });
      expect(blocked.stderr).toContain('blocked.dane.test');
      expect(await holger(['run', '--staging', 'mail', '--force'])).toMatchObject({ status: 2 });
      expect(await holger(['run', '--staging', 'nobody'])).toMatchObject({ status: 2 });
      const alone = join(lab.dir, 'alone.toml');
      const text = await readFile(config, 'utf8');
      await writeFile(alone, text.replace(/^staging_directory.*$/m, ''));
      const nowhere = await lab.run(installationCommand(alone, 'run', '--staging'));
      expect(nowhere).toMatchObject({ status: 2 });
      expect(nowhere.stderr).toContain('staging_directory');
    },
  );
});
