// The chain of a valid order, and the other chains that the CA offers for the same certificate (RFC
// 8555 §7.4.2).
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Call } from '../ports/call.ts';
import { chainChoice, chainWords, isChosen } from './chain-choice.ts';
import type { Connection } from './connection.ts';
import { parseLinks } from './link.ts';
import type { KnownOrders } from './known-orders.ts';
import { readOrder } from './orders.ts';
import { splitChain, topIssuerOf } from './pem.ts';

/** More alternates than any known CA has; each costs a request. */
const MOST_ALTERNATES = 8;
const ACCEPT = 'application/pem-certificate-chain';

interface Downloading {
  readonly ask: Connection;
  readonly logger: Logger;
  readonly known: KnownOrders;
}

export async function downloadChain(
  asked: { readonly orderUrl: string; readonly preferredChain: string | undefined },
  at: Downloading,
  call: Call,
): Promise<string> {
  const order =
    at.known.order(asked.orderUrl, 'valid') ?? (await readOrder(asked.orderUrl, at, call));
  at.known.forget(asked.orderUrl);
  if (order.status !== 'valid' || order.certificate === undefined) {
    throw new AppError(
      'ACME_ORDER_INVALID',
      `the order has no certificate: it is ${order.status}`,
      {
        hint: 'run again; holger then asks for the state of the order first',
        details: { url: order.url, status: order.status },
      },
    );
  }
  const first = await fetchChain(order.certificate, at.ask, call);
  const choice = chainChoice(asked.preferredChain ?? '');
  if (choice === undefined || isChosen(first.blocks, choice, order.certificate)) {
    return first.blocks.join('');
  }
  const offered = [chainWords(first.blocks, choice, order.certificate)];
  for (const url of first.alternates.slice(0, MOST_ALTERNATES)) {
    const other = await fetchChain(url, at.ask, call).catch((error: unknown) => {
      // An alternate chain that is broken at the CA is not the preferred one. A temporary failure
      // is thrown: the order stays valid, and a chain other than the requested one would need other
      // TLSA records.
      if (error instanceof AppError && !error.retry) return undefined;
      throw error;
    });
    if (other !== undefined && isChosen(other.blocks, choice, url)) return other.blocks.join('');
    offered.push(other === undefined ? 'unreadable' : chainWords(other.blocks, choice, url));
  }
  at.logger.warn('preferred chain is not offered, default chain used', {
    preferredChain: asked.preferredChain,
    offered,
  });
  return first.blocks.join('');
}

async function fetchChain(url: string, ask: Connection, call: Call) {
  const reply = await ask({ url, accept: ACCEPT, act: 'the download of the certificate' }, call);
  const blocks = splitChain(typeof reply.data === 'string' ? reply.data : '', url);
  const alternates = parseLinks(reply.headers['link'], url).filter(
    ({ rel }) => rel === 'alternate',
  );
  // An unreadable certificate is found here, and not when chains are compared.
  topIssuerOf(blocks, url);
  return { blocks, alternates: alternates.map((link) => link.url) };
}
