// The command as it is shipped: the bundle, run as a child process.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import { fakeServer, respond, type FakeResponse } from '../resolver/fake-server.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
let folder: string;
let command: string;

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

function holger(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd: folder }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

beforeAll(async () => {
  // Built aside, so that tests that run at the same time never find half a bundle.
  folder = await mkdtemp(path.join(tmpdir(), 'holger-cli-'));
  const { buildAll } = (await import(path.join(ROOT, 'build.mjs'))) as {
    buildAll(out: string): Promise<string>;
  };
  command = await buildAll(path.join(folder, 'dist'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As a shell runs it, with its redirections. */
function inShell(script: string): Promise<Ran> {
  const env = { ...process.env, HOLGER: command, NODE: process.execPath };
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { cwd: folder, env }, (error, out, err) => {
      resolve({ exit: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe('K43: output that is lost', () => {
  it.each(['providers', '--json providers', '--help'])(
    'on a full disk is reported once, and the status says that results are missing: %s',
    async (args) => {
      const { exit, err } = await inShell(`"$NODE" "$HOLGER" ${args} >/dev/full`);
      expect(exit).toBe(3);
      expect(err).toMatch(/^holger: error: cannot write the results: no space .*\n$/);
    },
  );

  it('changes no other status, and ends no process, where it is the log', async () => {
    const lost = await inShell('"$NODE" "$HOLGER" --config /nowhere run 2>/dev/full');
    expect(lost).toEqual({ exit: 2, out: '', err: '' });
    expect((await inShell('"$NODE" "$HOLGER" --version >/dev/full')).exit).toBe(3);
  });

  it('ends without a message where the reader has closed the pipe', async () => {
    const { out, err } = await inShell('"$NODE" "$HOLGER" providers | head -1');
    expect(out).toMatch(/^TYPE/);
    expect(err).toBe('');
  });

  it('a folder that was removed under the shell is not reported as a bug', async () => {
    const { exit, err } = await inShell(
      'mkdir gone; cd gone; rmdir ../gone; "$NODE" "$HOLGER" --config holger.toml run',
    );
    expect(exit).toBe(2);
    expect(err).toMatch(/the current folder does not exist/);
  });
});

describe('the command line', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await holger('--version')).toEqual({ exit: 0, out: `${version}\n`, err: '' });
    expect((await stat(command)).mode & 0o111).toBe(0o111);
    expect(await readFile(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('K26: no command reads ./config.toml, whatever is in it', async () => {
    const file = path.join(folder, 'config.toml');
    await writeFile(file, 'baseURL = "https://a-site-made-with.hugo/"\nthis is not TOML');
    onTestFinished(() => rm(file));
    for (const command of [['status'], ['run'], ['config', 'check']]) {
      const { exit, err } = await holger(...command);
      expect(exit).toBe(2);
      expect(err).toContain('there is no configuration at /etc/holger/config.toml');
    }
    const resolver = ['--resolver', '127.0.0.1:1'];
    const { exit, err } = await holger('check', 'mx.example.org:25', ...resolver);
    expect(err).not.toContain('config.toml');
    expect(exit).not.toBe(2);
  });
});

describe('K14: the second signal ends the process whatever it does', () => {
  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('%s, then %s, while a thread hangs in the file system', async (first, second) => {
    const pipe = path.join(folder, `pipe-${first}-${second}`);
    await promisify(execFile)('mkfifo', [pipe]);
    // A pipe without a writer, opened as an ordinary file: the thread does not return from it, as
    // from a disk that does not answer.
    const hang = `
      import { open } from 'node:fs';
      open(${JSON.stringify(pipe)}, 'r', () => {});
      const look = setInterval(() => {
        if (process.listenerCount('SIGTERM') === 0) return;
        clearInterval(look);
        process.stderr.write('takes signals');
      }, 20);`;
    const preload = `data:text/javascript,${encodeURIComponent(hang)}`;
    const args = ['--import', preload, command, 'tlsa', 'create', '--cert', '-'];
    const child = spawn(process.execPath, args, { stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill(first);
    await sleep(300);
    expect(child.exitCode).toBeNull();
    child.kill(second);
    expect(await ended).toBe(second);
  });
});

describe('a slow reader', () => {
  const TARGETS = 2000;
  const LAST = `mx${TARGETS - 1}.example.org:25`;

  const root = fqdn('.');
  const VALIDATED: FakeResponse = {
    flags: ['RA', 'AD'],
    answers: [
      { owner: root, type: 'SOA', rdata: `0000${'00000001'.repeat(5)}` },
      { owner: root, type: 'RRSIG', rdata: `00060d00000000017fffffff00000001000100ab` },
    ],
  };

  /** Validates, and answers that no name exists. */
  const nobody = (request: Uint8Array): Uint8Array[] => {
    const [question] = readQuestions(request).questions;
    if (question?.name === root) return [respond(request, VALIDATED)];
    const reply = Uint8Array.from(request);
    reply.set([(reply[2] ?? 0) | 0x80, 0x83], 2);
    return [reply];
  };

  /**
   * `holger check` over all targets, until it asks nothing any more because its output is not read.
   */
  async function stuck(...flags: readonly string[]) {
    const resolver = await fakeServer(nobody);
    const list = path.join(folder, 'targets');
    const targets = Array.from({ length: TARGETS }, (_, index) => `mx${index}.example.org:25\n`);
    await writeFile(list, targets.join(''));
    const asking = ['--no-servers', '--resolver', `127.0.0.1:${resolver.port}`, '--file', list];
    const child = spawn(process.execPath, [command, 'check', ...flags, ...asking], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await resolver.close();
    });
    const asked = (): number => resolver.requests.length;
    await expect.poll(asked, { timeout: 10_000 }).toBeGreaterThan(0);
    for (let before = -1; asked() > before; await sleep(400)) before = asked();
    const read = async (): Promise<{ readonly exit: unknown; readonly out: string }> => {
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      return { exit: await new Promise((resolve) => child.once('close', resolve)), out };
    };
    return { child, asked, read };
  }

  it.each([[['--json']], [[]]])('is waited for: check %j', { timeout: 60_000 }, async (flags) => {
    const { asked, read } = await stuck(...flags);
    // Lookups in progress, and what fits into pipes. Each target needs four lookups.
    expect(asked()).toBeLessThan(2 * TARGETS);
    const { exit, out } = await read();
    expect(asked()).toBeGreaterThanOrEqual(4 * TARGETS);
    expect({ exit, last: out.includes(LAST) }).toEqual({ exit: 3, last: true });
    if (flags.length > 0) expect(JSON.parse(out)).toMatchObject({ severity: 'unknown' });
  });

  it('does not prevent check from ending when it is interrupted', async () => {
    const { child, asked, read } = await stuck('--json');
    child.kill('SIGTERM');
    await sleep(300);
    const { exit, out } = await read();
    expect(exit).toBe(3);
    expect(out).toContain('"message":"the check was stopped"');
    expect(asked()).toBeLessThan(2 * TARGETS);
  });
});
