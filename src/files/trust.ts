// Which users are trusted as owners of files and folders: root, who may do everything anyway, and
// the user that runs holger.
import { readFileSync } from 'node:fs';

/** The user id that a user name space shows for users that it does not map (user_namespaces(7)). */
const OVERFLOW_UID = 65_534;

export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.() || (uid === OVERFLOW_UID && hidesUsers());
}

let hides: boolean | undefined;

/**
 * In a user name space that maps few users, all other users of the machine, including its root,
 * appear as one user.
 */
function hidesUsers(): boolean {
  hides ??= !knowsAll(mapOf('/proc/self/uid_map'));
  return hides;
}

/** Lines of: first number here, first number outside, how many. */
function knowsAll(lines: readonly (readonly number[])[]): boolean {
  return lines.some(
    ([first = 0, , count = 0]) => first <= OVERFLOW_UID && OVERFLOW_UID < first + count,
  );
}

function mapOf(path: string): readonly number[][] {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/).map(Number));
  } catch {
    // No name spaces here: every user is known.
    return [[0, 0, 2 ** 32]];
  }
}
