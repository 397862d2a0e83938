// The commands of [run]: programs of the operator, before the first order or deployment of a run
// and after its end.
import type { Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { RunCommand, RunCommands } from '../ports/run-commands.ts';
import {
  commandFailure,
  DEPLOY_HINT,
  runCommand,
  type FailureWords,
} from '../process/run-command.ts';

export interface RunCommandOptions {
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[] | undefined;
  readonly timeout: Seconds;
}

interface Words extends FailureWords {
  readonly says: string;
}

const BEFORE: Words = {
  failed: 'BEFORE_FAILED',
  refused: 'BEFORE_REFUSED',
  late: 'BEFORE_FAILED',
  says: 'nothing was ordered or deployed, because before of [run] failed',
  hint: DEPLOY_HINT,
};

const AFTER: Words = {
  failed: 'AFTER_FAILED',
  late: 'AFTER_FAILED',
  says: 'after of [run]',
  hint: 'run the command by hand; the next run calls it only when it orders or deploys',
};

export function createRunCommands({ before, after, timeout }: RunCommandOptions): RunCommands {
  return defined({
    before: before && commandOf(before, timeout, BEFORE),
    after: after && commandOf(after, timeout, AFTER),
  });
}

function commandOf(argv: readonly string[], timeout: Seconds, words: Words): RunCommand {
  return {
    argv,
    run: async () => {
      const outcome = await runCommand(argv, { env: {}, timeout });
      const failure = commandFailure(argv, outcome, timeout, words);
      if (failure === undefined) return;
      const { code, message, hint, details } = failure;
      const isStarted = outcome.status !== 'not-started';
      const more = { hint, details: { ...details, isStarted } };
      throw new AppError(code, `${words.says}: ${message}`, more);
    },
  };
}
