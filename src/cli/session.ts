// The start and end that `run`, `issue` and `status` share: the configuration, a logger, the app.
import path from 'node:path';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/schema.ts';
import type { App, OpenApp } from '../app/use-cases/commands.ts';
import type { GlobalOptions, Invocation } from './terminal/io.ts';
import { paragraph } from './terminal/render.ts';

/** Loads the configuration according to the global options. */
export async function readConfig(options: GlobalOptions): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  return withState(await loadConfig(options.config), options);
}

function withState(config: Config, { state }: GlobalOptions): Config {
  return state === undefined ? config : { ...config, state: { directory: path.resolve(state) } };
}

/** For commands that also work without a configuration; a file that was named must exist. */
export async function configIfAny(options: GlobalOptions): Promise<Config | undefined> {
  if (options.config !== undefined) return readConfig(options);
  const { findConfig } = await import('../config/load.ts');
  const config = await findConfig();
  return config && withState(config, options);
}

export async function openLog({ options, io }: Invocation): Promise<Logger> {
  const { createLogger } = await import('../observe/logger.ts');
  const { Writable } = await import('node:stream');
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      io.err(chunk.toString());
      done();
    },
  });
  return createLogger({
    verbosity: options.verbosity,
    style: options.logFormat ?? (options.json ? 'json' : 'text'),
    stream,
  });
}

/** A configuration with surprising effects is not an error, so a quiet run does not mention it. */
function warnOf(warnings: readonly string[], logger: Logger, { options, io }: Invocation): void {
  if (options.verbosity < 0) return;
  for (const warning of warnings) {
    if (options.json || options.logFormat === 'json') logger.warn('configuration', { warning });
    else io.err(paragraph(warning, 'holger: warning: ', '  '));
  }
}

/** What `withApp` says of the configuration, without it. */
export async function warn(warnings: readonly string[], invocation: Invocation): Promise<void> {
  if (warnings.length > 0) warnOf(warnings, await openLog(invocation), invocation);
}

/** Runs a command with the app open, and closes it in every case. */
export async function withApp<T>(
  open: OpenApp,
  invocation: Invocation,
  use: (app: App) => Promise<T>,
): Promise<T> {
  const { options, io } = invocation;
  const config = await readConfig(options);
  const logger = await openLog(invocation);
  warnOf(config.warnings, logger, invocation);
  const app = await open({ config, logger, signal: io.signal });
  try {
    return await use(app);
  } finally {
    await app.close();
  }
}
