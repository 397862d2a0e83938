// The target `files`: copies of key and chain where a service reads them, and the command that
// makes it read them again.
//
// Each file is replaced as a whole, by rename, unless `write` says otherwise. A symbolic link is
// replaced by a file: following it would overwrite a file of another program (a certbot archive,
// for example). All files are written and synced first and then renamed one right after the other,
// the certificate last: while it is the old one, the set is not complete, and `placed` reports so.
// A service that loads key and certificate on its own between two renames gets a pair that does not
// match (Postfix starts smtpd processes at any time); `combined` keeps both in one file and has no
// such moment.
import { join } from 'node:path';
import type { Seconds } from '../base/clock.ts';
import { createKeyedLimit } from '../base/limit.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { GenerationPems } from '../ports/store.ts';
import type { DeployPackage, DeployTarget, PlacedPem } from '../ports/target.ts';
import { commandFailure, DEPLOY_HINT, runCommand } from '../process/run-command.ts';
import { differenceAt } from './differences.ts';
import { deployEnvironment } from './environment.ts';
import { PEM, type FileForm } from './file-form.ts';
import { targetId } from './identity.ts';
import { keyOf } from './key-elsewhere.ts';
import { chainIn, publicKeyOf, publicKeysIn } from './pem-content.ts';
import { pkcs12Form, type Password } from './pkcs12-form.ts';
import { placeAll, type Place, type PlacingOptions } from './placing.ts';
import { octetsAt, octetsIfFile } from './present.ts';

export interface FilesTargetOptions extends PlacingOptions {
  /** Receives the full chain. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** The chain without the leaf. */
  readonly chain: string | undefined;
  /** Key and full chain in one file. */
  readonly combined: string | undefined;
  /** The same as PKCS#12. */
  readonly pkcs12?: string | undefined;
  /** Where its password is, which is a part of what the target is. */
  readonly pkcs12Password?: object | undefined;
  /** A key that another program places: `certificate` is placed only if it is for this key. */
  readonly existingKey: string | undefined;
  readonly reload: readonly string[] | undefined;
  readonly timeout: Seconds;
}

/** `password`: of a PKCS#12 file. */
export function createFilesTarget(options: FilesTargetOptions, password?: Password): DeployTarget {
  const { certificate, combined, pkcs12, directory, key, existingKey } = options;
  const form = pkcs12 === undefined ? PEM : pkcs12Form(password);
  const places = placesOf(options, form);
  const writes = places.map(({ path }) => path);
  const chains = chainFiles(options, form);
  return {
    id: targetId(options),
    label: `files ${certificate ?? combined ?? pkcs12 ?? directory ?? key ?? ''}`,
    writes,
    watches: [...writes, existingKey ?? [], password?.file ?? []].flat(),
    runs: options.reload === undefined ? [] : [options.reload],
    place: async (what) => {
      await refuseForeignKey(options, what.pems);
      await placeAll(places, what, options);
    },
    reload: (what) => reload(options, what),
    reads: chains.map(({ path }) => path),
    placed: () => chainsAt(chains),
    differences: async (what) => {
      const looks = places.map((place) => differenceAt(place, what, options));
      const foreign = foreignKey(options, what.pems).catch(reasonOf);
      return (await Promise.all([...looks, foreign])).flatMap((text) => text ?? []);
    },
  };
}

interface ChainFile {
  readonly path: string;
  readonly form: FileForm;
}

/** Every file from which a service may load a chain: two files may contain two different chains. */
function chainFiles(options: FilesTargetOptions, pkcs12: FileForm): ChainFile[] {
  const inFolder = [within(options, 'fullchain.pem'), within(options, 'combined.pem')];
  const pems = [options.certificate, options.combined, ...inFolder];
  const files = [
    ...pems.map((path) => ({ path, form: PEM })),
    { path: options.pkcs12, form: pkcs12 },
  ];
  return files.flatMap(({ path, form }) => (path === undefined ? [] : { path, form }));
}

async function chainsAt(files: readonly ChainFile[]): Promise<readonly PlacedPem[]> {
  const chains: PlacedPem[] = [];
  for (const { path, form } of files) {
    const octets = await octetsIfFile(path);
    const text = octets === undefined ? undefined : await form.read(octets);
    const pem = text === undefined ? undefined : chainIn(text);
    if (pem !== undefined) chains.push({ place: path, pem });
  }
  return chains;
}

/**
 * Why the key of the other program does not match the chain; undefined: it matches, or holger
 * places the key.
 */
async function foreignKey(
  { existingKey }: FilesTargetOptions,
  pems: GenerationPems,
): Promise<string | undefined> {
  if (existingKey === undefined) return undefined;
  const octets = await octetsAt(existingKey);
  if (octets === undefined) return `${existingKey} is missing`;
  const ours = publicKeyOf(pems);
  return publicKeysIn(octets.toString())[0] === ours
    ? undefined
    : `${existingKey} contains another key`;
}

/** A pair that does not match is not placed: the service would fail every handshake. */
async function refuseForeignKey(options: FilesTargetOptions, pems: GenerationPems): Promise<void> {
  const why = await foreignKey(options, pems);
  if (why === undefined) return;
  throw new AppError(
    'DEPLOY_REFUSED',
    `nothing was placed: ${why}, and the certificate is not for it`,
    {
      hint:
        pems.privkey === undefined
          ? 'place the key of the certificate request there; the next run places the certificate'
          : 'let holger place the key too (key = "…" or combined = "…" instead of existing_key), ' +
            'or place the key of this generation there first',
    },
  );
}

/** What a target writes. */
export function pathsOf(options: FilesTargetOptions): string[] {
  return placesOf(options, PEM).map(({ path }) => path);
}

/** In the order of the renames: the file that `placed` reads is the last. */
function placesOf(options: FilesTargetOptions, pkcs12: FileForm): Place[] {
  const { certificate, key, chain, combined } = options;
  const both = (pems: GenerationPems): string => keyOf(pems) + pems.fullchain;
  type Wanted = readonly [string | undefined, boolean, Place['content'], FileForm?];
  const list: readonly Wanted[] = [
    [within(options, 'privkey.pem'), true, keyOf],
    [within(options, 'cert.pem'), false, (pems) => pems.cert],
    [within(options, 'chain.pem'), false, (pems) => pems.chain],
    [within(options, 'combined.pem'), true, both],
    [within(options, 'fullchain.pem'), false, (pems) => pems.fullchain],
    [chain, false, (pems) => pems.chain],
    [key, true, keyOf],
    [combined, true, both],
    [options.pkcs12, true, both, pkcs12],
    [certificate, false, (pems) => pems.fullchain],
  ];
  return list.flatMap(([path, secret, content, form = PEM]) =>
    path === undefined ? [] : [{ path, secret, content, form }],
  );
}

function within({ directory }: FilesTargetOptions, name: string): string | undefined {
  return directory === undefined ? undefined : join(directory, name);
}

/** Of this process: a service that several certificates share loads their files one by one. */
const inTurn = createKeyedLimit(1);

async function reload(options: FilesTargetOptions, what: DeployPackage): Promise<void> {
  const { reload: command, timeout } = options;
  if (command === undefined) return;
  const env = deployEnvironment(what);
  const outcome = await inTurn(JSON.stringify(command), () =>
    runCommand(command, { env, timeout }),
  );
  const failed = commandFailure(command, outcome, timeout, {
    failed: 'RELOAD_FAILED',
    refused: 'DEPLOY_REFUSED',
    late: 'RELOAD_TIMEOUT',
    hint: DEPLOY_HINT,
  });
  if (failed !== undefined) throw failed;
}
