// Two clients for one certificate replace each other's files. This finds the other client and says
// what to change, before it happens.
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DeployConfig } from '../../config/schema.ts';
import { pathsOf } from '../../deploy/files.ts';
import { clientOf } from './other-clients.ts';
import type { OtherClient } from './other-clients.ts';
import { issuersOfCopies } from './other-lineages.ts';
import type { Places } from './other-lineages.ts';

export interface ManagedElsewhere {
  readonly client: string;
  readonly because: string;
  readonly hint: string;
}

/** The client that renews a key and certificate that are about to be adopted. `leaf`: its DER. */
export async function renewedElsewhere(
  files: readonly string[],
  leaf: Uint8Array,
  places?: Places,
): Promise<readonly ManagedElsewhere[]> {
  const paths = [...new Set((await Promise.all(files.map(alsoResolved))).flat())];
  const owners = await Promise.all(paths.map(clientOf));
  const clients = [...owners, ...(await issuersOfCopies(leaf, paths, places))];
  return unique(
    clients.flatMap((one) =>
      one?.renews === undefined ? [] : { client: one.client, ...one.renews },
    ),
  );
}

/** Targets in a folder where another client keeps its own files. */
export async function deployedElsewhere(
  deploy: readonly DeployConfig[],
): Promise<readonly ManagedElsewhere[]> {
  const found: ManagedElsewhere[] = [];
  for (const target of deploy) {
    if (target.type !== 'files') continue;
    const isInPlace = target.write === 'in-place';
    for (const path of pathsOf(target)) {
      const places = isInPlace ? await alsoResolved(path) : [path, await inItsFolder(path)];
      for (const place of places) {
        const owner = await clientOf(place);
        if (owner !== undefined) found.push(intrusion(owner));
      }
    }
  }
  return unique(found);
}

function intrusion({ client, lineage }: OtherClient): ManagedElsewhere {
  const harm =
    client === 'certbot'
      ? 'holger would replace the links there, and certbot renew then ends with a parse failure'
      : 'each would replace the files of the other';
  return {
    client,
    because: `a deploy target is in ${lineage}, where ${client} keeps its own files: ${harm}`,
    hint: 'let [[certificate.deploy]] name files in another folder, and let the services load those',
  };
}

/** The path as written, and after its links. */
async function alsoResolved(path: string): Promise<readonly string[]> {
  const own = resolve(path);
  const real = await realpath(own).catch(() => own);
  return [own, await inItsFolder(own), real];
}

/** A link in the path is followed; a link at the file itself is replaced. */
async function inItsFolder(path: string): Promise<string> {
  const folder = dirname(resolve(path));
  return join(await realpath(folder).catch(() => folder), basename(path));
}

function unique(all: readonly ManagedElsewhere[]): readonly ManagedElsewhere[] {
  return [...new Map(all.map((one) => [`${one.because} ${one.hint}`, one])).values()];
}
