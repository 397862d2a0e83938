// Reading the folder of another client: bounded in size and number, only what no other user could
// have written, and nothing is changed. What cannot be read becomes a note.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, reasonOf } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import { within } from '../../files/deadline.ts';
import { readTrusted } from '../../files/trusted.ts';
import { dnsNames } from '../../x509/certificate.ts';
import type { KeyType } from '../../x509/keys.ts';
import { splitPem } from '../../x509/pem.ts';

/** Configurations and chains have some KiB. */
const MOST_BYTES = 1024 * 1024;
const MOST_ENTRIES = 20_000;
const MOST_NOTES = 200;
const KEY_TYPES = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ec-p256', secp384r1: 'ec-p384' };

export class Reader {
  readonly notes: string[] = [];

  note(text: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(visibleLine(text, 600));
  }

  /** Undefined: it does not exist, or is not read; then a note says why. */
  async text(path: string): Promise<string | undefined> {
    return this.#tried(path, readTrusted(path, { most: MOST_BYTES, code: 'INPUT_INVALID' }));
  }

  /** The names in a folder, sorted; none if it does not exist. */
  async names(folder: string): Promise<readonly string[]> {
    const found = await this.#tried(folder, within('INPUT_INVALID', folder, namesIn(folder)));
    if (found !== undefined && found.length >= MOST_ENTRIES) {
      this.note(`${folder} has more than ${MOST_ENTRIES} entries: the rest is not read`);
    }
    return (found ?? []).sort();
  }

  /** A private key in PEM, or as a JWK, in the form in which holger stores keys. */
  async key(path: string): Promise<string | undefined> {
    const text = await this.text(path);
    if (text === undefined) return undefined;
    try {
      const key = text.trimStart().startsWith('{')
        ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
        : createPrivateKey(text);
      return key.export({ type: 'pkcs8', format: 'pem' }).toString();
    } catch {
      this.note(`${path} is not a private key that can be read: it is not taken over`);
      return undefined;
    }
  }

  async json(path: string): Promise<Readonly<Record<string, unknown>>> {
    const text = await this.text(path);
    try {
      const value: unknown = JSON.parse(text ?? '{}');
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Told below.
    }
    this.note(`${path} is not a JSON document: it is not read`);
    return {};
  }

  /** The names of a certificate, with `first` before the others. */
  async domains(path: string, first?: string): Promise<readonly string[]> {
    const text = await this.text(path);
    try {
      const [leaf] = splitPem(text ?? '');
      const names = leaf === undefined ? [] : dnsNames(leaf);
      const lead = names.filter((name) => name === first);
      return [...lead, ...names.filter((name) => name !== first)];
    } catch {
      this.note(`${path} is not a certificate that can be read`);
      return [];
    }
  }

  /** Of the key in a certificate; undefined if holger makes no such keys. */
  async keyType(path: string): Promise<KeyType | undefined> {
    try {
      const [leaf = new Uint8Array()] = splitPem((await this.text(path)) ?? '');
      const { asymmetricKeyType: kind, asymmetricKeyDetails: more } = new X509Certificate(leaf)
        .publicKey;
      const name = kind === 'rsa' ? `rsa-${more?.modulusLength}` : CURVES[more?.namedCurve ?? ''];
      return KEY_TYPES.find((one) => one === name);
    } catch {
      return undefined;
    }
  }

  async #tried<T>(path: string, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      const why = error instanceof AppError ? error.message : reasonOf(error);
      const hint = error instanceof AppError && error.hint !== undefined ? ` (${error.hint})` : '';
      this.note(`${path} is not read: ${why}${hint}`);
      return undefined;
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      if (names.push(name) >= MOST_ENTRIES) break;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names;
}

/** `KEY = VALUE` or `KEY='VALUE'`, one a line; the last one counts. */
export function assignments(text: string | undefined): ReadonlyMap<string, string> {
  const lines = (text ?? '').matchAll(/^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, unquoted(value)]));
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

export function textIn(record: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = record[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first address of `contact` (RFC 8555 §7.1.2). */
export function emailIn(record: unknown): string | undefined {
  const { contact } = (record ?? {}) as { readonly contact?: unknown };
  const [first] = Array.isArray(contact) ? (contact as unknown[]) : [];
  return typeof first === 'string' ? first.replace(/^mailto:/, '') : undefined;
}

/** Folders below `top` that contain a file of this name, down to some levels. */
export async function foldersWith(
  reader: Reader,
  top: string,
  file: string,
  levels = 6,
): Promise<readonly string[]> {
  const names = await reader.names(top);
  if (names.includes(file)) return [top];
  if (levels === 0) return [];
  const below: string[] = [];
  for (const name of names.filter((one) => !one.includes('.pem') && !one.endsWith('.json'))) {
    const folder = join(top, name);
    if (await isFolder(folder))
      below.push(...(await foldersWith(reader, folder, file, levels - 1)));
  }
  return below;
}

/** Not through a link, which may lead above. */
async function isFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
