// Files that are named on the command line, to be read and nothing else.
import { AppError } from '../base/errors.ts';
import { readInput } from '../files/read.ts';

/** The largest zone files and lists of targets that were seen are smaller by far. */
const MOST_BYTES = 64 * 1024 * 1024;

/** @throws AppError INPUT_INVALID */
export async function readNamed(file: string): Promise<string> {
  const text = await readInput(file, { most: MOST_BYTES, code: 'INPUT_INVALID' });
  if (text !== undefined) return text;
  throw new AppError('INPUT_INVALID', `there is no file ${file}`, { hint: 'correct the path' });
}
