// The files of one deployment, all or none: checked and written beside their destinations first,
// then moved into place.
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError } from '../base/errors.ts';
import { openFolder, type Folder } from '../files/folder.ts';
import { commitFiles, discardFiles, stageFile, type StagedFile } from '../files/staged.ts';
import { isTrusted } from '../files/trust.ts';
import type { GenerationPems } from '../ports/store.ts';
import type { DeployPackage } from '../ports/target.ts';
import { copyAccess } from './access.ts';
import {
  attributesFor,
  numbersOf,
  type Attributes,
  type Numbers,
  type Ownership,
} from './attributes.ts';
import type { FileForm } from './file-form.ts';
import { openInPlace, writeInPlace, type InPlace } from './in-place.ts';
import { presentIn, SAFE_TO_OPEN, type Present } from './present.ts';

export interface Place {
  readonly path: string;
  readonly secret: boolean;
  /** In PEM, whatever its form is. */
  readonly content: (pems: GenerationPems) => string;
  readonly form: FileForm;
}

export interface PlacingOptions extends Ownership {
  /** All files under their usual names; created if it is missing. */
  readonly directory: string | undefined;
  /** Undefined: the new file replaces the old one. */
  readonly write: 'in-place' | undefined;
}

/** A path, its folder, and the present file there. */
interface Found {
  readonly place: Place;
  readonly folder: Folder;
  readonly present: Present | undefined;
  /** The file that holger placed there; its attributes are kept. */
  readonly kept: Present | undefined;
}

type About = Pick<DeployPackage, 'certificate' | 'pems' | 'isOurs' | 'warn'>;

export async function placeAll(
  places: readonly Place[],
  what: About,
  options: PlacingOptions,
): Promise<void> {
  const numbers = await numbersOf(options);
  const folders = new Map<string, Folder>();
  const staged: StagedFile[] = [];
  const inPlace: InPlace[] = [];
  try {
    const found: Found[] = [];
    for (const place of places) {
      found.push(await lookAt(place, what, folders, options, numbers));
    }
    for (const each of withKept(found, numbers)) {
      const file = await prepare(each, what, options, numbers);
      if (file === undefined) continue;
      if ('handle' in file) inPlace.push(file);
      else staged.push(file);
    }
    // Until here nothing was replaced: the service keeps a pair that matches.
    await commitFiles(staged.splice(0));
    for (const file of inPlace) await writeInPlace(file);
  } finally {
    await discardFiles(staged);
    for (const { handle } of inPlace) await handle.close();
    for (const folder of folders.values()) await folder.close();
  }
}

/** @throws AppError DEPLOY_REFUSED if others may write to the folder, or there is none */
export async function enterFolder(
  path: string,
  { directory, owner }: PlacingOptions,
  { uid }: Numbers,
): Promise<Folder> {
  const folder = await openFolder(path, {
    code: 'DEPLOY_FAILED',
    owners: uid === undefined ? [] : [uid],
    ...(path === directory ? { create: 0o755 } : {}),
    ...(owner === undefined ? { otherwise: 'or name that user as owner of this target' } : {}),
  });
  if (folder !== undefined) return folder;
  throw new AppError('DEPLOY_REFUSED', `the folder ${path} does not exist`, {
    hint: 'create the folder first, or correct the path',
    details: { path },
  });
}

async function lookAt(
  place: Place,
  { isOurs }: About,
  folders: Map<string, Folder>,
  options: PlacingOptions,
  numbers: Numbers,
): Promise<Found> {
  const { path, secret, form } = place;
  const at = dirname(path);
  const folder = folders.get(at) ?? (await enterFolder(at, options, numbers));
  folders.set(at, folder);
  const present = await presentIn(folder, basename(path), path);
  // Only holger knows its private keys: a file that contains one was placed by holger, or adopted.
  const octets = secret && present?.stats.nlink === 1 ? present.octets : undefined;
  const text = octets === undefined ? undefined : await form.read(octets);
  const ours = text !== undefined && (await isOurs(text));
  return { place, folder, present, kept: ours ? present : undefined };
}

