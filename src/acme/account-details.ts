// What the CA keeps about the account, read and changed at its URL (RFC 8555 §7.1.2, §7.3.2).
import { AppError, reasonOf } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import { contactOf, findAccount } from './account.ts';
import type { AccountOptions, AccountUrl } from './account.ts';
import { isAboutForgottenAccount } from './connection.ts';
import { objectOf, textOf, textsOf } from './json.ts';
import type { Reply } from './transport.ts';

export interface CaAccount {
  readonly url: string;
  readonly status: string;
  /** As the CA returns it; some CAs store no contact. */
  readonly contact: readonly string[];
}

const ACT = 'a request about the account';

/** Undefined: the CA has no account for the stored key, or there is no key. Registers nothing. */
export async function readAccount(
  options: AccountOptions,
  call: Call,
): Promise<CaAccount | undefined> {
  const { client, files, directoryUrl } = options;
  const url = (await files.read(directoryUrl))?.url ?? (await findAccount(options, call));
  if (url === undefined) return undefined;
  return detailsOf(await client.post({ url, accountUrl: url, act: ACT }, call), url);
}

/**
 * Sends the configured contact to the CA, even if it was sent before; registers if there is no
 * account.
 */
export async function updateAccount(
  options: AccountOptions,
  account: AccountUrl,
  call: Call,
): Promise<CaAccount> {
  const { client, files, directoryUrl, email } = options;
  const payload = { contact: contactOf(email) };
  const post = async (url: string): Promise<CaAccount> =>
    detailsOf(await client.post({ url, payload, accountUrl: url, act: ACT }, call), url);
  const url = await account(call);
  const details = await post(url).catch(async (error: unknown) => {
    if (!isAboutForgottenAccount(error)) throw error;
    return post(await account(call, url));
  });
  await files.writeContact(directoryUrl, email ?? '');
  return details;
}

/**
 * Sends a changed contact to the CA with the next order. A contact that the CA refuses does not
 * stop the order.
 */
export async function keepContact(
  options: AccountOptions,
  account: AccountUrl,
  call: Call,
): Promise<void> {
  const { files, directoryUrl, email = '', logger } = options;
  await account(call);
  const told = (await files.read(directoryUrl))?.contact ?? '';
  if (told === email) return;
  try {
    await updateAccount(options, account, call);
    logger.info('the new contact was sent to the CA', { contact: email === '' ? 'none' : email });
  } catch (error) {
    if (error instanceof AppError && error.code === 'INTERRUPTED') throw error;
    logger.warn('the new contact could not be sent to the CA; the next order tries again', {
      detail: reasonOf(error),
    });
  }
}

function detailsOf(reply: Reply, url: string): CaAccount {
  const body = objectOf(reply.data);
  return { url, status: textOf(body, 'status') ?? 'unknown', contact: textsOf(body, 'contact') };
}
