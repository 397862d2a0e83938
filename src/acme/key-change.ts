// A new key for the account, and the end of an account (RFC 8555 §7.3.5, §7.3.6). The new key is on
// disk before the CA hears of it, and the old one stays beside it until the CA is known to have
// changed: whichever of the two the account has, it is found by asking.
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { findAccount, newKey } from './account.ts';
import type { AccountOptions } from './account.ts';
import type { AcmeClient } from './client.ts';
import { isAboutDeadAccount } from './problem-hints.ts';
import { problemTypeOf } from './problem.ts';

export interface KeyChangeOptions extends AccountOptions {
  /** The same CA, asked with another key. */
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
    hint: 'holger account show says what is here; holger account update makes an account',
  });
}

/**
 * @throws AppError USAGE without an account; ACME_* with both keys kept: the next attempt sends the
 * same new key
 */
export async function changeKey(options: KeyChangeOptions, call: Call): Promise<void> {
  const { client, files, directoryUrl, logger } = options;
  // Asks for the old key, which settles a change that was broken off.
  const oldKey = await client.jwk();
  const account = await urlOf(options, call);
  const { keyChange: url } = await client.directory(call);
  if (url === undefined) {
    throw new AppError('ACME_PROBLEM', 'the CA changes no account keys by ACME (no keyChange)', {
      hint: 'ask the CA; a new account has a new key: holger account deactivate ends this one',
      details: { type: 'about:blank' },
    });
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
 * For good. Does nothing at a CA that has no longer an account for the key, so that it can be asked
 * twice.
 */
export async function deactivateAccount(options: AccountOptions, call: Call): Promise<string> {
  const url = await urlOf(options, call);
  const payload = { status: 'deactivated' };
  const act = 'the end of the account';
  try {
    await options.client.post({ url, payload, accountUrl: url, act }, call);
  } catch (error) {
    const words = error instanceof AppError ? error.message : '';
    if (!isAboutDeadAccount(problemTypeOf(error) ?? '', words)) throw error;
  }
  options.logger.info('account deactivated', { account: url });
  return url;
}
