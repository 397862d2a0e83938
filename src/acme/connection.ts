// Requests in the name of the account: what orders, chains and revocations are made with.
import type { Call } from '../ports/call.ts';
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

/** Registers the account before the first request when need be. */
export function createConnection(
  client: AcmeClient,
  account: (call: Call) => Promise<string>,
): Connection {
  return async (ask, call) => client.post({ ...ask, accountUrl: await account(call) }, call);
}
