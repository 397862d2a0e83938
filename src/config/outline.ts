// What must be known of a configuration before it is known whether anything is due: to parse and
// check ten thousand certificates takes longer than all else in a run with nothing to do.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { readTrusted } from '../files/trusted.ts';
import { CONFIG_PATH, MOST_BYTES, STATE_DIRECTORY } from './defaults.ts';

export interface Outline {
  readonly path: string;
  /**
   * Where its state probably is. The text alone can mislead, so this is only used to find a digest
   * of this text that was stored there, with that folder, after all of it was parsed.
   */
  readonly stateDirectory: string;
  /** Of the text: the same text is the same configuration. */
  readonly digest: string;
}

/** As `holger init` writes it, and as the documentation shows it. */
const STATE = /^\[state\][ \t]*\n(?:[ \t]*(?:#.*)?\n)*directory[ \t]*=[ \t]*(["'])([^"'\\\n]*)\1/m;

export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Undefined: there is no such file. @throws AppError CONFIG_INVALID as for the whole */
export async function outlineOf(file: string = CONFIG_PATH): Promise<Outline | undefined> {
  const text = await readTrusted(file, { most: MOST_BYTES, code: 'CONFIG_INVALID' });
  if (text === undefined) return undefined;
  const absolute = path.resolve(file);
  const directory = STATE.exec(text)?.[2] ?? STATE_DIRECTORY;
  return {
    path: absolute,
    stateDirectory: path.resolve(path.dirname(absolute), directory),
    digest: digestOfText(text),
  };
}
