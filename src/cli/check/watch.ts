// `check --watch`: what the loop reports, as text or as one JSON document per line.
import { formatInstant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { OpenWatcher, WatchRequest } from '../../app/use-cases/watch.ts';
import type { Row } from '../../watch/snapshot.ts';
import { SEVERITIES } from '../../check/rules/severity.ts';
import { MONITOR } from '../../config/defaults.ts';
import type { ServerAddress } from '../../config/fields.ts';
import type { Config } from '../../config/schema.ts';
import type { Notice } from '../../ports/notifier.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonLine } from '../terminal/render.ts';

export type WatchAsked = Pick<
  WatchRequest,
  'named' | 'configured' | 'servers' | 'at' | 'timeout'
> & {
  readonly every: string | undefined;
  /** Undefined: the interval of the configuration. */
  readonly repeat: number | undefined;
  readonly silenced: WatchRequest['silenced'];
  readonly resolvers: readonly ServerAddress[];
};

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 1) return seconds;
  throw new AppError('USAGE', `"${text}" is not an interval`, { hint: 'write --every 15m' });
}

function tally(rows: readonly Row[]): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = rows.filter((row) => row.severity === severity).length;
    return count === 0 ? [] : `${count} ${severity.toUpperCase()}`;
  });
  return `${rows.length} ${rows.length === 1 ? 'target' : 'targets'}: ${counts.join(', ')}`;
}

/** The first round says that the watch has begun; later rounds print only news. */
function teller({ options, io }: Invocation, interval: number): WatchRequest['told'] {
  let begun = false;
  return (rows: readonly Row[] | undefined, notice: Notice | undefined) => {
    if (options.json) {
      if (notice !== undefined) io.out(jsonLine({ ...notice.document }));
      return;
    }
    if (!begun && rows !== undefined && options.verbosity >= 0) {
      io.out(
        `${formatInstant(io.now())} ${tally(rows)}; next checks every ` +
          `${formatDuration(interval)}\n`,
      );
      begun = true;
    }
    if (notice !== undefined) io.out(`\n${notice.text}`);
  };
}

export async function watchCommand(
  asked: WatchAsked,
  open: OpenWatcher,
  { config, logger }: { readonly config: Config | undefined; readonly logger: Logger },
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const monitor = config?.monitor;
  const written = monitor?.interval ?? duration(MONITOR.interval);
  const interval = asked.every === undefined ? written : duration(asked.every);
  const { named, configured, servers, at, timeout, resolvers } = asked;
  const { signal } = io;
  const stateFolder = config?.state.directory ?? options.state;
  const watcher = await open({ config, resolvers, logger, signal, stateFolder });
  await watcher({
    ...{ named, configured, servers, at, interval },
    ...defined({ timeout }),
    repeat: asked.repeat ?? monitor?.repeat ?? MONITOR.repeat,
    silenced: new Set([...asked.silenced, ...(monitor?.silence ?? [])]),
    remind: monitor?.remind ?? duration(MONITOR.remind),
    told: teller(invocation, interval),
  });
  return 0;
}
