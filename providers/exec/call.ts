// One call of the operator's command, and the meaning of its failure for the zone.
import type { Seconds } from '../../src/base/clock.ts';
import { defined } from '../../src/base/defined.ts';
import { AppError } from '../../src/base/errors.ts';
import { redactText } from '../../src/observe/redact.ts';
import type { CommandOutcome } from '../../src/process/run-command.ts';
import { runCommand } from '../../src/process/run-command.ts';

/** RRsets are small; a longer output is not an answer. */
const MOST_ANSWER = 1024 * 1024;
const HINT = 'run the command by hand; the next run checks what exists and continues';

type Exited = Extract<CommandOutcome, { status: 'exited' }>;

/**
 * @throws AppError UPDATE_REFUSED: it could not be started; PROVIDER_FAILED: its effect is not
 * known; INTERRUPTED
 */
export async function callCommand(
  command: readonly string[],
  how: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeout: Seconds;
    readonly signal: AbortSignal | undefined;
  },
  what: string,
): Promise<Exited> {
  const { input, env = {}, timeout, signal } = how;
  const outcome = await runCommand(command, {
    ...{ env, timeout, answerBytes: MOST_ANSWER },
    ...defined({ input }),
    ...(signal && { signal }),
  });
  switch (outcome.status) {
    case 'exited':
      return outcome;
    case 'timeout':
      if (signal?.aborted === true) {
        throw new AppError('INTERRUPTED', `${command[0] ?? ''} was stopped at ${what}`);
      }
      throw commandFailed(command, `did not finish ${what} within ${timeout} s`, outcome.output);
    case 'killed':
      throw commandFailed(command, `was ended by ${outcome.signal} at ${what}`, outcome.output);
    case 'not-started':
      throw new AppError(
        'UPDATE_REFUSED',
        `${command[0] ?? ''} could not be started for ${what}: ${outcome.reason}`,
        { hint: 'give the full path of an executable file; there is no shell' },
      );
  }
}

/** The first word of the command only: arguments may contain what must not be in a log. */
export function commandFailed(
  command: readonly string[],
  what: string,
  output: string,
  {
    code = 'PROVIDER_FAILED',
    hint = HINT,
  }: { readonly code?: 'PROVIDER_FAILED' | 'UPDATE_REFUSED'; readonly hint?: string } = {},
): AppError {
  const lastWords = output === '' ? '' : `; its last output: ${redactText(output)}`;
  return new AppError(code, `${command[0] ?? ''} ${what}${lastWords}`, { hint });
}
