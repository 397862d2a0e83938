// Keys of the state as names of files, and back.
import { createHash } from 'node:crypto';

/** The limit of file systems (NAME_MAX). */
const LONGEST_NAME = 255;
/** Of a long name; the rest of it is replaced by a digest. */
const KEPT = 24;
/**
 * Before the digest. No other name contains it: there, two hexadecimal digits follow a percent
 * sign.
 */
const DIGEST = '%-';

/** As many of them as follow each other: a character outside of Unicode's first plane is two. */
const SPECIAL = /^\.|[^A-Za-z0-9_@.-]+/g;

/**
 * Percent-encoded; every special character, and a dot at the start (hidden, `..`), is written as
 * %XX. A name longer than `most` is cut and ends in a digest of the key, from which the key cannot
 * be read.
 */
export function fileNameOf(key: string, most = LONGEST_NAME): string {
  const encode = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const name = key.replace(SPECIAL, (text) => [...Buffer.from(text, 'utf8')].map(encode).join(''));
  return name.length <= most ? name : shortened(name, key);
}

function shortened(name: string, key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${name.slice(0, KEPT).replace(/%.?$/, '')}${DIGEST}${digest}`;
}

export function isShortened(fileName: string): boolean {
  return fileName.includes(DIGEST);
}

/**
 * Undefined for a name that `fileNameOf` never returns, or a shortened one: a foreign file, or one
 * that must be opened.
 */
export function keyOf(fileName: string): string | undefined {
  try {
    const key = decodeURIComponent(fileName);
    return fileNameOf(key) === fileName ? key : undefined;
  } catch {
    return undefined;
  }
}
