// One question to one address, with a random id. No judgement of the response code here.
import { randomInt } from 'node:crypto';
import { encodeQuery } from '../dns/query.ts';
import { exchange, type Exchange, type ServerAddress } from './transport.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RecordType } from '../dns/rrset.ts';

export interface Ask {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly recursionDesired: boolean;
  readonly checkingDisabled?: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws the signal's reason */
export async function ask(server: ServerAddress, question: Ask): Promise<Exchange> {
  if (question.name.includes('\\')) {
    return { status: 'malformed', detail: `${question.name} has octets that no host name has` };
  }
  const message = encodeQuery({
    id: randomInt(0x10000),
    name: question.name,
    type: question.type,
    recursionDesired: question.recursionDesired,
    checkingDisabled: question.checkingDisabled ?? false,
    authenticData: question.recursionDesired,
  });
  const { timeoutMs, signal } = question;
  return exchange(server, message, { transport: 'udp', timeoutMs, signal });
}
