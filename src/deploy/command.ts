// The target `command`: a program of the operator that places key and chain where the service reads
// them, and reloads the service. Status 0: done; 75 (EX_TEMPFAIL): not now, try again; anything
// else: failed. All three are claims; the handshake is the evidence.
import type { Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { DeployTarget } from '../ports/target.ts';
import { commandFailure, DEPLOY_HINT, runCommand } from '../process/run-command.ts';
import { deployDocument, deployEnvironment } from './environment.ts';
import { targetId } from './identity.ts';

const TRY_LATER = 75;

export interface CommandTargetOptions {
  readonly command: readonly string[];
  readonly timeout: Seconds;
}

export function createCommandTarget({ command, timeout }: CommandTargetOptions): DeployTarget {
  return {
    id: targetId({ command, timeout }),
    label: `command ${command[0] ?? ''}`,
    runs: [command],
    place: async (what) => {
      const outcome = await runCommand(command, {
        env: deployEnvironment(what),
        input: deployDocument(what),
        timeout,
      });
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
