#!/usr/bin/env node
// Entry of the command: what touches the process as a whole, and nothing else. `--version` answers
// before anything is loaded.
import { once, setMaxListeners } from 'node:events';
import process from 'node:process';
import { boundHeap } from './app/world/heap.ts';
import type { CliOptions } from './cli/program.ts';

/** Put in by build.mjs. */
declare const HOLGER_VERSION: string;

/** Each part is loaded by the command that needs it. */
const CLI_OPTIONS: CliOptions = {
  version: HOLGER_VERSION,
  openApp: async (context) => (await import('./app/wire.ts')).openAppAs(HOLGER_VERSION)(context),
  findIdle: async (request) =>
    (await import('./app/use-cases/all-idle.ts')).findIdleAs(HOLGER_VERSION)(request),
  openServer: async (context) =>
    (await import('./app/use-cases/serve.ts')).openServerAs(
      HOLGER_VERSION,
      (signal, act) => process.on(signal, act),
      process.env,
    )(context),
  openChecker: async (context) =>
    (await import('./app/use-cases/check.ts')).openCheckerAs(HOLGER_VERSION)(context),
  openWatcher: async (context) =>
    (await import('./app/use-cases/watch.ts')).openWatcherAs(HOLGER_VERSION)(context),
  openCaa: async (request) =>
    (await import('./app/use-cases/caa.ts')).openCaaAs(HOLGER_VERSION)(request),
  openOthers: async () => (await import('./app/use-cases/others.ts')).othersAs(process.env),
  openNotifiers: async ({ monitor }) =>
    (await import('./app/world/notifiers.ts')).notifiersOf(
      monitor.notify,
      `holger/${HOLGER_VERSION}`,
    ),
};

async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.on('error', () => (process.exitCode = 3));
    process.stdout.write(`${HOLGER_VERSION}\n`);
    return;
  }
  boundHeap();
  const ending = new AbortController();
  // One signal ends everything: every socket and process of a run listens to it.
  setMaxListeners(0, ending.signal);
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = (): void => {
    // The next one, of either kind, ends the process at once.
    for (const signal of signals) process.off(signal, end);
    ending.abort(new Error('interrupted'));
  };
  for (const signal of signals) process.on(signal, end);
  const { watchOutput } = await import('./cli/terminal/lost-output.ts');
  const lasting = watchOutput(process, () => ending.abort(new Error('the output is lost')));
  // What a stream could not write is known after the command has ended.
  process.on('exit', () => (process.exitCode = lasting(Number(process.exitCode ?? 0))));
  // Both now: at the end there may be no file descriptor left to load anything with.
  const { hangingActs } = await import('./files/deadline.ts');
  const { runCli } = await import('./cli/program.ts');
  const { createScreen } = await import('./cli/terminal/screen.ts');
  process.exitCode = await runCli(argv, CLI_OPTIONS, {
    ...createScreen(process.stdout, process.stderr, process.env),
    drained: async () => {
      // A pipe takes what its reader leaves room for; the rest would be kept here.
      if (!process.stdout.writableNeedDrain) return;
      await once(process.stdout, 'drain', { signal: ending.signal }).catch(() => undefined);
    },
    now: () => Date.now() / 1000,
    signal: ending.signal,
  });
  if (hangingActs() > 0) await endInSpiteOfHangingFiles();
}

/**
 * A thread that waits for a dead file system keeps a process alive that has nothing more to do,
 * `process.exit` or not.
 */
async function endInSpiteOfHangingFiles(): Promise<void> {
  await written(process.stdout, '');
  await written(process.stderr, 'holger: a file system does not answer: ended by SIGKILL\n');
  process.kill(process.pid, 'SIGKILL');
}

function written(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

await main(process.argv.slice(2));
