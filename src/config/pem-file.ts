// Certificates, and keys, of which the configuration names the file.
import { AppError } from '../base/errors.ts';
import { readTrusted } from '../files/trusted.ts';

/** Twice the size of the root programs of all browsers together. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The text of the file. @param option its name in the configuration, for messages; `secret`: other
 * users must not be able to read it @throws AppError
 */
export async function readPemFile(
  option: string,
  file: string,
  code: 'CONFIG_INVALID' | 'NOTIFY_FAILED' = 'CONFIG_INVALID',
  secret = false,
): Promise<string> {
  const text = await readTrusted(file, { most: MOST_BYTES, code, secret });
  if (text !== undefined) return text;
  throw new AppError(code, `the file ${file} does not exist (${option})`, {
    hint: 'name a PEM file that holger may read',
  });
}
