// The target `files`: copies of key and chain where a service reads them, and the command that makes it read them again.
//
// Each file is replaced whole, by rename. A path that is a symbolic link becomes a file: following the link would overwrite what another
// program keeps behind it (a certbot archive, say). All files are written and synced first and then renamed one right after the other,
// the certificate last: while it is the old one, the set is not complete, and `placed` says so. A service that loads key and
// certificate on its own between two renames sees a pair that does not fit (Postfix starts smtpd processes at any time);
// `combined` holds both in one file and has no such moment.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seconds } from '../base/clock.ts';
import { makeFolder } from '../files/folders.ts';
import { commitFiles, discardFiles, stageFile, type StagedFile } from '../files/staged.ts';
import { readFileIfAny } from '../files/write.ts';
import type { GenerationPems } from '../ports/store.ts';
import type { DeployPackage, DeployTarget } from '../ports/target.ts';
import { commandFailure, DEPLOY_HINT, runCommand } from '../process/run-command.ts';
import { attributesFor, type Attributes, type Ownership } from './attributes.ts';
import { deployEnvironment } from './environment.ts';

export interface FilesTargetOptions extends Ownership {
  /** Receives the full chain. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** The chain without the leaf. */
  readonly chain: string | undefined;
  /** Key and full chain in one file. */
  readonly combined: string | undefined;
  /** All files under their usual names. */
  readonly directory: string | undefined;
  readonly reload: readonly string[] | undefined;
  readonly timeout: Seconds;
}

interface Place {
  readonly path: string;
  readonly secret: boolean;
  readonly content: (pems: GenerationPems) => string;
}

export function createFilesTarget(options: FilesTargetOptions): DeployTarget {
  const places = placesOf(options);
  const evidence = options.certificate ?? options.combined ?? within(options, 'fullchain.pem');
  return {
    label: `files ${options.certificate ?? options.combined ?? options.directory ?? options.key ?? ''}`,
    place: async (what) => {
      if (options.directory !== undefined) {
        await makeFolder(options.directory, 0o755, 'DEPLOY_FAILED');
      }
      await placeAll(places, what.pems, options);
    },
    reload: (what) => reload(options, what),
    placed: async () => {
      if (evidence === undefined) return undefined;
      const text = await readFileIfAny(evidence, 'DEPLOY_FAILED');
      const certificates = text?.match(CERTIFICATE)?.map((pem) => `${pem}\n`);
      return certificates?.join('');
    },
  };
}

/** Picks the certificates out of a combined file: the key in it goes nowhere. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** In the order in which they are renamed: the file that `placed` reads is the last. */
function placesOf(options: FilesTargetOptions): Place[] {
  const { certificate, key, chain, combined } = options;
  const keyOf = (pems: GenerationPems): string => pems.privkey;
  const both = (pems: GenerationPems): string => pems.privkey + pems.fullchain;
  const list: readonly (readonly [string | undefined, boolean, Place['content']])[] = [
    [within(options, 'privkey.pem'), true, keyOf],
    [within(options, 'cert.pem'), false, (pems) => pems.cert],
    [within(options, 'chain.pem'), false, (pems) => pems.chain],
    [within(options, 'combined.pem'), true, both],
    [within(options, 'fullchain.pem'), false, (pems) => pems.fullchain],
    [chain, false, (pems) => pems.chain],
    [key, true, keyOf],
    [combined, true, both],
    [certificate, false, (pems) => pems.fullchain],
  ];
  return list.flatMap(([path, secret, content]) =>
    path === undefined ? [] : [{ path, secret, content }],
  );
}

function within({ directory }: FilesTargetOptions, name: string): string | undefined {
  return directory === undefined ? undefined : join(directory, name);
}

async function placeAll(
  places: readonly Place[],
  pems: GenerationPems,
  ownership: Ownership,
): Promise<void> {
  const staged: StagedFile[] = [];
  try {
    for (const { path, secret, content } of places) {
      const attributes = await attributesFor(path, secret, ownership);
      if (await isThere(path, content(pems), attributes)) continue;
      const options = { ...attributes, code: 'DEPLOY_FAILED' } as const;
      staged.push(await stageFile(path, content(pems), options));
    }
  } catch (error) {
    // Nothing has been replaced yet: the service keeps a pair that fits.
    await discardFiles(staged);
    throw error;
  }
  await commitFiles(staged);
}

async function isThere(path: string, content: string, wanted: Attributes): Promise<boolean> {
  // A link never counts as placed, and what cannot be looked at is written; the write then says why it cannot.
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return false;
  const same =
    (found.mode & 0o7777) === wanted.mode &&
    (wanted.uid === undefined || wanted.uid === found.uid) &&
    (wanted.gid === undefined || wanted.gid === found.gid);
  return same && (await readFileIfAny(path, 'DEPLOY_FAILED')) === content;
}

async function reload(options: FilesTargetOptions, what: DeployPackage): Promise<void> {
  if (options.reload === undefined) return;
  const outcome = await runCommand(options.reload, {
    env: deployEnvironment(what),
    timeout: options.timeout,
  });
  const failed = commandFailure(options.reload, outcome, options.timeout, {
    failed: 'RELOAD_FAILED',
    late: 'RELOAD_TIMEOUT',
    hint: DEPLOY_HINT,
  });
  if (failed !== undefined) throw failed;
}
