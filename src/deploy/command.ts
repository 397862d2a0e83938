// The target `command`: a program of the operator that places key and chain where the service reads
// them, and reloads the service. Status 0: done; 75 (EX_TEMPFAIL): not now, try again; anything
// else: failed. All three are claims; the handshake is the evidence.
import type { Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { DeployPackage, DeployTarget } from '../ports/target.ts';
import {
  commandFailure,
  DEPLOY_HINT,
  runCommand,
  type CommandOutcome,
} from '../process/run-command.ts';
import { deployDocument, deployEnvironment } from './environment.ts';
import { targetId } from './identity.ts';
import { withFilesOf, type HookCall, type OtherClient } from './other-client.ts';

const TRY_LATER = 75;

export interface CommandTargetOptions {
  readonly command: readonly string[];
  readonly timeout: Seconds;
  /** The command is a deploy hook that was written for this client. */
  readonly compatible?: OtherClient | undefined;
}

/** `email`: of the account, for hooks of another client that are given it. */
export function createCommandTarget(
  { command, timeout, compatible }: CommandTargetOptions,
  email = '',
): DeployTarget {
  const id = targetId({ command, timeout, compatible });
  const run = async (what: DeployPackage): Promise<CommandOutcome> => {
    const env = deployEnvironment(what);
    if (compatible === undefined) {
      return runCommand(command, { env, input: deployDocument(what), timeout });
    }
    const start = (call: HookCall): Promise<CommandOutcome> =>
      runCommand(call.argv, { env: { ...env, ...call.env }, timeout });
    return withFilesOf(compatible, id, { what, command, email }, start);
  };
  return {
    id,
    label: `command ${command[0] ?? ''}`,
    runs: [command],
    place: async (what) => {
      const outcome = await run(what);
      const failed = commandFailure(command, outcome, timeout, {
        failed: 'DEPLOY_FAILED',
        refused: 'DEPLOY_REFUSED',
        late: 'RELOAD_TIMEOUT',
        hint: DEPLOY_HINT,
      });
      if (failed === undefined) return;
      if (outcome.status === 'exited' && outcome.exitStatus === TRY_LATER) {
        throw new AppError('DEPLOY_FAILED', `${command[0] ?? ''} asks to be tried again later`, {
          hint: 'nothing; the next run tries again',
          details: { ...failed.details, tryLater: true },
        });
      }
      throw failed;
    },
    // The command has done both; a second call would deploy twice.
    reload: () => Promise.resolve(),
    // Only the command knows where it placed the chain.
    placed: () => Promise.resolve([]),
    differences: () => Promise.resolve([]),
  };
}
