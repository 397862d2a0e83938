// TSIG keys as name servers keep them: BIND's `key "name" { … };` (tsig-keygen) and Knot's `key:` list (keymgr -t).
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { TSIG_ALGORITHMS } from '../../src/dns/tsig.ts';
import type { TsigKey } from '../../src/dns/tsig.ts';

function unreadable(reason: string): AppError {
  return new AppError('SECRET_UNREADABLE', `the key file ${reason}`, {
    hint: 'it should be what tsig-keygen or keymgr -t prints, with one key',
  });
}

/** A key from its parts as text. @throws AppError SECRET_UNREADABLE */
export function tsigKey(name: string, algorithm: string, secret: string): TsigKey {
  const known = TSIG_ALGORITHMS.find((one) => one === algorithm.toLowerCase());
  if (known === undefined) throw unreadable(`has an unknown algorithm "${algorithm}"`);
  return { name: fqdn(name), algorithm: known, secret: base64(secret) };
}

function base64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw unreadable('has a secret that is no base64 text');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** @throws AppError SECRET_UNREADABLE when it holds no key, or several */
export function readKeyFile(text: string): TsigKey {
  const keys = [...bindKeys(text), ...knotKeys(text)];
  const [key] = keys;
  if (key === undefined) throw unreadable('holds no key');
  if (keys.length > 1) throw unreadable(`holds ${keys.length} keys`);
  return key;
}

function bindKeys(text: string): TsigKey[] {
  // base64 may have // in it: a comment begins where a word could.
  const comments = /\/\*[^]*?\*\/|(?<=^|[\s;{}])(?:\/\/|#).*$/gm;
  const plain = text.replace(comments, '');
  return [...plain.matchAll(/\bkey\s+"?([^\s"{;]+)"?\s*\{([^}]*)\}/g)].map(
    ([, name = '', body = '']) => {
      const field = (label: string): string =>
        new RegExp(`\\b${label}\\s+"?([^\\s";]+)"?\\s*;`).exec(body)?.[1] ?? '';
      return tsigKey(name, field('algorithm'), field('secret'));
    },
  );
}

/** Only what keymgr writes, not all of YAML. */
function knotKeys(text: string): TsigKey[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, ''));
  const start = lines.findIndex((line) => /^key:\s*$/.test(line));
  if (start < 0) return [];
  const keys: Record<string, string>[] = [];
  for (const line of lines.slice(start + 1)) {
    if (/^\S/.test(line)) break;
    const [, dash, label = '', value = ''] =
      /^\s+(- )?\s*([a-z-]+):\s*"?([^\s"]+)"?\s*$/.exec(line) ?? [];
    if (dash !== undefined) keys.push({});
    const last = keys.at(-1);
    if (last !== undefined && label !== '') last[label] = value;
  }
  return keys.map(({ id = '', algorithm = '', secret = '' }) => tsigKey(id, algorithm, secret));
}
