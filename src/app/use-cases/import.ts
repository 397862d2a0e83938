// `import`: the accounts and certificates of another client as a configuration and a state of
// holger. Nothing that is read is changed, and nothing is ordered.
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { issuersOf } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import { makeFolder } from '../../files/folders.ts';
import { writeNewFile } from '../../files/write.ts';
import { createAccountFiles } from '../../store/account-files.ts';
import { judgeState } from '../../store/state-folder.ts';
import { readAcmeSh } from '../clients/acme-sh.ts';
import { readAlnitak } from '../clients/alnitak.ts';
import { readCertbot } from '../clients/certbot.ts';
import { readDehydrated } from '../clients/dehydrated.ts';
import type { Found, FoundAccount, FoundCertificate, Imported } from '../clients/found.ts';
import { readLego } from '../clients/lego.ts';
import { Reader } from '../clients/reader.ts';
import { changesFor } from '../clients/services.ts';
import type { Change } from '../clients/services.ts';
import { writeConfiguration } from '../clients/written.ts';
import type { WrittenCertificate, WrittenSecret } from '../clients/written.ts';

export interface ImportRequest {
  readonly client: Imported;
  readonly folder: string;
  readonly keepsClient: boolean;
  readonly dryRun: boolean;
  readonly configPath: string;
  readonly stateDirectory: string;
  /** Where configurations of services are, instead of the usual places. */
  readonly serviceFiles?: readonly string[];
}

export interface ImportReport {
  readonly configuration: string;
  readonly certificates: readonly WrittenCertificate[];
  /** Directories of the CAs whose account key is in the state. */
  readonly accounts: readonly string[];
  /** The file with the secret of the provider; without it the provider is left to a person. */
  readonly secretFile?: string;
  readonly notes: readonly string[];
  readonly changes: readonly Change[];
  /** How the client calls holger, if it stays. */
  readonly install: string;
}

const READERS: Readonly<Record<Imported, (folder: string, reader: Reader) => Promise<Found>>> = {
  certbot: readCertbot,
  'acme.sh': readAcmeSh,
  dehydrated: readDehydrated,
  lego: readLego,
  alnitak: readAlnitak,
};

export async function importFrom(request: ImportRequest): Promise<ImportReport> {
  const { client, configPath, dryRun, keepsClient, stateDirectory } = request;
  const folder = path.resolve(request.folder);
  await mustBeFolder(folder);
  if (!dryRun) await mustBeNew(configPath);
  const reader = new Reader();
  const found = await withKeyTypes(await READERS[client](folder, reader), reader);
  if (found.certificates.length === 0) throw nothingIn(folder, client, reader.notes);
  const configFolder = path.dirname(configPath);
  const wanted = { client, folder, keepsClient, stateDirectory, configFolder };
  const { text, certificates, secret } = writeConfiguration(found, wanted);
  if (!dryRun && secret !== undefined) await mustBeNew(secret.path);
  const config = parsed(text, configPath);
  const changes = await changesFor(certificates, reader, request.serviceFiles);
  const accounts = keepsClient ? [] : usable(found.accounts, reader);
  if (!dryRun) await write({ text, accounts, config, ...defined({ secret }) }, request);
  return {
    ...{ configuration: text, certificates, changes, install: found.install },
    ...{ accounts: accounts.map(({ directory }) => directory), notes: reader.notes },
    ...defined({ secretFile: secret?.path }),
  };
}

async function withKeyTypes(found: Found, reader: Reader): Promise<Found> {
  const certificates: FoundCertificate[] = [];
  for (const one of found.certificates) {
    const keyType = await reader.keyType(one.certificate);
    certificates.push({ ...one, ...defined({ keyType }) });
  }
  return { ...found, certificates };
}

async function mustBeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new AppError('INPUT_INVALID', `${folder} is not a folder that can be read`, {
    hint: 'name the folder in which the other client keeps its files',
  });
}

async function mustBeNew(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new AppError('USAGE', `${file} already exists, and nothing was changed`, {
    hint: 'print what would be written with --dry-run, or name another file with --config',
  });
}

function nothingIn(folder: string, client: Imported, notes: readonly string[]): AppError {
  const why = notes.length === 0 ? '' : `: ${notes.slice(0, 3).join('; ')}`;
  return new AppError('INPUT_INVALID', `no certificate of ${client} was found in ${folder}${why}`, {
    hint: 'correct the client or the folder; nothing was changed',
  });
}

/** What is written is accepted. @throws AppError INPUT_INVALID */
function parsed(text: string, file: string): Config {
  try {
    return parseConfig(text, file);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('INPUT_INVALID', `what was found is not a configuration: ${error.message}`, {
      hint: 'correct the files of the other client that are named, or write the configuration by hand',
    });
  }
}

/** One for each CA: the first one. */
function usable(accounts: readonly FoundAccount[], reader: Reader): readonly FoundAccount[] {
  const first = new Map<string, FoundAccount>();
  for (const account of accounts) {
    if (first.has(account.directory)) {
      reader.note(`there is a second account at ${account.directory}: it is not taken over`);
    } else first.set(account.directory, account);
  }
  return [...first.values()];
}

interface Taken {
  readonly text: string;
  readonly accounts: readonly FoundAccount[];
  readonly config: Config;
  readonly secret?: WrittenSecret;
}

/** The keys before the configuration: a run between them would make a new account. */
async function write(
  { text, accounts, config, secret }: Taken,
  { configPath, stateDirectory }: ImportRequest,
): Promise<void> {
  await judgeState(stateDirectory);
  await makeFolder(path.join(stateDirectory, 'deployed'));
  const files = createAccountFiles(stateDirectory);
  for (const issuer of issuersOf(config)) {
    if (issuer.type !== 'acme') continue;
    const account = accounts.find(({ directory }) => directory === issuer.directory);
    if (account === undefined) continue;
    await files.writeKey(issuer.id, account.keyPem);
    if (account.url !== undefined) await files.writeUrl(issuer.id, account.url);
  }
  const folder = path.dirname(configPath);
  await makeFolder(folder, 0o750, 'CONFIG_INVALID');
  const { gid } = await stat(folder);
  const group = process.getuid?.() === 0 ? { gid } : {};
  if (secret !== undefined) await writeSecret(secret, group);
  const options = { code: 'CONFIG_INVALID', mode: 0o640, ...group } as const;
  if (!(await writeNewFile(configPath, text, options))) await mustBeNew(configPath);
}

/** Its group reads it where root writes for a service that is not root, like the configuration. */
async function writeSecret(
  { path: file, text }: WrittenSecret,
  group: { readonly gid?: number },
): Promise<void> {
  const { gid = 0 } = group;
  const mode = gid === 0 ? 0o600 : 0o640;
  const options = { code: 'CONFIG_INVALID', mode, ...group } as const;
  if (!(await writeNewFile(file, text, options))) await mustBeNew(file);
}
