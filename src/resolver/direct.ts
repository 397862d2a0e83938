// One question about one name to all servers of a zone, and their common answer: aliases are not
// followed, and no other server is asked.
import { AppError } from '../base/errors.ts';
import { rrsetIn } from '../dns/answer.ts';
import type { Fqdn } from '../dns/name.ts';
import { RCODE, rcodeName } from '../dns/record-type.ts';
import { rdataSet, type RecordType } from '../dns/rrset.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from '../ports/call.ts';
import type { DirectAnswer } from '../ports/resolver.ts';
import { ask, type Question } from './ask.ts';
import { mapLimited } from '../base/limit.ts';
import { inTurn } from './in-turn.ts';
import type { ServerList } from './servers.ts';
import { serverText, type ServerAddress } from './transport.ts';

const CONCURRENCY = 16;
const TIMEOUT_MS = 3000;

/** @throws AppError DNS_UNREACHABLE when none of them answers */
export async function askDirectly(
  servers: ServerList,
  zone: Fqdn,
  { name, type }: Question,
  call: Call,
): Promise<DirectAnswer> {
  const { targets } = await servers.of(zone, call);
  const replies = await mapLimited(targets, CONCURRENCY, ({ address }) =>
    inTurn(address, () => messageFrom(address, name, type, call)),
  );
  const messages = replies.filter((reply) => typeof reply !== 'string');
  if (messages.length === 0) {
    const failures = replies.join('; ');
    throw new AppError(
      'DNS_UNREACHABLE',
      `none of the name servers of ${zone} answered for ${type} of ${name}: ${failures}`,
      {
        hint: `check the servers of ${zone}, and the route to them from this machine`,
        details: { zone },
      },
    );
  }
  const found = messages.map(({ answers }) => rrsetIn(answers, name, type)?.rdata ?? []);
  const rdata = rdataSet(found.flat());
  return {
    rdata,
    exists: messages.some(({ rcode }) => rcode !== RCODE.NXDOMAIN),
    ...(rdata.length > 0 && found.some((own) => own.length === 0) ? { isPartial: true } : {}),
  };
}

async function messageFrom(
  server: ServerAddress,
  name: Fqdn,
  type: RecordType,
  { signal }: Call,
): Promise<Message | string> {
  const question = { name, type, recursionDesired: false, timeoutMs: TIMEOUT_MS, signal };
  const reply = await ask(server, question);
  if (reply.status !== 'answered') return reply.detail;
  const { rcode, authoritative } = reply.message;
  const isAnswer = rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
  if (!isAnswer) return `${serverText(server)}: ${rcodeName(rcode)}`;
  return authoritative ? reply.message : `${serverText(server)}: answers without authority`;
}
