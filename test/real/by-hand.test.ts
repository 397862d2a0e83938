// A whole rollover in a zone that only a person changes: he is told what to do, takes his time, and no client fails meanwhile.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
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

interface Told {
  readonly run: HolgerRun;
  readonly instructions: readonly string[];
}

/** What the person does with each instruction, while the run goes on. */
async function run(
  person: (instruction: string) => Promise<void>,
  ...args: string[]
): Promise<Told> {
  const instructions: string[] = [];
  const done: Promise<void>[] = [];
  const onLog = (line: string): void => {
    const { message } = JSON.parse(line) as { message: string };
    if (!message.startsWith('change the zone dane.test by hand')) return;
    instructions.push(message);
    done.push(person(message));
  };
  const argv = installationCommand(config, '--json', 'run', ...args);
  const ended = await runHolger(lab, argv, undefined, undefined, onLog);
  await Promise.all(done);
  return { run: ended, instructions };
}

const nobody = (): Promise<void> => Promise.resolve();

/** Reads what was printed as a person does, and types it into his editor of zones. */
async function diligent(instruction: string): Promise<void> {
  await sleep(1_000);
  let verb = '';
  const lines: string[] = [];
  for (const line of instruction
    .replaceAll(/\(\n\s+([^)]+)\)/g, (_, data: string) => data.replaceAll(/\n\s+/g, ''))
    .split('\n')) {
    if (line === 'add:') verb = 'add';
    else if (line === 'remove:') verb = 'delete';
    else if (line.startsWith('  ')) lines.push(`update ${verb} ${line.trim()}`);
  }
  await lab.nsupdate(lines);
}

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
  'enrolment and renewal, with a person who is away for some runs',
  { timeout: LIMIT_MS },
  async () => {
    const enrolled = await run(diligent, '--wait');
    expect(enrolled.run, enrolled.run.told).toMatchObject({ status: 0 });
    const types = enrolled.instructions.map((text) => /IN (TXT|TLSA)/.exec(text)?.[1]);
    expect(new Set(types)).toEqual(new Set(['TXT', 'TLSA']));
    const first = await rolled();

    const away = await run(nobody, '--force');
    expect(away.run, away.run.told).toMatchObject({ status: 0 });
    expect(JSON.stringify(away.run.events.slice(-2))).toContain('made by hand is not served yet');
    // Every run says it again, and once.
    for (let again = 0; again < 2; again += 1) {
      const told = await run(nobody);
      expect(told.run.events.map(({ event }) => event)).toEqual(['waiting', 'summary']);
      expect(told.instructions).toEqual(away.instructions);
    }
    expect(away.instructions).toHaveLength(1);
    expect(await writesRemembered()).toBe(2);
    expect(await rolled()).toBe(first);

    const renewed = await run(diligent, '--wait');
    expect(renewed.run, renewed.run.told).toMatchObject({ status: 0 });
    expect(renewed.run.events.map(({ event }) => event)).not.toContain('published');
    expect(renewed.instructions[0]).toBe(away.instructions[0]);
    expect(await rolled()).not.toBe(first);
    const { failures, count } = await probes.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(10);
  },
);
