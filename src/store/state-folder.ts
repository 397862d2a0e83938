// The state directory is believed: it says which records are ours and which chain is live, and it
// holds the keys. Where others may write in it, or above it, nothing is read and nothing is
// written.
import { join } from 'node:path';
import { openFolder } from '../files/folder.ts';

const PARTS = ['', 'documents', 'certificates', 'accounts', 'leases', 'locks', 'archive'];

/** What is missing is made later, by us. @throws AppError STORE_REFUSED */
export async function judgeState(directory: string): Promise<void> {
  for (const part of PARTS) await judgeFolder(join(directory, part));
}

/** One folder of the state; nothing where it does not exist. @throws AppError STORE_REFUSED */
export async function judgeFolder(path: string): Promise<void> {
  const folder = await openFolder(path, {
    code: 'STORE_FAILED',
    otherwise: 'or run holger as that user',
  });
  await folder?.close();
}
