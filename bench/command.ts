// A copy of the built command, which no build that begins meanwhile can change.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls `use` with a folder of its own and the path of the command in it. */
export async function withCommand<T>(
  use: (command: string, folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'holger-bench-'));
  try {
    cpSync('dist/holger.mjs', join(folder, 'bin/holger.mjs'));
    cpSync('dist/chunks', join(folder, 'bin/chunks'), { recursive: true });
    return await use(join(folder, 'bin/holger.mjs'), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
