// TSIG keys in the formats of name servers and their tools: BIND's `key "name" { … };`
// (tsig-keygen), the `key:` of Knot (keymgr -t) and of NSD, the KEY record of dnssec-keygen, the
// `hmac-…:name:secret` of nsupdate -y, and the line of pdnsutil.
import { AppError } from '../../src/base/errors.ts';
import { entryOf } from '../../src/base/table.ts';
import { fqdn } from '../../src/dns/name.ts';
import { TSIG_ALGORITHMS } from '../../src/dns/tsig.ts';
import type { TsigAlgorithm, TsigKey } from '../../src/dns/tsig.ts';

const FORMS =
  'the output of tsig-keygen, keymgr -t or dnssec-keygen (the .key file), or a part of ' +
  'nsd.conf, with one key';

function unreadable(reason: string, hint = `it should be ${FORMS}`): AppError {
  return new AppError('SECRET_UNREADABLE', `the key file ${reason}`, { hint });
}

/**
 * In any spelling: `hmac-sha512.`, `HMAC-SHA512`, `HMAC_SHA512`, `sha512`. Undefined: it is not
 * supported.
 */
export function tsigAlgorithm(written: string): TsigAlgorithm | undefined {
  const size = /^(?:hmac[-_]?)?sha[-_]?(1|224|256|384|512)$/.exec(
    written.toLowerCase().replace(/\.$/, ''),
  )?.[1];
  return TSIG_ALGORITHMS.find((one) => one === `hmac-sha${size ?? ''}`);
}

/** A key from its parts as text. @throws AppError SECRET_UNREADABLE */
export function tsigKey(name: string, algorithm: string, secret: string): TsigKey {
  const known = tsigAlgorithm(algorithm);
  if (known === undefined) {
    throw unreadable(
      `has an unknown algorithm "${algorithm}"`,
      `create a new key with one of: ${TSIG_ALGORITHMS.join(', ')}`,
    );
  }
  if (name === '') throw unreadable('does not name its key');
  return { name: fqdn(name), algorithm: known, secret: base64(secret) };
}

/** RFC 4648 §4, with or without padding. */
function base64(text: string): Uint8Array {
  const digits = text.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]+$/.test(digits) || digits.length % 4 === 1) {
    throw unreadable('has a secret that is not base64 text');
  }
  return new Uint8Array(Buffer.from(digits, 'base64'));
}

/** Whether a text looks like a whole key file and not like the secret alone. */
export function isKeyFile(text: string): boolean {
  return /[{}:;\s]/.test(text.trim());
}

/** @throws AppError SECRET_UNREADABLE if it contains no key, or several */
export function readKeyFile(text: string): TsigKey {
  if (/^Private-key-format:/m.test(text)) {
    throw unreadable(
      'is the .private file of dnssec-keygen, which does not name its key',
      'name the .key file beside it',
    );
  }
  const forms = [bindKeys, blockKeys, recordKeys, lineKeys];
  const keys = forms.flatMap((read) => read(text));
  const [key] = keys;
  if (key === undefined) throw unreadable('contains no key');
  if (keys.length > 1) throw unreadable(`contains ${keys.length} keys`);
  return key;
}

function bindKeys(text: string): TsigKey[] {
  // base64 may contain //: a comment begins only where a word could.
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

/**
 * Only the format of keymgr and nsd.conf, not all of YAML: a list below `key:`, or a `key:` for
 * each.
 */
function blockKeys(text: string): TsigKey[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd());
  const keys: Record<string, string>[] = [];
  let isInside = false;
  for (const line of lines) {
    const isHead = /^key:$/.test(line);
    if (isHead) keys.push({});
    if (line !== '' && !/^\s/.test(line)) isInside = isHead;
    if (!isInside || isHead) continue;
    const [, dash, label = '', value = ''] =
      /^\s+(- )?\s*([a-z-]+):\s*"?([^\s"]+)"?$/.exec(line) ?? [];
    if (dash !== undefined) keys.push({});
    const last = keys.at(-1);
    if (last !== undefined && label !== '') last[label] = value;
  }
  return keys
    .filter((fields) => Object.keys(fields).length > 0)
    .map((fields) =>
      tsigKey(
        fields['id'] ?? fields['name'] ?? '',
        fields['algorithm'] ?? '',
        fields['secret'] ?? '',
      ),
    );
}

/** The algorithm numbers that dnssec-keygen uses for HMAC keys. */
const HMAC_NUMBERS: Readonly<Record<string, TsigAlgorithm>> = {
  161: 'hmac-sha1',
  162: 'hmac-sha224',
  163: 'hmac-sha256',
  164: 'hmac-sha384',
  165: 'hmac-sha512',
};

/** `name. IN KEY 512 3 165 secret`; the secret may be split into words (RFC 4034 §2.2). */
function recordKeys(text: string): TsigKey[] {
  const lines = text.matchAll(
    /^[ \t]*(\S+)[ \t]+(?:\d+[ \t]+)?(?:IN[ \t]+)?KEY[ \t]+\d+[ \t]+3[ \t]+(\d+)[ \t]+(.+)$/gim,
  );
  return [...lines].map(([, name = '', number = '', secret = '']) =>
    tsigKey(name, entryOf(HMAC_NUMBERS, number) ?? `number ${number}`, secret.replace(/\s+/g, '')),
  );
}

/** nsupdate -y: `[hmac-…:]name:secret`. pdnsutil list-tsig-keys: `name. hmac-….  secret`. */
function lineKeys(text: string): TsigKey[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^[#;].*$/, '').trim());
  return lines.flatMap((line) => {
    const [, algorithm = 'hmac-sha256', name = '', secret = ''] =
      /^(?:(hmac[^:\s]*|sha\d+):)?([^:\s]+):([A-Za-z0-9+/]+={0,2})$/i.exec(line) ?? [];
    if (secret !== '') return tsigKey(name, algorithm, secret);
    const [, first = '', second = '', third = ''] =
      /(\S+)\s+(hmac-\S+)\s+([A-Za-z0-9+/]+={0,2})$/i.exec(line) ?? [];
    return third === '' ? [] : tsigKey(first, second, third);
  });
}
