// Where the output goes may be lost before the command ends: a reader that has seen enough, a full
// disk. What is under way comes to a proper end all the same, and the exit status says when results
// are missing.
import { reasonOf } from '../../base/errors.ts';

interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** The status with which a command ends whose results did not arrive: 0 and 1 speak of results. */
const INCOMPLETE = 3;

/**
 * `end` asks the command to finish the act in hand and end. Gives the exit status that is left of
 * the command's own. Without a listener Node would end the process in the middle of an act.
 */
export function watchOutput(
  { stdout, stderr }: Streams,
  end: () => void,
): (status: number) => number {
  let isIncomplete = false;
  // What stderr loses is progress and log: a run that nobody watches any more goes on.
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    end();
    // `holger status | head -1` has what it asked for.
    if (error.code === 'EPIPE' || isIncomplete) return;
    isIncomplete = true;
    stderr.write(`holger: error: cannot write the results: ${reasonOf(error)}\n`);
  });
  return (status) => (isIncomplete && status < 2 ? INCOMPLETE : status);
}
