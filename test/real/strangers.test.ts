// A user without rights who may write where keys are to be placed, with everything that such a user
// can make there before and meanwhile. That user gets no key, nothing elsewhere is overwritten, and
// the deployment to the other places is not delayed.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand, runHolger } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { parts } from '../lab/options.ts';
import { must } from '../lab/processes.ts';

const NOBODY = 65_534;
const LIMIT_MS = 300_000;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];

/** What that user makes in an open folder, as shell commands in that folder. */
const PLANTS: Readonly<Record<string, string>> = {
  file: 'echo x >mx1.key; echo x >mx1.pem; chmod 666 mx1.key mx1.pem',
  link: 'ln -s "$VICTIM/file" mx1.key; ln -s "$VICTIM/file" mx1.pem',
  device: 'ln -s /dev/zero mx1.key; ln -s /dev/zero mx1.pem',
  pipe: 'mkfifo mx1.key mx1.pem',
  dangling: 'ln -s "$VICTIM/new" mx1.key; ln -s "$VICTIM/new" mx1.pem',
  folder: 'ln -s "$VICTIM" mx1.key; ln -s "$VICTIM" mx1.pem',
  temporary: 'for n in 1 2 3; do ln -s "$VICTIM/file" ".mx1.key.holger-$n-000000000000"; done',
};

let lab: Lab;
let base: string;
let victim: string;
let config: string;
let racer: ChildProcess | undefined;

const target = (folder: string, more = ''): string => `[[certificate.deploy]]
type = "files"
certificate = "${join(folder, 'mx1.pem')}"
key = "${join(folder, 'mx1.key')}"
${more}`;

beforeAll(async () => {
  lab = await startLab({ index: 87, ttl: 2, parts });
  base = await mkdtemp(join(tmpdir(), 'holger-strangers-'));
  await chmod(base, 0o755);
  victim = join(base, 'victim');
  await mkdir(victim);
  await writeFile(join(victim, 'file'), 'precious');
  const env = { env: { ...process.env, VICTIM: victim } };
  const made = async (name: string, mode: number, owner = 0): Promise<string> => {
    const folder = join(base, name);
    await mkdir(folder);
    await chown(folder, owner, owner);
    await chmod(folder, mode);
    return folder;
  };
  const act = (folder: string, script: string): Promise<string> =>
    must([...asNobody, 'sh', '-ec', `cd ${folder}; ${script}`], env);
  const targets: string[] = [];
  for (const [name, script] of Object.entries(PLANTS)) {
    const folder = await made(`was-open-${name}`, 0o1777);
    await act(folder, script);
    await chmod(folder, 0o755);
    targets.push(target(folder));
  }
  for (const [name, mode, owner] of [
    ['sticky', 0o1777, 0],
    ['shared', 0o777, 0],
    ['theirs', 0o755, NOBODY],
  ] as const) {
    const folder = await made(name, mode, owner);
    await act(folder, PLANTS['file'] ?? '');
    targets.push(target(folder));
  }
  const open = await made('open', 0o1777);
  await act(open, 'ln -s "$VICTIM" linked');
  targets.push(target(join(open, 'linked')), target(join(open, 'linked', 'deeper')));
  targets.push(`[[certificate.deploy]]\ntype = "files"\ndirectory = "${open}/linked/made"\n`);
  // A home of the user, and their service gets the key; but nothing there may lead root elsewhere.
  const home = await made('home', 0o755, NOBODY);
  await act(home, 'mkdir tls');
  targets.push(target(join(home, 'tls'), `owner = "${NOBODY}"\n`));
  const { www } = lab.services;
  config = await writeInstallation(lab, 'strangers', [
    `${certificateFor('www', [www])}\n${targets.join('\n')}`,
  ]);
  const race = 'while :; do mv tls real; ln -s "$VICTIM" tls; rm tls; mv real tls; done';
  const [command = '', ...args] = [...asNobody, 'sh', '-c', `cd ${home}; ${race}`];
  racer = spawn(command, args, { ...env, stdio: 'ignore' });
}, LIMIT_MS);
afterAll(async () => {
  racer?.kill('SIGKILL');
  await lab?.stop();
  await rm(base, { recursive: true, force: true });
});

test(
  'K25: a user without rights gets no key, moves no file, and stops nothing',
  async () => {
    const { www } = lab.services;
    const before = await readFile(www.certificateFile, 'utf8');
    let status = 0;
    let told = '';
    for (let count = 0; count < 10; count += 1) {
      const ended = await runHolger(lab, installationCommand(config, '--json', 'run'));
      ({ status, told } = ended);
      expect(ended.signal).toBeNull();
      if ((await readFile(www.certificateFile, 'utf8')) !== before) break;
    }
    const chain = await readFile(www.certificateFile, 'utf8');
    expect(chain, told).not.toBe(before);
    racer?.kill('SIGKILL');

    for (const name of Object.keys(PLANTS)) {
      const folder = join(base, `was-open-${name}`);
      const { uid, gid, mode } = await lstat(join(folder, 'mx1.key'));
      expect({ name, uid, gid, mode: mode & 0o7777 }).toEqual({
        name,
        uid: 0,
        gid: 0,
        mode: 0o600,
      });
      expect(await readFile(join(folder, 'mx1.pem'), 'utf8')).toBe(chain);
    }
    // The places where that user may write get nothing, and a person is told what to do.
    expect(status).toBe(4);
    expect(told).toMatch(/chmod go-w|chown root/);
    for (const name of ['sticky', 'shared', 'theirs']) {
      expect(await readFile(join(base, name, 'mx1.key'), 'utf8')).toBe('x\n');
    }
    const found = `cd ${base}; find . -type f -exec grep -l "PRIVATE KEY" {} + 2>/dev/null || true`;
    const readable = (await must([...asNobody, 'sh', '-c', found])).split('\n').filter(Boolean);
    expect(readable.filter((path) => !path.startsWith('./home/'))).toEqual([]);
    expect(await readdir(victim)).toEqual(['file']);
    expect(await readFile(join(victim, 'file'), 'utf8')).toBe('precious');
  },
  LIMIT_MS,
);
