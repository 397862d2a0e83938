// Requests in the name of the account, for orders, chains and revocations.
import { AppError } from '../base/errors.ts';
import type { Call } from '../ports/call.ts';
import type { AccountUrl } from './account.ts';
import type { AcmeClient } from './client.ts';
import type { Reply } from './transport.ts';

/** A request without its account. Without `payload` it is POST-as-GET (RFC 8555 §6.3). */
export interface Ask {
  readonly url: string;
  readonly payload?: object;
  /** Completes "the CA refused …". */
  readonly act: string;
  readonly accept?: string;
}

export type Connection = (ask: Ask, call: Call) => Promise<Reply>;

/**
 * Registers the account before the first request if necessary; and once more if the CA was set up
 * again and lost the account.
 */
export function createConnection(client: AcmeClient, account: AccountUrl): Connection {
  return async (ask, call) => {
    const accountUrl = await account(call);
    try {
      return await client.post({ ...ask, accountUrl }, call);
    } catch (error) {
      if (!isAboutForgottenAccount(error)) throw error;
      return client.post({ ...ask, accountUrl: await account(call, accountUrl) }, call);
    }
  };
}

/**
 * RFC 8555 §6.7. A deactivated or revoked account is refused with other types, and is not
 * registered again.
 */
export function isAboutForgottenAccount(error: unknown): boolean {
  return error instanceof AppError && error.details['type'] === 'accountDoesNotExist';
}
