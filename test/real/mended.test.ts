// A target that the configuration describes wrongly, on real servers, while DANE clients connect:
// until it is corrected the service keeps its certificate and the operator is told what to correct;
// then the next run deploys, and no file is copied by hand.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { isRolled, look } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import type { RunResult } from '../lab/processes.ts';

/** Other tests share the machine. */
const LIMIT_MS = 180_000;

let lab: Lab;
let probes: Probes;

beforeAll(async () => {
  // Challenges have tests of their own.
  lab = await startLab({ index: 112, ttl: 2, pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
  const ended = await run(await configured(lab.services), '--wait');
  expect(ended, ended.told).toMatchObject({ status: 0 });
  probes = startProbes(lab, { pauseMs: 500 });
}, LIMIT_MS);
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

/** The installation as an operator has it, with these paths and reload commands. */
function configured(
  { mail, www }: Pick<Lab['services'], 'mail' | 'www'>,
  edit = (text: string): string => text,
): Promise<string> {
  const certificates = [certificateFor('mail', [mail]), certificateFor('www', [www])];
  return writeInstallation(lab, 'mended', certificates.map(edit));
}

const run = (config: string, ...args: string[]): Promise<HolgerRun> =>
  follow(() => {}, config, ...args);
const follow = (
  onEvent: Parameters<typeof runHolger>[2],
  config: string,
  ...args: string[]
): Promise<HolgerRun> =>
  runHolger(lab, installationCommand(config, '--json', 'run', ...args), onEvent);

const holger = (config: string, ...args: string[]): Promise<RunResult> =>
  lab.run(installationCommand(config, ...args), { timeoutMs: LIMIT_MS });

interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
}

/** The run ends so, reports it in an event, and the state keeps it for status. */
async function tells(ended: HolgerRun, name: string, config: string, told: Told): Promise<void> {
  expect(ended, ended.told).toMatchObject({ status: told.exit });
  expect(ended.events.filter(({ event }) => event === 'failed')).toMatchObject([
    {
      ...told,
      message: expect.stringContaining(told.message) as string,
      hint: expect.stringContaining(told.hint) as string,
    },
  ]);
  const { stdout } = await holger(config, '--json', 'status', name);
  expect(JSON.parse(stdout)).toMatchObject({
    certificates: [{ phase: told.exit === 4 ? 'needs a person' : 'blocked' }],
  });
  expect(stdout).toContain(JSON.stringify(told.message).slice(1, -1));
}

const withKeyLine = (line: string, name = 'mail'): Promise<string> =>
  configured(lab.services, (text) =>
    text.includes(`name = "${name}"`) ? text.replace(/^key = .*$/m, line) : text,
  );

/** The same files in another folder. */
function movedTo(folder: string, service: LabService): LabService {
  const at = (name: string): string => join(lab.dir, 'tls', folder, name);
  return { ...service, certificateFile: at('fullchain.pem'), keyFile: at('privkey.pem') };
}

interface Standing {
  readonly served: readonly string[];
  readonly files: readonly string[];
}

async function standing(service: LabService): Promise<Standing> {
  const { served, published } = await look(lab, service);
  for (const records of published) expect(records).toEqual(expect.arrayContaining([...served]));
  const files = [service.certificateFile, service.keyFile].map((file) => readFile(file, 'utf8'));
  return { served, files: await Promise.all(files) };
}

async function isRolledFrom(service: LabService, { served }: Standing): Promise<void> {
  const rolled = async (): Promise<boolean> => isRolled(await look(lab, service), served);
  await expect.poll(rolled, { timeout: 30_000, interval: 500 }).toBe(true);
}

/** The next run is enough. */
async function corrected(service: LabService, name: string, before: Standing): Promise<HolgerRun> {
  const ended = await run(await configured(lab.services), '--wait', name);
  expect(ended, ended.told).toMatchObject({ status: 0 });
  await isRolledFrom(service, before);
  return ended;
}

interface Wrong {
  readonly name: 'mail' | 'www';
  /** The configuration of the service, described wrongly. */
  readonly config: (service: LabService) => Promise<string>;
  readonly told: (service: LabService) => Told;
  /**
   * The reload is what fails: the files are in place, and a service that starts processes by itself
   * may have loaded them.
   */
  readonly isPlaced?: true;
}

const refused = { code: 'DEPLOY_REFUSED', exit: 4 };

const missingKey = (): string => join(lab.dir, 'tls', 'forgotten.key');

const wrongs: readonly (readonly [string, Wrong])[] = [
  [
    'K2: a folder that does not exist',
    {
      name: 'mail',
      config: (mail) => configured({ ...lab.services, mail: movedTo('nowhere', mail) }),
      told: () => ({
        ...refused,
        message: `the folder ${join(lab.dir, 'tls', 'nowhere')} does not exist`,
        hint: 'create the folder first, or correct the path',
      }),
    },
  ],
  [
    'K3: a key that is in no file',
    {
      name: 'mail',
      config: () => withKeyLine(`existing_key = "${missingKey()}"`),
      told: () => ({
        ...refused,
        message: `nothing was placed: ${missingKey()} is missing`,
        hint: 'let holger place the key too',
      }),
    },
  ],
  [
    'K3: the key of the generation before',
    {
      name: 'www',
      config: ({ keyFile }) => withKeyLine(`existing_key = "${keyFile}"`, 'www'),
      told: ({ keyFile }) => ({
        ...refused,
        message: `nothing was placed: ${keyFile} contains another key`,
        hint: 'let holger place the key too',
      }),
    },
  ],
  [
    'K2: a reload command that does not exist',
    {
      name: 'www',
      config: (www) =>
        configured({
          ...lab.services,
          www: { ...www, reload: ['/usr/sbin/ngnix', '-s', 'reload'] },
        }),
      told: () => ({
        ...refused,
        message: '/usr/sbin/ngnix could not be started: no such file or directory (ENOENT)',
        hint: 'give the full path of an executable file',
      }),
      isPlaced: true,
    },
  ],
  [
    'K2: a reload command that fails',
    {
      name: 'mail',
      config: (mail) => {
        const reload = ['/bin/sh', '-c', 'echo no such unit >&2; exit 5'];
        return configured({ ...lab.services, mail: { ...mail, reload } });
      },
      told: () => ({
        code: 'RELOAD_FAILED',
        message: '/bin/sh ended with status 5; its last output: no such unit',
        hint: 'run the command by hand',
        exit: 3,
      }),
      isPlaced: true,
    },
  ],
];

test.each(wrongs)(
  '%s, corrected',
  async (_, { name, config, told, isPlaced }) => {
    const service = lab.services[name];
    const before = await standing(service);
    const wrong = await config(service);
    await tells(await run(wrong, '--force', '--wait', name), name, wrong, told(service));
    if (isPlaced === undefined) expect(await standing(service)).toEqual(before);
    await corrected(service, name, before);
  },
  LIMIT_MS,
);

test('K3: a certificate without its key is refused before anything is done', async () => {
  const before = await standing(lab.services.mail);
  expect(await holger(await withKeyLine(''), 'run', '--force', 'mail')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/without\s+its\s+key/) as string,
  });
  expect(await standing(lab.services.mail)).toEqual(before);
});

