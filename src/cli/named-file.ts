// Files that are named on the command line and only read.
import { AppError } from '../base/errors.ts';
import { readInput } from '../files/read.ts';

/** Much larger than the largest zone files and lists of targets that were seen. */
const MOST_BYTES = 64 * 1024 * 1024;

/** @throws AppError INPUT_INVALID */
export async function readNamed(
  file: string,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<string> {
  const text = await readInput(file, { most: MOST_BYTES, code: 'INPUT_INVALID', encoding });
  if (text !== undefined) return text;
  throw new AppError('INPUT_INVALID', `the file ${file} does not exist`, {
    hint: 'correct the path',
  });
}
