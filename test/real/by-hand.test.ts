// A whole rollover in a zone that only a person changes: the person gets instructions, follows them
// late, and no client fails meanwhile.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerEvent, HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import { keyRecord } from '../lab/tlsa.ts';

const LIMIT_MS = 120_000;
let lab: Lab;
let config: string;
let probes: Probes;

beforeAll(async () => {
  lab = await startLab({ index: 110, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  const mail = certificateFor('mail', [lab.services.mail]);
  config = await writeInstallation(lab, 'by-hand', [mail], 'type = "manual"');
  probes = startProbes(lab, { pauseMs: 500 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

interface Instruction {
  readonly owner: string;
  readonly type: string;
  readonly ttl: number;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Told {
  readonly run: HolgerRun;
  readonly instructions: readonly Instruction[];
}

/** What the person does with each instruction, while the run continues. */
async function run(
  person: (instruction: Instruction) => Promise<void>,
  ...args: string[]
): Promise<Told> {
  const instructions: Instruction[] = [];
  const done: Promise<void>[] = [];
  const onEvent = (event: HolgerEvent): void => {
    if (event.event !== 'by-hand') return;
    const instruction = event as unknown as Instruction;
    instructions.push(instruction);
    done.push(person(instruction));
  };
  const argv = installationCommand(config, '--json', 'run', ...args);
  const ended = await runHolger(lab, argv, onEvent);
  await Promise.all(done);
  return { run: ended, instructions };
}

const nobody = (): Promise<void> => Promise.resolve();

/** Reads what was printed as a person does, and types it into a zone editor. */
async function diligent({ owner, type, ttl, add, remove }: Instruction): Promise<void> {
  await sleep(1_000);
  await lab.nsupdate([
    ...add.map((data) => `update add ${owner} ${ttl} IN ${type} ${data}`),
    ...remove.map((data) => `update delete ${owner} IN ${type} ${data}`),
  ]);
}

const withoutTimes = (all: readonly Instruction[]) =>
  all.map(({ owner, type, add, remove }) => ({ owner, type, add, remove }));

async function writesRemembered(): Promise<number> {
  const folder = join(lab.dir, 'by-hand/documents');
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return Math.max(...texts.map((text) => text.split('"byHand"').length - 1));
}

async function rolled(): Promise<string> {
  const { mail } = lab.services;
  const key = keyRecord(mail.certificateFile);
  const { served, published } = await look(lab, mail);
  expect(served).toEqual([key]);
  for (const records of published) {
    expect(records.filter((record) => record.startsWith('3 '))).toEqual([key]);
  }
  return key;
}

test(
  'K45: enrolment and renewal, with a person who is away for some runs',
  { timeout: LIMIT_MS },
  async () => {
    const enrolled = await run(diligent, '--wait');
    expect(enrolled.run, enrolled.run.told).toMatchObject({ status: 0 });
    const types = enrolled.instructions.map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(['TXT', 'TLSA']));
    const first = await rolled();

    const away = await run(nobody, '--force');
    expect(away.run, away.run.told).toMatchObject({ status: 0 });
    expect(JSON.stringify(away.run.events.slice(-2))).toContain('made by hand is not served yet');
    // Every run prints it again, once.
    for (let again = 0; again < 2; again += 1) {
      const told = await run(nobody);
      const events = told.run.events.map(({ event }) => event);
      expect(events).toEqual(['by-hand', 'waiting', 'summary']);
      expect(withoutTimes(told.instructions)).toEqual(withoutTimes(away.instructions));
    }
    expect(away.instructions).toHaveLength(1);
    const command = (...args: string[]) => lab.run(installationCommand(config, ...args));
    const [change] = withoutTimes(away.instructions);
    const pending = await command('--json', 'providers', 'pending');
    expect(JSON.parse(pending.stdout)).toMatchObject({
      pending: [{ zone: 'dane.test.', ...change }],
    });
    expect((await command('status')).stdout).toContain(`update add ${change?.owner} `);
    const refused = await command('providers', 'test', 'main', '--zone', 'dane.test');
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(await writesRemembered()).toBe(2);
    expect(await rolled()).toBe(first);

    const renewed = await run(diligent, '--wait');
    expect(renewed.run, renewed.run.told).toMatchObject({ status: 0 });
    expect(renewed.run.events.map(({ event }) => event)).not.toContain('published');
    expect(withoutTimes(renewed.instructions.slice(0, 1))).toEqual(withoutTimes(away.instructions));
    expect(await rolled()).not.toBe(first);
    const { failures, count } = await probes.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(10);
  },
);
