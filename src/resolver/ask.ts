// One question to one address, with a random id. No judgement of the response code here, but of
// one: a server from before EDNS is asked as it was asked before EDNS.
import { randomInt } from 'node:crypto';
import { encodeQuery } from '../dns/query.ts';
import { BADVERS, RCODE } from '../dns/record-type.ts';
import type { Message } from '../dns/wire-reader.ts';
import { exchange, type Exchange, type ServerAddress } from './transport.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RecordType } from '../dns/rrset.ts';

/** About which name, and for which records. */
export interface Question {
  readonly name: Fqdn;
  readonly type: RecordType;
}

export interface Ask extends Question {
  readonly recursionDesired: boolean;
  readonly checkingDisabled?: boolean;
  readonly isChaos?: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws the signal's reason */
export async function ask(server: ServerAddress, question: Ask): Promise<Exchange> {
  if (question.name.includes('\\')) {
    return { status: 'malformed', detail: `${question.name} has octets that no host name has` };
  }
  const end = performance.now() + question.timeoutMs;
  const send = (edns: boolean): Promise<Exchange> => {
    const timeoutMs = Math.max(0, end - performance.now());
    const { signal } = question;
    return exchange(server, messageOf(question, edns), { transport: 'udp', timeoutMs, signal });
  };
  const reply = await send(true);
  const isOld =
    reply.status === 'answered' && knowsNoEdns(reply.message, question.recursionDesired);
  if (!isOld) return reply;
  const plain = await send(false);
  // The loss of the second question does not change the answer to the first.
  return plain.status === 'answered' ? plain : reply;
}

function messageOf(question: Ask, edns: boolean): Uint8Array {
  return encodeQuery({
    id: randomInt(0x10000),
    name: question.name,
    type: question.type,
    recursionDesired: question.recursionDesired,
    checkingDisabled: question.checkingDisabled ?? false,
    authenticData: question.recursionDesired,
    isChaos: question.isChaos ?? false,
    edns,
  });
}

/**
 * A server that cannot read an OPT record says so without one (RFC 6891 §7); some old ones fail
 * over it. The SERVFAIL of a resolver is its verdict on the data.
 */
export function knowsNoEdns({ rcode, opt }: Message, isResolver: boolean): boolean {
  if (rcode === BADVERS) return true;
  if (opt !== undefined) return false;
  const refusals: readonly number[] = [RCODE.FORMERR, RCODE.NOTIMP];
  return refusals.includes(rcode) || (!isResolver && rcode === RCODE.SERVFAIL);
}
