// How a run ends for each certificate, as an event and as an exit status.
import type { AppError, ExitStatus } from '../base/errors.ts';
import type { Standing } from './standing.ts';
import type { Task, World } from './world.ts';

export type RunResult =
  | {
      readonly standing: Standing;
      readonly exit: ExitStatus;
      /** It was idle, and nothing of it was observed. */
      readonly isResting?: true;
    }
  | { readonly failure: AppError; readonly exit: ExitStatus };

export interface RunSummary {
  /** The first that applies to one of them, or to the run, of 70, 2, 4, 3, 5, 0. */
  readonly exit: ExitStatus;
  readonly results: ReadonlyMap<string, RunResult>;
}

const WORST: readonly ExitStatus[] = [70, 2, 4, 3, 5, 0];

/** `work`: how the work of the run itself ended. */
export function summaryOf(
  results: ReadonlyMap<string, RunResult>,
  work: ExitStatus = 0,
): RunSummary {
  const exits = [...[...results.values()].map(({ exit }) => exit), work];
  return { exit: WORST.find((exit) => exits.includes(exit)) ?? 0, results };
}

export function report(task: Task, result: RunResult, world: World): void {
  const base = { certificate: task.intent.name, at: world.clock.now() };
  if ('failure' in result) {
    const { code, message, hint, exit } = result.failure;
    const advice = hint === undefined ? {} : { hint };
    world.emit({ ...base, event: 'failed', code, message, ...advice, exit });
    return;
  }
  const { standing } = result;
  switch (standing.kind) {
    case 'planned':
    // Reported where it happened.
    case 'renamed':
      return;
    case 'tried': {
      const { directory, notAfter } = standing;
      return world.emit({ ...base, event: 'tried', directory, notAfter });
    }
    case 'gone': {
      const { archive } = standing;
      return world.emit({
        ...{ ...base, event: 'deleted' },
        ...(archive === undefined ? {} : { archive }),
      });
    }
    case 'done':
      return world.emit({ ...base, event: 'done', until: standing.until });
    case 'wait': {
      const { kind: _, ...wait } = standing;
      return world.emit({ ...base, event: 'waiting', ...wait });
    }
    case 'blocked': {
      const { person, reasons } = standing;
      return world.emit({ ...base, event: 'blocked', person, reasons });
    }
  }
}