/**
 * Certificates are public, so their content proves nothing: the attributes of such a file are kept
 * if its owner is that of the key.
 */
function withKept(found: readonly Found[], { uid }: Numbers): readonly Found[] {
  const owners = new Set(found.flatMap(({ kept }) => kept?.stats.uid ?? []));
  if (uid !== undefined) owners.add(uid);
  return found.map((each) => {
    const { place, present } = each;
    if (place.secret || present?.octets === undefined || present.stats.nlink !== 1) return each;
    const { uid: owner } = present.stats;
    return isTrusted(owner) || owners.has(owner) ? { ...each, kept: present } : each;
  });
}

/** Undefined: it is already there. */
async function prepare(
  found: Found,
  { certificate, pems, warn }: About,
  options: PlacingOptions,
  numbers: Numbers,
): Promise<StagedFile | InPlace | undefined> {
  const { place, folder, present, kept } = found;
  const { path, secret, form } = place;
  const pem = place.content(pems);
  const attributes = attributesFor(secret, kept?.stats, numbers, options.mode);
  const isWritten =
    present?.octets !== undefined && (await form.isWritten(present.octets, pem, certificate));
  if (isWritten && hasAttributes(present, attributes)) return undefined;
  const content = await form.write(pem, certificate);
  if (present?.octets !== undefined && kept === undefined) {
    const lost = rightsLost(path, secret, present, options);
    if (lost !== undefined) warn?.(lost);
  }
  if (options.write === 'in-place' && present !== undefined) {
    const owners = numbers.uid === undefined ? [] : [numbers.uid];
    const wanted = { path, name: basename(path), content, attributes };
    return openInPlace(folder, wanted, present, owners);
  }
  const access =
    kept === undefined
      ? {}
      : { finish: (file: FileHandle) => keepAccess(file, { ...found, kept }, attributes, warn) };
  return stageFile(path, content, { ...attributes, code: 'DEPLOY_FAILED', folder, ...access });
}

function hasAttributes({ stats }: Present, wanted: Attributes): boolean {
  return (
    (stats.mode & 0o7777) === wanted.mode &&
    (wanted.uid === undefined || wanted.uid === stats.uid) &&
    (wanted.gid === undefined || wanted.gid === stats.gid)
  );
}

/** The present attributes may be needed, or may be an attack; both are reported. */
function rightsLost(
  path: string,
  secret: boolean,
  { stats }: Present,
  { owner, group, mode }: Ownership,
): string | undefined {
  const isRead = stats.uid !== process.geteuid?.() || (stats.mode & 0o040) !== 0;
  if (!secret || !isRead || owner !== undefined || group !== undefined || mode !== undefined) {
    return undefined;
  }
  const octal = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  return (
    `${path} was not placed by holger: its owner, group and mode ` +
    `(${stats.uid}:${stats.gid}, ${octal}) are not used for the new key, which only its ` +
    'owner may read; set owner, group and mode of the target if a service reads it as ' +
    'another user'
  );
}

async function keepAccess(
  file: FileHandle,
  { place: { path, secret }, folder, kept }: Found & { readonly kept: Present },
  { mode }: Attributes,
  warn: About['warn'],
): Promise<void> {
  // For a moment the new file has the mode of the old one, which must not make a key readable for
  // all.
  const isOpen = secret && (kept.stats.mode & 0o007) !== 0;
  const why = isOpen
    ? 'every user has rights to the old file'
    : await accessOf(folder.at(basename(path)), kept, file);
  if (!isOpen) await file.chmod(mode);
  if (why === undefined) return;
  warn?.(`ACLs, extended attributes and labels of ${path} are not kept, if it has any: ${why}`);
}

async function accessOf(
  at: string,
  { stats }: Present,
  to: FileHandle,
): Promise<string | undefined> {
  const from = await open(at, SAFE_TO_OPEN);
  try {
    const { dev, ino, mode } = await from.stat();
    const isIt = dev === stats.dev && ino === stats.ino && mode === stats.mode;
    return isIt ? await copyAccess(from, to) : 'it was replaced meanwhile';
  } finally {
    await from.close();
  }
}
