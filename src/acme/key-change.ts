// A new key for the account, and its deactivation (RFC 8555 §7.3.5, §7.3.6). The new key is on disk
// before the CA gets it, and the old key is kept until the CA confirms the change: which of the two
// the account has is found out by asking the CA.
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { findAccount, newKey } from './account.ts';
import type { AccountOptions } from './account.ts';
import type { AcmeClient } from './client.ts';
import { isAboutDeadAccount } from './problem-hints.ts';
import { problemTypeOf } from './problem.ts';

export interface KeyChangeOptions extends AccountOptions {
  /** A connection to the same CA with another key. */
  clientWith(keyPem: string): AcmeClient;
}

/** Whether the CA has an account for this key, which then becomes the stored one. */
export async function isTaken(
  keyPem: string,
  options: KeyChangeOptions,
  call: Call,
): Promise<boolean> {
  const client = options.clientWith(keyPem);
  return (await findAccount({ ...options, client }, call)) !== undefined;
}

async function urlOf(options: AccountOptions, call: Call): Promise<string> {
  const stored = await options.files.read(options.directoryUrl);
  const url = stored?.url ?? (await findAccount(options, call));
  if (url !== undefined) return url;
  throw new AppError('USAGE', `there is no account at ${options.directoryUrl}`, {
    hint:
      'holger account show prints the stored state; holger account update creates an ' + 'account',
  });
}

/**
 * @throws AppError USAGE without an account; ACME_* with both keys kept: the next attempt sends the
 * same new key
 */
export async function changeKey(options: KeyChangeOptions, call: Call): Promise<void> {
  const { client, files, directoryUrl, logger } = options;
  // A request with the old key, which also completes an interrupted change.
  const oldKey = await client.jwk();
  const account = await urlOf(options, call);
  const { keyChange: url } = await client.directory(call);
  if (url === undefined) {
    throw new AppError(
      'ACME_PROBLEM',
      'the CA does not support a change of the account key (no keyChange)',
      {
        hint:
          'ask the CA; or use a new account with a new key: holger account deactivate ends ' +
          'this one',
        details: { type: 'about:blank' },
      },
    );
  }
  let next = (await files.read(directoryUrl))?.nextKeyPem;
  if (next === undefined) {
    next = newKey();
    await files.writeNextKey(directoryUrl, next);
  }
  const payload = await options.clientWith(next).sign(url, { account, oldKey });
  try {
    await client.post({ url, payload, accountUrl: account, act: 'the new account key' }, call);
  } catch (error) {
    // The CA may have changed it, and the answer was lost.
    const taken = await isTaken(next, options, call).catch(() => false);
    if (!taken) throw error;
  }
  await files.takeNextKey(directoryUrl);
  logger.info('account key changed', { account });
}

/**
 * Permanently. Does nothing if the CA has no account for the key any more, so it can be called
 * twice.
 */
export async function deactivateAccount(options: AccountOptions, call: Call): Promise<string> {
  const url = await urlOf(options, call);
  const payload = { status: 'deactivated' };
  const act = 'the deactivation of the account';
  try {
    await options.client.post({ url, payload, accountUrl: url, act }, call);
  } catch (error) {
    const words = error instanceof AppError ? error.message : '';
    if (!isAboutDeadAccount(problemTypeOf(error) ?? '', words)) throw error;
  }
  options.logger.info('account deactivated', { account: url });
  return url;
}
