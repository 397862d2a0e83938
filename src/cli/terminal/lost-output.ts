// The output may be lost before the command ends: the reader of a pipe stops, or a disk is full.
// The act in progress is still completed, and the exit status says if results are missing.
import { reasonOf } from '../../base/errors.ts';

interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** The exit status if results were not written: 0 and 1 would claim results. */
const INCOMPLETE = 3;

/**
 * `end` asks the command to finish the act in progress and end. Returns the exit status to use in
 * place of the command's own. Without a listener Node would end the process in the middle of an
 * act.
 */
export function watchOutput(
  { stdout, stderr }: Streams,
  end: () => void,
): (status: number) => number {
  let isIncomplete = false;
  // stderr carries only progress and log: a run without a reader there continues.
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    end();
    // `holger status | head -1` has printed what was asked for.
    if (error.code === 'EPIPE' || isIncomplete) return;
    isIncomplete = true;
    stderr.write(`holger: error: cannot write the results: ${reasonOf(error)}\n`);
  });
  return (status) => (isIncomplete && status < 2 ? INCOMPLETE : status);
}
