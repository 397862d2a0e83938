// A bare Debian 13 in the cache: what every installation has, and the archives of what the package
// of holger depends on, so that apt installs it without a network.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { cacheFolder } from './packages.mjs';

const run = promisify(execFile);
const SUITE = 'trixie';
const MIRROR = 'http://deb.debian.org/debian';
const FETCH =
  'chroot "$1" apt-get -q -y --no-install-recommends --download-only install nodejs systemd';

/** @returns its folder; undefined for an ordinary user, who cannot make one */
export async function bareRoot(tree, say) {
  if (process.getuid?.() !== 0) return undefined;
  const cache = await cacheFolder();
  const final = join(cache, `bare-${SUITE}-1`);
  if (existsSync(final)) return final;
  say(`making a bare Debian (${SUITE}, about 120 MB to fetch, once) in ${final}`);
  const work = await mkdtemp(join(cache, 'bare-'));
  try {
    const root = join(work, 'root');
    await run('perl', [
      join(tree.root, 'usr/bin/mmdebstrap'),
      ...['--mode=root', '--variant=apt', '--skip=cleanup/apt', '--dpkgopt=force-unsafe-io'],
      ...['--aptopt=Acquire::Languages "none"', `--customize-hook=${FETCH}`],
      ...[SUITE, root, MIRROR],
    ]);
    // A second process may have been quicker; its root is as good as ours.
    await rename(root, final).catch((error) => {
      if (!existsSync(final)) throw error;
    });
    return final;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
