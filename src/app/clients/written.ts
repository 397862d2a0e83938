// What was found in the folder of another client, as a configuration of holger.
import { join } from 'node:path';
import { defined } from '../../base/defined.ts';
import type { Found, FoundAccount, FoundCertificate, Imported } from './found.ts';

export interface Wanted {
  readonly client: Imported;
  readonly folder: string;
  /** The client goes on renewing, and holger takes its files. */
  readonly keepsClient: boolean;
  readonly stateDirectory: string;
  /** Where the configuration is. */
  readonly configFolder: string;
}

/** A file for a secret of the provider. */
export interface WrittenSecret {
  readonly path: string;
  readonly text: string;
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
  /** Undefined: the provider is left to a person. */
  readonly secret?: WrittenSecret;
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
  const provider = providerOf(certificates, wanted);
  const text = [
    `# Written by holger import ${client}, from ${JSON.stringify(folder)}.`,
    '',
    '[state]',
    `directory = ${quoted(stateDirectory)}`,
    '',
    ...issuers.tables,
    ...provider.table,
    '',
    ...named.flatMap((one) => tableOf(one, issuers.of(one), keepsClient)),
  ];
  const { secret } = provider;
  return { text: `${text.join('\n').trimEnd()}\n`, certificates: named, ...defined({ secret }) };
}

interface ProviderTable {
  readonly table: readonly string[];
  readonly secret?: WrittenSecret;
}

/**
 * The one with which all certificates prove their names. Of several it is not known which zones
 * each of them serves.
 */
function providerOf(
  certificates: readonly FoundCertificate[],
  { client, configFolder }: Wanted,
): ProviderTable {
  const [first, ...others] = new Map(
    certificates.map(({ provider }) => [JSON.stringify(provider), provider]),
  ).values();
  if (first === undefined || others.length > 0) {
    return {
      table: [
        '# Replace it by the provider that serves your zones: see holger providers.',
        ...['[provider.main]', 'type = "manual"'],
      ],
    };
  }
  const { type, options, secret } = first;
  const path = join(configFolder, 'provider-main.secret');
  const settings = Object.entries(options).map(([key, value]) => `${key} = ${quoted(value)}`);
  return {
    table: [
      `# As ${client} had it. Test it: holger providers test main`,
      ...['[provider.main]', `type = ${quoted(type)}`, ...settings],
      `${secret.option} = { file = ${quoted(path)} }`,
    ],
    secret: { path, text: secret.text },
  };
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