test(
  'K2: a folder from which the service loads nothing, corrected',
  async () => {
    const { www } = lab.services;
    const before = await standing(www);
    const wrong = movedTo('elsewhere', www);
    await mkdir(dirname(wrong.keyFile));
    const config = await configured({ ...lab.services, www: wrong });
    let isNew = false;
    const interrupted = await follow(
      ({ event }, send) => {
        if (event === 'issued') isNew = true;
        if (event === 'deployed' && isNew) send('SIGTERM');
      },
      ...[config, '--force', '--wait', 'www'],
    );
    expect(interrupted, interrupted.told).toMatchObject({ status: 3 });
    expect(await standing(www)).toEqual(before);
    const ended = await corrected(www, 'www', before);
    expect(ended.events).toContainEqual(expect.objectContaining({ event: 'repaired' }));
  },
  LIMIT_MS,
);

test(
  'K2: a key file that is gone is placed again by the next run',
  async () => {
    const { www } = lab.services;
    const before = await standing(www);
    await rm(www.keyFile);
    const ended = await run(await configured(lab.services), 'www');
    expect(ended, ended.told).toMatchObject({ status: 0 });
    expect(ended.events).toContainEqual(
      expect.objectContaining({ event: 'repaired', differences: [`${www.keyFile} is missing`] }),
    );
    expect(await standing(www)).toEqual(before);
  },
  LIMIT_MS,
);

test('no client was refused', async () => {
  const { count, secureCount, failures } = await probes.stop();
  console.log(`${count} probes, ${secureCount} secured by DANE, ${failures.length} failures`);
  expect(failures).toEqual([]);
  expect(secureCount).toBeGreaterThan(100);
});
