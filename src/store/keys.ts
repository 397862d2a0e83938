// Keys of the state as names of files, and back.
import { createHash } from 'node:crypto';

/** What a file system takes (NAME_MAX). */
const LONGEST_NAME = 255;
/** Of a long name; the rest of it becomes a digest. */
const KEPT = 24;
/**
 * In front of the digest. No plain name holds it: there, two hexadecimal digits follow a percent
 * sign.
 */
const DIGEST = '%-';

/**
 * Percent-encoded; what is not a plain character, or a dot in front (hidden, `..`), is written as
 * %XX. A name that would be longer than `most` begins like that and ends in a digest of the key,
 * which cannot be read back from it.
 */
export function fileNameOf(key: string, most = LONGEST_NAME): string {
  const encode = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const name = [...Buffer.from(key, 'utf8')]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = index === 0 ? /[A-Za-z0-9_@-]/ : /[A-Za-z0-9_@.-]/;
      return plain.test(character) ? character : encode(byte);
    })
    .join('');
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
 * Undefined for a name that `fileNameOf` never gives, or shortened: somebody else's file, or one
 * that is to be opened.
 */
export function keyOf(fileName: string): string | undefined {
  try {
    const key = decodeURIComponent(fileName);
    return fileNameOf(key) === fileName ? key : undefined;
  } catch {
    return undefined;
  }
}
