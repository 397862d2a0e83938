// Rules for certificates that another program renews: what does not apply to them, and files that
// only that program writes.
import path from 'node:path';
import { DEFAULT_ISSUER } from './issuers.ts';
import type { KeyPath } from './lines.ts';
import { ORDER } from './options/policy.ts';

export interface Problem {
  readonly path: KeyPath;
  readonly message: string;
}

export type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
export const tableAt = (value: unknown): Table => (isTable(value) ? value : {});

/** A text, or the texts of a list. */
export const textsAt = (value: unknown): readonly string[] =>
  [value].flat().filter((item): item is string => typeof item === 'string');

/** What the other program decides. */
const NOT_OURS = [...Object.keys(ORDER), ...['rotate_key_every', 'renew', 'issuer_patience']];

/** The issuer of type "files" among these. */
function sourceAmong(names: readonly string[], root: Table): string | undefined {
  const issuers = tableAt(root['issuer']);
  return names.find((name) => tableAt(issuers[name])['type'] === 'files');
}

/** The issuer whose program renews this certificate; undefined: holger orders it. */
function sourceOf(certificate: Table, root: Table): string | undefined {
  const own = certificate['issuer'] ?? tableAt(root['defaults'])['issuer'];
  return sourceAmong(textsAt(own), root);
}

/** Whether one of its issuers is an ACME CA, which proves names by challenges. */
export function provesNames(certificate: Table, root: Table): boolean {
  const own = certificate['issuer'] ?? tableAt(root['defaults'])['issuer'];
  const names = own === undefined ? [DEFAULT_ISSUER] : textsAt(own);
  const issuers = tableAt(root['issuer']);
  const isAcme = (name: string): boolean => {
    const { type } = tableAt(issuers[name]);
    return type === undefined || type === 'acme';
  };
  return names.some(isAcme);
}

/** `here`: of a certificate, or of [defaults]. */
export function* sourceRules(table: Table, here: KeyPath, root: Table): Generator<Problem> {
  const asked = textsAt(table['issuer']);
  const named = sourceAmong(asked, root);
  if (named !== undefined && asked.length > 1) {
    const message = `names "${named}", whose certificates another program renews, beside another issuer`;
    yield { path: [...here, 'issuer'], message };
  }
  const source = here[0] === 'defaults' ? named : sourceOf(table, root);
  if (source === undefined) {
    if (here[0] !== 'defaults') yield* orderRules(table, here, root);
    return;
  }
  const { strategy } = table;
  const other = strategy !== undefined && strategy !== 'staged' ? ['strategy'] : [];
  for (const key of [...NOT_OURS.filter((one) => table[one] !== undefined), ...other]) {
    const message = `is decided by the program that renews the certificates of "${source}"`;
    yield { path: [...here, key], message };
  }
}

/** What is said of orders at ACME CAs does nothing for a certificate that is signed here. */
function* orderRules(certificate: Table, here: KeyPath, root: Table): Generator<Problem> {
  if (provesNames(certificate, root)) return;
  for (const key of Object.keys(ORDER).filter((one) => certificate[one] !== undefined)) {
    yield { path: [...here, key], message: 'has no effect: none of its issuers is an ACME CA' };
  }
}

const IN_LINEAGE = ['cert.pem', 'chain.pem', 'fullchain.pem', 'privkey.pem'];

/** The files of other programs, each with the name of their issuer. `base`: of relative paths. */
export function filesOfSources(root: Table, base: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const certificates = Array.isArray(root['certificate']) ? root['certificate'] : [];
  for (const certificate of certificates.map(tableAt)) {
    const source = sourceOf(certificate, root);
    const { name } = certificate;
    if (source === undefined || typeof name !== 'string') continue;
    const { lineage, ...pair } = tableAt(tableAt(root['issuer'])[source]);
    const at = (file: string): string => path.resolve(base, file.replaceAll('{name}', name));
    const files = [pair['certificate'], pair['key']].filter((file) => typeof file === 'string');
    if (typeof lineage === 'string') {
      files.push(...IN_LINEAGE.map((file) => path.join(lineage, file)));
    }
    for (const file of files) found.set(at(file), `the program of issuer.${source}`);
  }
  return found;
}
