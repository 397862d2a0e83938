// The account at a CA: one key, one URL (RFC 8555 §7.3). The key is on disk before the CA hears of it, and newAccount with
// the same key finds the same account, so that a crash at any point leaves nothing to clean up.
import { generateKeyPairSync } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import type { AccountFiles } from '../ports/store.ts';
import type { AcmeClient } from './client.ts';
import { objectOf, textOf } from './json.ts';
import { shareRuns } from './shared.ts';

/** The stored account key, made and stored now when there is none; asked for many times, read once. */
export function createAccountKey(files: AccountFiles, directory: string): () => Promise<string> {
  let known: Promise<string> | undefined;
  return () => {
    known ??= loadOrMakeKey(files, directory).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function loadOrMakeKey(files: AccountFiles, directory: string): Promise<string> {
  const stored = await files.read(directory);
  if (stored !== undefined) return stored.keyPem;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  try {
    await files.writeKey(directory, keyPem);
    return keyPem;
  } catch (error) {
    // Another process may have been quicker: what lies there now counts, not what was made here.
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

/** `gone`: the URL that the CA no longer knows; the same key is registered anew then. */
export type AccountUrl = (call: Call, gone?: string) => Promise<string>;

/** The account's URL; registers once, and certificates that ask at the same time share the one request. */
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

async function register(options: AccountOptions, call: Call): Promise<string> {
  const { client, files, logger } = options;
  const directory = await client.directory(call);
  if (directory.externalAccountRequired && !options.hasExternalAccount) {
    throw new AppError('ACME_PROBLEM', 'the CA makes accounts only for its own customers', {
      hint: 'set eab = { kid, hmac } under [acme] with the values that the CA gave you',
      details: { type: 'externalAccountRequired', website: directory.website },
    });
  }
  const reply = await client.post(
    {
      url: directory.newAccount,
      // Using the command is the agreement; where the terms stand is logged below.
      payload: {
        termsOfServiceAgreed: true,
        ...(options.email === undefined ? {} : { contact: [`mailto:${options.email}`] }),
      },
      accountUrl: undefined,
      bindExternalAccount: options.hasExternalAccount,
      act: 'the account',
    },
    call,
  );
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
      'the CA made an account but did not say where (no Location)',
      {
        details: { type: 'about:blank', url: reply.url },
      },
    );
  }
  const url = new URL(location, reply.url).href;
  await files.writeUrl(options.directoryUrl, url);
  logger.info(reply.status === 201 ? 'account registered' : 'account found', {
    account: url,
    termsOfService: directory.termsOfService,
  });
  return url;
}
