// Copies: services often load files that a hook of another client has copied for them. The client's
// own folders show it, at their usual places.
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { splitPem } from '../../x509/pem.ts';
import { clientOf, textOf } from './other-clients.ts';
import type { OtherClient } from './other-clients.ts';

/** Folders in which other clients keep one folder, or one set of files, for each certificate. */
export type Places = readonly string[];

function usualPlaces(): Places {
  const homes = [...new Set([homedir(), '/root'])];
  return [
    '/etc/letsencrypt/live',
    ...homes.flatMap((home) => ['.acme.sh', '.getssl'].map((one) => join(home, one))),
    ...['/etc/acme.sh', '/opt/acme.sh'],
    ...['/etc/dehydrated/certs', '/var/lib/dehydrated/certs'],
    ...homes.map((home) => join(home, '.lego/certificates')),
    ...['/etc/lego/certificates', '/var/lib/lego/certificates'],
    '/etc/ssl/uacme',
    '/var/lib/acme/live',
  ];
}

/** At one place: a machine with more certificates is searched only in part. */
const MOST_ENTRIES = 500;
const LEAF = /^(cert\.pem|fullchain\.pem|.*\.cer|.*\.crt)$/;

/**
 * Clients that have issued this very certificate, or whose configuration installs theirs in these
 * files.
 */
export async function issuersOfCopies(
  leaf: Uint8Array,
  files: readonly string[],
  places: Places = usualPlaces(),
): Promise<readonly OtherClient[]> {
  const found: OtherClient[] = [];
  for (const place of places) {
    for (const file of await filesBelow(place)) {
      const matches = LEAF.test(file.slice(dirname(file).length + 1))
        ? await beginsWith(file, leaf)
        : file.endsWith('.conf') && (await installs(file, files));
      const client = matches ? await clientOf(file) : undefined;
      if (client !== undefined) found.push(client);
    }
  }
  return found;
}

async function filesBelow(place: string): Promise<readonly string[]> {
  const names = await namesIn(place);
  const below = await Promise.all(
    names.map(async (name) => {
      const inner = await namesIn(join(place, name));
      return inner.map((one) => join(place, name, one));
    }),
  );
  return [...names.map((name) => join(place, name)), ...below.flat()].filter((path) =>
    /\.(pem|cer|crt|conf)$/.test(path),
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.slice(0, MOST_ENTRIES);
}

async function beginsWith(file: string, leaf: Uint8Array): Promise<boolean> {
  try {
    const [first] = splitPem((await textOf(file)) ?? '');
    return first !== undefined && Buffer.compare(first, leaf) === 0;
  } catch {
    return false;
  }
}

/** acme.sh --install-cert stores the destination. */
async function installs(conf: string, files: readonly string[]): Promise<boolean> {
  const text = (await textOf(conf)) ?? '';
  return [...text.matchAll(/^Le_Real\w+Path=["']?([^"'\n]+)/gm)].some(([, path = '']) =>
    files.includes(path),
  );
}
