// `<state>/certificates/<name>/<generation>/`: keys and chains, written once. `fullchain.pem` is
// written last; while it is missing, the other chain files come from an interrupted write, and are
// written again. With it the set is complete and never changes.
import { join } from 'node:path';
import { formatInstant, parseInstant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { makeFolder } from '../files/folders.ts';
import { KnownFiles } from '../files/known-files.ts';
import { OwnFolder } from '../files/own-folder.ts';
import { commitFiles, stageFile, type StagedFile } from '../files/staged.ts';
import { readFileIfAny, writeNewFile } from '../files/write.ts';
import type { GenerationFiles, Mark } from '../ports/store.ts';
import { certificateTexts, isRequest } from '../x509/pem.ts';
import { fileNameOf } from './keys.ts';
import { pointLive, readLive, refuseRenamed, renamedTo } from './live-link.ts';
import { archiveGenerations, moveGenerations, numbersIn } from './moved-generations.ts';
import { judgeFolder } from './state-folder.ts';

interface Folders {
  /** All generations of a certificate. */
  home(certificate: string): string;
  folder(certificate: string, generation: number | 'live'): string;
  /** The folder of a generation, after the check that no other user can exchange its content. */
  entered(certificate: string, generation: number): Promise<string>;
  enteredHome(certificate: string): Promise<string>;
}

function foldersIn(stateDirectory: string): Folders {
  const home = (certificate: string): string =>
    join(stateDirectory, 'certificates', folderOf(certificate));
  const folder = (certificate: string, generation: number | 'live'): string =>
    join(home(certificate), generation === 'live' ? generation : checkedNumber(generation));
  const judged = new Map<string, Promise<void>>();
  const enter = async (path: string): Promise<string> => {
    const verdict = judged.get(path) ?? judgeFolder(path);
    judged.set(path, verdict);
    await verdict;
    return path;
  };
  return {
    home,
    folder,
    entered: async (certificate, generation) => enter(folder(certificate, generation)),
    enteredHome: async (certificate) => enter(home(certificate)),
  };
}

export function createGenerationFiles(stateDirectory: string): GenerationFiles {
  const { home, folder, entered, enteredHome } = foldersIn(stateDirectory);
  const files = new KnownFiles();
  return {
    folder,
    archive: (certificate, label) =>
      archiveGenerations(home(certificate), join(stateDirectory, 'archive'), folderOf(label)),
    rename: (from, to) => moveGenerations(home(from), home(to)),
    renamedTo: async (certificate) => {
      const now = renamedTo(home(certificate));
      return now === undefined ? undefined : join(now, 'live');
    },
    writeKey: async (certificate, generation, privkeyPem) => {
      refuseRenamed(await enteredHome(certificate));
      await makeFolder(folder(certificate, generation));
      const path = await entered(certificate, generation);
      const other = await keyOrRequest(path, files);
      if (other !== undefined && isRequest(other) !== isRequest(privkeyPem)) {
        throw exists(join(path, isRequest(other) ? REQUEST_FILE : KEY_FILE));
      }
      const file = isRequest(privkeyPem) ? REQUEST_FILE : KEY_FILE;
      await writeOnce(file, withNewline(privkeyPem), new OwnFolder(path));
    },
    readKey: async (certificate, generation) =>
      keyOrRequest(await entered(certificate, generation), files),
    writeChain: async (certificate, generation, chainPem) =>
      writeChain(await entered(certificate, generation), chainPem, files),
    readChain: async (certificate, generation) =>
      files.read(join(await entered(certificate, generation), 'fullchain.pem')),
    mark: async (certificate, generation, mark, at) => {
      const path = markPath(await entered(certificate, generation), mark);
      await writeNewFile(path, `${formatInstant(at)}\n`);
    },
    markedAt: async (certificate, generation, mark) => {
      const text = await readFileIfAny(markPath(await entered(certificate, generation), mark));
      return text === undefined ? undefined : parseInstant(text.trim()) || 0;
    },
    numbers: async (certificate) => numbersIn(await enteredHome(certificate)),
    live: async (certificate) => readLive(await enteredHome(certificate)),
    setLive: async (certificate, generation) => {
      const at = await enteredHome(certificate);
      refuseRenamed(at);
      await mustBeComplete(await entered(certificate, generation), files);
      await pointLive(at, checkedNumber(generation));
    },
  };
}

const KEY_FILE = 'privkey.pem';
/** In its place, where the private key is elsewhere. */
const REQUEST_FILE = 'request.csr';

async function keyOrRequest(folder: string, files: KnownFiles): Promise<string | undefined> {
  const key = await files.read(join(folder, KEY_FILE));
  return key ?? files.read(join(folder, REQUEST_FILE));
}

function markPath(folder: string, mark: Mark): string {
  return join(folder, `${mark}.txt`);
}

async function writeChain(folder: string, chainPem: string, files: KnownFiles): Promise<void> {
  const [leaf, ...others] = certificateTexts(chainPem);
  if (leaf === undefined) throw new AppError('STORE_FAILED', 'the chain contains no certificate');
  const key = await keyOrRequest(folder, files);
  if (key === undefined) {
    throw new AppError('STORE_FAILED', `${folder} has a chain but no private key`);
  }
  const fullchain = [leaf, ...others].join('');
  const own = new OwnFolder(folder);
  if ((await readFileIfAny(join(folder, 'fullchain.pem'))) === undefined) {
    const combined = isRequest(key) ? {} : { 'combined.pem': key + fullchain };
    const parts = { 'cert.pem': leaf, 'chain.pem': others.join(''), ...combined };
    await replaceAll(parts, own);
  }
  await writeOnce('fullchain.pem', fullchain, own);
}

/** On disk together: the folder is synced once. */
async function replaceAll(files: Readonly<Record<string, string>>, own: OwnFolder): Promise<void> {
  const staged: StagedFile[] = [];
  for (const [name, content] of Object.entries(files)) {
    staged.push(await stageFile(join(own.path, name), content, { own }));
  }
  await commitFiles(staged);
}

/** Identical content is accepted: the same step, repeated after a crash. */
async function writeOnce(name: string, content: string, own: OwnFolder): Promise<void> {
  const path = join(own.path, name);
  if (await writeNewFile(path, content, { own })) return;
  if ((await readFileIfAny(path)) === content) return;
  throw exists(path);
}

function exists(path: string): AppError {
  return new AppError('STORE_FAILED', `${path} exists with other content; it is not changed`, {
    hint: 'a new generation is needed; nothing was overwritten',
    details: { path },
  });
}

async function mustBeComplete(folder: string, files: KnownFiles): Promise<void> {
  const chain = await files.read(join(folder, 'fullchain.pem'));
  const missing =
    (await keyOrRequest(folder, files)) === undefined
      ? KEY_FILE
      : chain === undefined
        ? 'fullchain.pem'
        : undefined;
  if (missing === undefined) return;
  throw new AppError('STORE_FAILED', `${folder} cannot go live: ${missing} is missing`);
}

/**
 * Names come from the configuration, or are a domain of a command line, and become folders: no
 * separator, not hidden, no way up. Names that were refused when 200 characters were the limit
 * become folders under a shortened name.
 */
function folderOf(certificate: string): string {
  if (/^[A-Za-z0-9_*-][A-Za-z0-9._*-]{0,199}$/.test(certificate)) return certificate;
  if (/^[A-Za-z0-9_*-][A-Za-z0-9._*-]{0,254}$/.test(certificate))
    return fileNameOf(certificate, 199);
  throw new AppError('INPUT_INVALID', `"${certificate}" cannot be the name of a certificate`, {
    hint: 'use letters, digits, ".", "_", "-" and "*", without a dot at the start',
  });
}

function checkedNumber(generation: number): string {
  if (Number.isSafeInteger(generation) && generation > 0) return String(generation);
  throw new AppError('BUG', `${generation} is not a generation`);
}

function withNewline(pem: string): string {
  return `${pem.trim()}\n`;
}
