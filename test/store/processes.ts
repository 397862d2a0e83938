// Runs test/store/child.ts as a plain program: Node 20 does not read TypeScript.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

let program: Promise<string> | undefined;

function bundled(): Promise<string> {
  program ??= (async () => {
    const outfile = join(await mkdtemp(join(tmpdir(), 'holger-child-')), 'child.mjs');
    const entry = new URL('child.ts', import.meta.url).pathname;
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    return outfile;
  })();
  return program;
}

export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
}

export async function startChild(act: string, folder: string, ...rest: string[]): Promise<Child> {
  const child = spawn(process.execPath, [await bundled(), act, folder, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest_ = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest_ + text).split('\n');
    rest_ = parts.pop() ?? '';
    lines.push(...parts);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { process: child, lines, ended };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holger-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
