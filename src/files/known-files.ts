// Files of holger that are read many times in a run and change seldom. What was read is used again
// while the same file is there, unchanged: its inode, size and time of change, which the system
// sets for every write, and for every change of owner or mode.
import { lstatSync } from 'node:fs';
import { readFileIfAny } from './write.ts';

/** For the certificates that move at the same time, with a few files each. */
const MOST_FILES = 128;
/**
 * A file that was changed a moment ago may change once more within the same tick of the clock of
 * the file system, and the number of an inode is used again.
 */
const SETTLED_MS = 100;
/** Larger ones are read again: documents about all certificates. */
const MOST_CHARACTERS = 65_536;

interface Known {
  readonly stamp: string;
  readonly text: string;
}

export class KnownFiles {
  readonly #known = new Map<string, Known>();

  get size(): number {
    return this.#known.size;
  }

  /** As `readFileIfAny`. */
  async read(path: string): Promise<string | undefined> {
    const stamp = stampOf(path);
    const known = this.#known.get(path);
    if (known !== undefined && known.stamp === stamp) return known.text;
    this.#known.delete(path);
    if (stamp === undefined) return undefined;
    const isSettled = hasSettled(path);
    const text = await readFileIfAny(path);
    // Written meanwhile: which of both was read is not known.
    const isIt = isSettled && stampOf(path) === stamp;
    if (text !== undefined && text.length <= MOST_CHARACTERS && isIt)
      this.#keep(path, { stamp, text });
    return text;
  }

  #keep(path: string, known: Known): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_FILES && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(path, known);
  }
}

function hasSettled(path: string): boolean {
  const { ctimeMs = Infinity } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
  return Date.now() - ctimeMs > SETTLED_MS;
}

/** The same only while no other file has taken its place; undefined: there is none. */
export function stampOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino} ${found.ctimeNs} ${found.size}`;
}
