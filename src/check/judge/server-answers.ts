// What one name server answered, in the form that a rule needs.
import { rrsetIn } from '../../dns/answer.ts';
import type { Fqdn } from '../../dns/name.ts';
import { soaOf } from '../../dns/rdata.ts';
import { RCODE, rcodeName } from '../../dns/record-type.ts';
import type { RecordType } from '../../dns/rrset.ts';
import type { ServerReply } from '../../ports/servers.ts';
import type { Purpose, ServerLook } from '../gather/zone.ts';

export function replyTo(look: ServerLook, purpose: Purpose): ServerReply | undefined {
  return look.replies.find(({ question }) => question.purpose === purpose)?.reply;
}

/** Why a reply does not come from the zone's own data; undefined: it does. */
export function faultOf(reply: ServerReply): string | undefined {
  if (reply.status !== 'answered') return reply.detail;
  const { rcode, authoritative } = reply.message;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return rcodeName(rcode);
  return authoritative ? undefined : 'its answer is not authoritative';
}

/** The data of a server at the owner, as one text; undefined if its answer is not known. */
export function contentOf(
  reply: ServerReply | undefined,
  owner: Fqdn,
  type: RecordType,
): string | undefined {
  if (reply?.status !== 'answered' || faultOf(reply) !== undefined) return undefined;
  return (rrsetIn(reply.message.answers, owner, type)?.rdata ?? []).join(' ');
}

/** The serial of the zone at a server; undefined if its answer is not known. */
export function serialAt(server: ServerLook, zone: Fqdn): number | undefined {
  const reply = replyTo(server, 'soa');
  if (reply?.status !== 'answered') return undefined;
  const [rdata] = rrsetIn(reply.message.answers, zone, 'SOA')?.rdata ?? [];
  return rdata === undefined ? undefined : soaOf(rdata).serial;
}
