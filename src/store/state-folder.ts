// The state directory is trusted: it says which records belong to holger and which chain is live,
// and it contains the keys. If other users may write to it, or above it, nothing is read and
// nothing is written.
import { join } from 'node:path';
import { openFolder } from '../files/folder.ts';

const PARTS = [
  '',
  'documents',
  'certificates',
  'accounts',
  'leases',
  'locks',
  'archive',
  'history',
];

/** A missing folder is created later, by holger. @throws AppError STORE_REFUSED */
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
