// The notifier `command`: a program of the operator gets the document of a message on its standard
// input. Exit status 0 means delivered.
import type { Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Notifier } from '../ports/notifier.ts';
import { commandFailure, runCommand } from '../process/run-command.ts';

export interface CommandNotifierOptions {
  readonly label: string;
  readonly command: readonly string[];
  readonly timeout: Seconds;
}

export function createCommandNotifier({
  label,
  command,
  timeout,
}: CommandNotifierOptions): Notifier {
  return {
    label,
    deliver: async ({ document }, { signal }) => {
      const outcome = await runCommand(command, {
        env: {},
        input: `${JSON.stringify(document)}\n`,
        timeout,
        ...(signal && { signal }),
      });
      if (signal?.aborted === true && outcome.status === 'timeout') {
        throw new AppError('INTERRUPTED', `${command[0] ?? ''} was stopped`);
      }
      const failed = commandFailure(command, outcome, timeout, {
        failed: 'NOTIFY_FAILED',
        late: 'NOTIFY_FAILED',
        hint: 'run the command by hand, with {} as its input',
      });
      if (failed !== undefined) throw failed;
      return { later: [], refused: [] };
    },
  };
}
