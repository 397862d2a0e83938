// Root on behalf of the user to whom a folder belongs: what it writes there belongs to that user.
import { stat } from 'node:fs/promises';

/** For a process with one thing to do: the user counts for the whole process meanwhile. */
export async function asOwnerOf<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || process.geteuid?.() !== 0 || found.uid === 0) return work();
  const group = process.getegid?.() ?? 0;
  process.setegid?.(found.gid);
  process.seteuid?.(found.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(group);
  }
}
