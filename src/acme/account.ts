// The account at a CA: one key, one URL (RFC 8555 §7.3). The key is on disk before the CA gets it,
// and newAccount with the same key finds the same account, so a crash at any point leaves nothing
// to clean up.
import { generateKeyPairSync } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import type { AccountFiles } from '../ports/store.ts';
import type { AcmeClient } from './client.ts';
import { objectOf, textOf } from './json.ts';
import { shareRuns } from './shared.ts';
import type { Reply } from './transport.ts';

/** The stored account key, created and stored now if there is none; read only once. */
export function createAccountKey(
  files: AccountFiles,
  directory: string,
  isTaken: (keyPem: string) => Promise<boolean> = () => Promise.resolve(false),
): () => Promise<string> {
  let known: Promise<string> | undefined;
  return () => {
    known ??= loadOrMakeKey(files, directory, isTaken).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * `isTaken`: called for the new key of an interrupted change. A key that the CA does not know may
 * still become that of the account.
 */
async function loadOrMakeKey(
  files: AccountFiles,
  directory: string,
  isTaken: (keyPem: string) => Promise<boolean>,
): Promise<string> {
  const stored = await files.read(directory);
  if (stored?.nextKeyPem !== undefined && (await isTaken(stored.nextKeyPem))) {
    await files.takeNextKey(directory);
    return stored.nextKeyPem;
  }
  if (stored !== undefined) return stored.keyPem;
  const keyPem = newKey();
  try {
    await files.writeKey(directory, keyPem);
    return keyPem;
  } catch (error) {
    // Another process may have been faster: the stored key counts, not the one that was created
    // here.
    const written = await files.read(directory);
    if (written !== undefined) return written.keyPem;
    throw error;
  }
}

export interface AccountOptions {
  readonly client: AcmeClient;
  readonly files: AccountFiles;
  readonly directoryUrl: string;
  readonly email?: string;
  readonly hasExternalAccount: boolean;
  readonly logger: Logger;
}

/** `gone`: the URL that the CA no longer knows; the same key is then registered again. */
export type AccountUrl = (call: Call, gone?: string) => Promise<string>;

/**
 * The URL of the account; registers once, and certificates that ask at the same time share the
 * request.
 */
export function createAccount(options: AccountOptions): AccountUrl {
  let known: string | undefined;
  const registerOnce = shareRuns((call) => register(options, call));
  return async (call, gone) => {
    const unlessGone = (url: string | undefined): string | undefined =>
      url === gone ? undefined : url;
    known = unlessGone(known) ?? unlessGone((await options.files.read(options.directoryUrl))?.url);
    known ??= await registerOnce(call);
    return known;
  };
}

/**
 * The CA's account for the stored key (RFC 8555 §7.3.1), stored; undefined if there is none.
 * Registers nothing: an existing account needs no external one, whose key may be used up.
 */
export async function findAccount(
  options: AccountOptions,
  call: Call,
): Promise<string | undefined> {
  const { client, files, directoryUrl } = options;
  if ((await files.read(directoryUrl)) === undefined) return undefined;
  const reply = await searchAccount(client, call);
  return reply && keepUrl(reply, options);
}

/** Undefined: the CA has no account for the key of this client. */
export async function searchAccount(client: AcmeClient, call: Call): Promise<Reply | undefined> {
  const { newAccount } = await client.directory(call);
  const payload = { onlyReturnExisting: true };
  try {
    const act = 'to search for the account';
    return await client.post({ url: newAccount, payload, accountUrl: undefined, act }, call);
  } catch (error) {
    if (error instanceof AppError && SAYS_NONE.includes(error.details['type'])) return undefined;
    throw error;
  }
}

/** The second type comes from CAs that check the binding first. */
const SAYS_NONE: readonly unknown[] = ['accountDoesNotExist', 'externalAccountRequired'];

async function register(options: AccountOptions, call: Call): Promise<string> {
  const { client, files, logger } = options;
  // Some CAs ignore onlyReturnExisting: their refusal may be about the search only.
  const found = await findAccount(options, call).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'ACME_PROBLEM') throw error;
    return undefined;
  });
  if (found !== undefined) return found;
  const directory = await client.directory(call);
  if (directory.externalAccountRequired && !options.hasExternalAccount) {
    throw new AppError('ACME_PROBLEM', 'the CA creates accounts only for its own customers', {
      hint: 'set eab = { kid, hmac } under [acme], or in the [issuer.NAME] of this CA, with the values that the CA gave you; holger account import takes over an account that exists; for its test environment staging_eab',
      details: { type: 'externalAccountRequired', website: directory.website },
    });
  }
  const contact = contactOf(options.email);
  const registered = client.post(
    {
      url: directory.newAccount,
      // Using the command means agreement; the URL of the terms is logged below.
      payload: {
        termsOfServiceAgreed: true,
        ...(contact.length === 0 ? {} : { contact }),
      },
      accountUrl: undefined,
      bindExternalAccount: options.hasExternalAccount,
      act: 'the account',
    },
    call,
  );
  const reply = await registered.catch((error: unknown) => {
    throw options.hasExternalAccount ? withBindingHint(error) : error;
  });
  const url = await keepUrl(reply, options);
  // An account that already existed keeps its contact (RFC 8555 §7.3.1).
  if (reply.status !== 201) return url;
  await files.writeContact(options.directoryUrl, options.email ?? '');
  const { termsOfService } = directory;
  if (termsOfService !== undefined)
    logger.info('the terms of the CA were agreed to', { termsOfService });
  return url;
}

/** The CA says of a used or expired external account only that it does not know it. */
function withBindingHint(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'ACME_PROBLEM') return error;
  const { code, message, details, notBefore } = error;
  const hint =
    'check kid and hmac of eab; some CAs accept one pair for one account only, or for some days: ' +
    'ask for a new pair, or use the account that exists: holger account import FILE';
  return new AppError(code, message, { hint, details, notBefore, cause: error });
}

/** In the form of newAccount; an empty contact removes the previous one. */
export const contactOf = (email: string | undefined): readonly string[] =>
  email === undefined ? [] : [`mailto:${email}`];

/** `first`: what is stored before the URL, once it is known to be good. */
export async function keepUrl(
  reply: Reply,
  { files, directoryUrl, logger }: AccountOptions,
  first: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const status = textOf(objectOf(reply.data), 'status');
  if (status !== undefined && status !== 'valid') {
    throw new AppError('ACME_PROBLEM', `the account of this key is ${status} at the CA`, {
      hint: 'remove its folder from the state to register a new one',
      details: { type: 'unauthorized', status },
    });
  }
  const location = reply.headers['location'];
  if (location === undefined) {
    throw new AppError(
      'ACME_PROBLEM',
      'the CA created an account but did not return its URL (no Location)',
      {
        details: { type: 'about:blank', url: reply.url },
      },
    );
  }
  const url = new URL(location, reply.url).href;
  await first();
  await files.writeUrl(directoryUrl, url);
  logger.info(reply.status === 201 ? 'account registered' : 'account found', {
    account: url,
  });
  return url;
}
