// Authorizations that were used are ended (RFC 8555 §7.5.2): a thief of the account key could order
// with them without a change in DNS.
import { mapLimited } from '../base/limit.ts';
import type { Call } from '../ports/call.ts';
import type { Connection } from './connection.ts';
import { parseAuthorization } from './order.ts';
import { readOrder } from './orders.ts';

/** As for the challenges of an order. */
const WIDTH = 4;

/** Those that can still be used; done twice, it is done once. */
export async function endAuthorizations(
  orderUrl: string,
  ask: Connection,
  call: Call,
): Promise<number> {
  const { authorizations } = await readOrder(orderUrl, { ask }, call);
  const ended = await mapLimited(authorizations, WIDTH, async (url) => {
    const reply = await ask({ url, act: 'the query for an authorization' }, call);
    if (parseAuthorization(reply).status !== 'valid') return 0;
    const payload = { status: 'deactivated' };
    await ask({ url, payload, act: 'the deactivation of an authorization' }, call);
    return 1;
  });
  return ended.filter((one) => one === 1).length;
}
