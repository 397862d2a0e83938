// Lines in the configurations of services that name files of another client, and what to write in
// their place.
import { join } from 'node:path';
import type { Reader } from './reader.ts';
import type { WrittenCertificate } from './written.ts';

export interface Change {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
}

/** Folders and files in which services on Debian, Fedora and FreeBSD name certificates. */
const SERVICE_FILES = [
  ...['/etc/postfix/main.cf', '/etc/postfix/master.cf', '/etc/exim4/exim4.conf.template'],
  ...['/etc/exim4/conf.d/main', '/etc/dovecot', '/etc/dovecot/conf.d', '/etc/nginx'],
  ...['/etc/nginx/sites-enabled', '/etc/nginx/conf.d', '/etc/nginx/snippets'],
  ...['/etc/apache2/sites-enabled', '/etc/apache2/conf-enabled', '/etc/httpd/conf.d'],
  ...['/etc/haproxy/haproxy.cfg', '/etc/prosody', '/etc/prosody/conf.d', '/etc/ldap'],
];

const MOST_CHANGES = 1000;

/** `places`: where configurations are. */
export async function changesFor(
  certificates: readonly WrittenCertificate[],
  reader: Reader,
  places: readonly string[] = SERVICE_FILES,
): Promise<readonly Change[]> {
  const paths = replacements(certificates);
  const changes: Change[] = [];
  for (const file of await filesAt(places, reader)) {
    const text = (await reader.text(file)) ?? '';
    for (const [index, from] of text.split('\n').entries()) {
      if (/^\s*(#|$)/.test(from)) continue;
      const to = replaced(from, paths);
      if (to === from || changes.length >= MOST_CHANGES) continue;
      changes.push({ file, line: index + 1, from: from.trim(), to: to.trim() });
    }
  }
  return changes;
}

async function filesAt(places: readonly string[], reader: Reader): Promise<readonly string[]> {
  const files: string[] = [];
  for (const place of places) {
    if (/\.(cf|cfg|conf|template)$/.test(place)) files.push(place);
    else {
      const names = await reader.names(place);
      const isOne = (name: string): boolean =>
        /\.(conf|lua|cfg|ext)$/.test(name) || /-enabled$|snippets$|main$/.test(place);
      files.push(...names.filter(isOne).map((name) => join(place, name)));
    }
  }
  return [...new Set(files)];
}

/** Each file of the client, and the file of holger with the same content; longer paths first. */
function replacements(
  certificates: readonly WrittenCertificate[],
): readonly (readonly [string, string])[] {
  return certificates
    .flatMap(({ found, deployed }) => {
      const folder = found.certificate.replace(/\/[^/]*$/, '');
      const pairs: readonly (readonly [string, string])[] = [
        [found.key, 'privkey.pem'],
        [found.certificate, 'fullchain.pem'],
        [join(folder, 'cert.pem'), 'cert.pem'],
        [join(folder, 'chain.pem'), 'chain.pem'],
        [found.key.replace(/\.key$/, '.cer'), 'cert.pem'],
        [join(folder, 'ca.cer'), 'chain.pem'],
        [found.key.replace(/\.key$/, '.issuer.crt'), 'chain.pem'],
      ];
      return pairs.map(([path, name]) => [path, join(deployed, name)] as const);
    })
    .sort(([a], [b]) => b.length - a.length);
}

function replaced(line: string, paths: readonly (readonly [string, string])[]): string {
  const found = paths.find(([path]) => line.includes(path));
  if (found === undefined) return line;
  const [path, to] = found;
  // A line may name key and certificate.
  return line
    .split(path)
    .map((part) => replaced(part, paths))
    .join(to);
}
