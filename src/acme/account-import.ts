// An account that another client made: found at the CA by its key (RFC 8555 §7.3.1), and kept.
// Nothing is registered.
import { createPublicKey } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { keepUrl, searchAccount } from './account.ts';
import type { KeyChangeOptions } from './key-change.ts';

/** @param keyPem PKCS#8. @returns the URL. @throws AppError USAGE, ACME_* */
export async function importAccount(
  keyPem: string,
  options: KeyChangeOptions,
  call: Call,
): Promise<string> {
  const { files, directoryUrl } = options;
  const stored = await files.read(directoryUrl);
  if (stored !== undefined && !isSameKey(stored.keyPem, keyPem)) refuseSecond(stored.url);
  const reply = await searchAccount(options.clientWith(keyPem), call);
  if (reply === undefined) {
    throw new AppError('USAGE', `the CA at ${directoryUrl} has no account for this key`, {
      hint: 'nothing was stored or registered; check which CA the other client used, and name it with --issuer',
    });
  }
  return keepUrl(reply, options, () => files.writeKey(directoryUrl, keyPem));
}

function refuseSecond(url: string | undefined): never {
  const which = url === undefined ? 'a key for another account' : `another account, ${url}`;
  throw new AppError('USAGE', `the state has ${which}; nothing was changed`, {
    hint: 'holger account deactivate ends that account and archives its key; then import again',
  });
}

const publicOf = (keyPem: string): Buffer =>
  createPublicKey(keyPem).export({ type: 'spki', format: 'der' });

const isSameKey = (one: string, other: string): boolean => publicOf(one).equals(publicOf(other));
