// `serve`: what `run` prints, for as long as it stays.
import type { OpenServer } from '../../app/use-cases/serve.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { openLog, readConfig, warn } from '../session.ts';
import type { Invocation } from '../terminal/io.ts';
import { eventText } from './event-text.ts';
import { teller } from './run.ts';

export async function serveCommand(open: OpenServer, invocation: Invocation): Promise<ExitStatus> {
  const { options, io } = invocation;
  const read = () => readConfig(options);
  const config = await read();
  await warn(config.warnings, invocation);
  const logger = await openLog(invocation);
  const serve = await open({ read, config, logger, signal: io.signal });
  // Each event is news, also that a certificate is done; a teller that stays would remember them.
  const verbosity = options.verbosity + 1;
  const loud = { io, options: { ...options, verbosity } };
  await serve({
    wording: eventText,
    told: (event) => teller(event.event === 'done' ? loud : invocation)(event),
  });
  return 0;
}
