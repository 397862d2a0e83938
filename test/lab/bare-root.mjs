// Bare Debians in the cache: what every installation has, and for one of them the archives of what
// the package of holger depends on, so that apt installs it without a network. And which test needs
// which.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder, otherClientsTree } from './packages.mjs';

const run = promisify(execFile);
const MIRROR = 'http://deb.debian.org/debian';
const FETCH =
  'chroot "$1" apt-get -q -y --no-install-recommends --download-only install nodejs systemd';

/** Debian 13, which has a Node for the package, and Debian 12, which has none for holger. */
const HOOKS = { trixie: [`--customize-hook=${FETCH}`], bookworm: [] };

/** All of it takes a minute to make; a selection of other tests does not need it. */
const NEEDED = {
  'test/real/packaging-bare.test.ts': async (tree, say) => ({
    LAB_BARE_TRIXIE: await bareRoot('trixie', tree, say),
  }),
  'test/real/other-clients.test.ts': async (_, say) => ({
    LAB_OTHER_CLIENTS: await otherClientsTree(say),
  }),
  'test/real/single-file-bare.test.ts': async (tree, say) => ({
    LAB_BARE_BOOKWORM: await bareRoot('bookworm', tree, say),
    LAB_SINGLE_FILE: await singleFile(say),
  }),
};

/** @returns environment variables for the tests that `args` of vitest select */
export async function bareEnvironment(args, tree, say) {
  const all = args.every((arg) => arg.startsWith('-'));
  const needed = Object.entries(NEEDED).filter(
    ([file]) => all || args.some((arg) => file.includes(arg)),
  );
  const made = await Promise.all(
    needed.map(([, make]) => make(tree, say).catch((error) => leftOut(error, say))),
  );
  return Object.assign({}, ...made);
}

/** Without a network these tests are skipped, but not where that would not be noticed. */
function leftOut(error, say) {
  if (process.env.CI === 'true') throw error;
  say(`no bare Debian: ${String(error.stderr || error.message).trim()}`);
  return {};
}

async function singleFile(say) {
  const file = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist/test/holger');
  say('making the executable with Node inside');
  const { makeSingleFile } = await import('../../packaging/single-file.mjs');
  return makeSingleFile(file);
}

/** @returns its folder */
async function bareRoot(suite, tree, say) {
  if (process.getuid?.() !== 0) throw new Error('only root can make one');
  if (tree === 'machine') throw new Error('mmdebstrap could not be fetched');
  const cache = await cacheFolder();
  const final = join(cache, `bare-${suite}-1`);
  if (existsSync(final)) return final;
  say(`making a bare Debian (${suite}, up to 120 MB to fetch, once) in ${final}`);
  const work = await mkdtemp(join(cache, 'bare-'));
  try {
    const root = join(work, 'root');
    await run('perl', [
      join(tree.root, 'usr/bin/mmdebstrap'),
      ...['--mode=root', '--variant=apt', '--skip=cleanup/apt', '--dpkgopt=force-unsafe-io'],
      ...['--aptopt=Acquire::Languages "none"', ...HOOKS[suite]],
      ...[suite, root, MIRROR],
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
