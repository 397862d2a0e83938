// What was found in the folder of another client, as a configuration of holger.
import { join } from 'node:path';
import type { Found, FoundAccount, FoundCertificate, Imported } from './found.ts';

export interface Wanted {
  readonly client: Imported;
  readonly folder: string;
  /** The client goes on renewing, and holger takes its files. */
  readonly keepsClient: boolean;
  readonly stateDirectory: string;
}

export interface WrittenCertificate {
  /** As holger calls it. */
  readonly name: string;
  readonly found: FoundCertificate;
  /** The folder from which services read. */
  readonly deployed: string;
}

export interface Written {
  readonly text: string;
  readonly certificates: readonly WrittenCertificate[];
}

/** Text of others in a basic string of TOML. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const listOf = (items: readonly string[]): string => `[${items.map(quoted).join(', ')}]`;

export function writeConfiguration({ accounts, certificates }: Found, wanted: Wanted): Written {
  const { client, folder, keepsClient, stateDirectory } = wanted;
  const named = namesFor(certificates, stateDirectory);
  const issuers = keepsClient ? sources(named, wanted) : cas(accounts, named);
  const text = [
    `# Written by holger import ${client}, from ${JSON.stringify(folder)}.`,
    '',
    '[state]',
    `directory = ${quoted(stateDirectory)}`,
    '',
    ...issuers.tables,
    '# Replace it by the provider that serves your zones: see holger providers.',
    '[provider.main]',
    'type = "manual"',
    '',
    ...named.flatMap((one) => tableOf(one, issuers.of(one), keepsClient)),
  ];
  return { text: `${text.join('\n').trimEnd()}\n`, certificates: named };
}

/** A name in holger has letters, digits, "-", "_" and ".", and at most 64 of them. */
function namesFor(
  certificates: readonly FoundCertificate[],
  stateDirectory: string,
): readonly WrittenCertificate[] {
  const taken = new Set<string>();
  return certificates.map((found) => {
    const plain = found.name.replace(/^\*\./, 'wildcard.').replace(/[^A-Za-z0-9._-]+/g, '-');
    const base = plain.replace(/^[^A-Za-z0-9]+/, '').slice(0, 60) || 'certificate';
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}-${count}`;
    taken.add(name);
    return { name, found, deployed: join(stateDirectory, 'deployed', name) };
  });
}

interface IssuerTables {
  readonly tables: readonly string[];
  /** As a certificate names it; undefined: that of [acme]. */
  of(certificate: WrittenCertificate): string | undefined;
}

/** The first one is [acme]; each further one has a table of its own. */
function cas(
  accounts: readonly FoundAccount[],
  named: readonly WrittenCertificate[],
): IssuerTables {
  const used = [
    ...named.flatMap(({ found }) => found.directory ?? []),
    ...accounts.map(({ directory }) => directory),
  ];
  const counts = new Map<string, number>();
  for (const directory of used) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  const directories = [...counts].sort(([, a], [, b]) => b - a).map(([directory]) => directory);
  const nameOf = (directory: string): string => `ca${directories.indexOf(directory) + 1}`;
  const tables = directories.flatMap((directory, at) => {
    const email = accounts.find((one) => one.directory === directory)?.email;
    return [
      at === 0 ? '[acme]' : `[issuer.${nameOf(directory)}]`,
      ...(at === 0 ? [] : ['type = "acme"']),
      `directory = ${quoted(directory)}`,
      ...(email === undefined ? [] : [`email = ${quoted(email)}`]),
      '',
    ];
  });
  return {
    tables,
    of: ({ found: { directory } }) =>
      directory === undefined || directory === directories[0] ? undefined : nameOf(directory),
  };
}

/** One table for all whose paths differ in the name only. */
function sources(named: readonly WrittenCertificate[], { client }: Wanted): IssuerTables {
  const patternOf = ({ name, found }: WrittenCertificate): string => {
    const pattern = (path: string): string => {
      const general = path.replaceAll(name, '{name}');
      return general.replaceAll('{name}', name) === path ? general : path;
    };
    const [certificate, key] = [pattern(found.certificate), pattern(found.key)];
    const folder = certificate.replace(/\/fullchain\.pem$/, '');
    return folder !== certificate && key === `${folder}/privkey.pem`
      ? `lineage = ${quoted(folder)}`
      : `certificate = ${quoted(certificate)}\nkey = ${quoted(key)}`;
  };
  const patterns = [...new Set(named.map(patternOf))];
  const base = client.replace('.', '-');
  const nameOf = (pattern: string): string => {
    const at = patterns.indexOf(pattern);
    return at === 0 ? base : `${base}-${at + 1}`;
  };
  return {
    tables: patterns.flatMap((pattern) => [
      `[issuer.${nameOf(pattern)}]`,
      'type = "files"',
      ...pattern.split('\n'),
      '',
    ]),
    of: (certificate) => nameOf(patternOf(certificate)),
  };
}

/** The files come first: a hook that reloads a service finds them. */
function tableOf(
  { name, found, deployed }: WrittenCertificate,
  issuer: string | undefined,
  keepsClient: boolean,
): readonly string[] {
  const { domains, services, hooks, reusesKey, keyType = 'ec-p256' } = found;
  // Who renews decides on the keys.
  const isOurs = reusesKey === true && !keepsClient;
  return [
    '[[certificate]]',
    `name = ${quoted(name)}`,
    `domains = ${listOf(domains)}`,
    ...(issuer === undefined ? [] : [`issuer = ${quoted(issuer)}`]),
    ...(keyType === 'ec-p256' ? [] : [`key_type = "${keyType}"`]),
    ...(isOurs ? ['strategy = "reuse-key"'] : []),
    ...(services.length > 0
      ? [`services = ${listOf(services)}`]
      : [
          `# services = ["smtp://${visibleName(domains)}:25"]  # where it is presented: these get TLSA records`,
        ]),
    'deploy = [',
    `  { type = "files", directory = ${quoted(deployed)} },`,
    ...hooks.map(
      ({ compatible, command }) =>
        `  { type = "command", compatible = ${quoted(compatible)}, command = ${listOf(command)} },`,
    ),
    ']',
    '',
  ];
}

/** In a comment: of what a domain name has. */
const visibleName = ([domain = 'mx1.example.org']: readonly string[]): string =>
  domain.replace(/[^A-Za-z0-9.-]/g, '');
