// What the servers of a zone say of a name: it lives there, it lives in a zone below, or it is an
// alias, and who made that.
import { AppError } from '../base/errors.ts';
import { following } from '../base/following.ts';
import { denialIn, rrsetIn, signaturesIn } from '../dns/answer.ts';
import { isWithin, parentOf, type Fqdn } from '../dns/name.ts';
import { targetName } from '../dns/rdata.ts';
import { META_TYPE, RCODE, rcodeName } from '../dns/record-type.ts';
import type { RecordType, RRset } from '../dns/rrset.ts';
import { hostAbove, probesOf } from '../dns/wildcard.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from '../ports/call.ts';
import { ask } from './ask.ts';
import { firstOf } from './first-of.ts';
import { serverText, type ServerAddress } from './transport.ts';

export type Standing =
  | { readonly kind: 'here' }
  /** In a zone of its own, below the one whose servers were asked. */
  | { readonly kind: 'below'; readonly zone: Fqdn }
  | Alias
  | { readonly kind: 'silent'; readonly failures: readonly string[] };

export interface Alias {
  readonly kind: 'alias';
  readonly rrset: RRset;
  readonly target: Fqdn;
  /**
   * `own`: a CNAME record at the name itself, or of a wildcard below an underscore label, which
   * stands for nothing but such names. `wildcard`: the name does not exist, and a wildcard for
   * hosts answers. `dname`: all names there are elsewhere (RFC 6672).
   */
  readonly made: 'own' | 'wildcard' | 'dname';
}

const TIMEOUT_MS = 2000;

/** The first server that speaks for the zone is believed. */
export async function standingOf(
  name: Fqdn,
  zone: Fqdn,
  servers: readonly ServerAddress[],
  call: Call,
): Promise<Standing> {
  const { signal, end } = following(call.signal);
  try {
    return await firstOf(servers, (server) => standingAt(server, name, zone, { signal }));
  } catch (error) {
    call.signal?.throwIfAborted();
    return { kind: 'silent', failures: failuresIn(error) };
  } finally {
    end();
  }
}

/** @throws anything that is not an answer of a server */
function failuresIn(error: unknown): string[] {
  if (!(error instanceof AggregateError)) throw error;
  return error.errors.map((one) => {
    if (one instanceof AppError) return one.message;
    throw one;
  });
}

type Query = (name: Fqdn, type: RecordType) => Promise<Message>;

/** @throws AppError when this server does not tell */
async function standingAt(
  server: ServerAddress,
  name: Fqdn,
  zone: Fqdn,
  call: Call,
): Promise<Standing> {
  const query: Query = (asked, type) => messageFrom(server, asked, type, call);
  const message = await query(name, 'CNAME');
  if (!message.authoritative) {
    const child = cutIn(message, name, zone);
    if (child !== undefined) return { kind: 'below', zone: child };
    throw new AppError('DNS_UNREACHABLE', `${serverText(server)}: answers without authority`);
  }
  const rrset = rrsetIn(message.answers, name, 'CNAME');
  const lives =
    signaturesIn(message.answers, name, 'CNAME')[0]?.signer ??
    denialIn(message, name)?.zone ??
    (await zoneByApex(name, zone, query));
  if (lives !== zone && isWithin(lives, zone)) return { kind: 'below', zone: lives };
  const [rdata] = rrset?.rdata ?? [];
  if (rrset === undefined || rdata === undefined) return { kind: 'here' };
  const target = targetName(rdata);
  const made = hasDname(message, name)
    ? 'dname'
    : (await isOfWildcard(name, target, query))
      ? 'wildcard'
      : 'own';
  return { kind: 'alias', rrset, target, made };
}

async function messageFrom(
  server: ServerAddress,
  name: Fqdn,
  type: RecordType,
  { signal }: Call,
): Promise<Message> {
  const question = { name, type, recursionDesired: false, timeoutMs: TIMEOUT_MS, signal };
  const reply = await ask(server, question);
  if (reply.status !== 'answered') throw new AppError('DNS_UNREACHABLE', reply.detail);
  const { rcode } = reply.message;
  if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) return reply.message;
  throw new AppError('DNS_UNREACHABLE', `${serverText(server)}: ${rcodeName(rcode)}`);
}

/** Where a referral leads. */
function cutIn(message: Message, name: Fqdn, zone: Fqdn): Fqdn | undefined {
  for (const { owner } of message.authorities) {
    const isBetween = owner !== zone && isWithin(owner, zone) && isWithin(name, owner);
    if (isBetween && rrsetIn(message.authorities, owner, 'NS') !== undefined) return owner;
  }
  return undefined;
}

/**
 * Of unsigned data, which does not say where it comes from: the closest name upwards with a SOA.
 */
async function zoneByApex(name: Fqdn, zone: Fqdn, query: Query): Promise<Fqdn> {
  for (let at: Fqdn | undefined = name; at !== undefined && at !== zone; at = parentOf(at)) {
    if (rrsetIn((await query(at, 'SOA')).answers, at, 'SOA')) return at;
  }
  return zone;
}

function hasDname({ answers }: Message, name: Fqdn): boolean {
  return answers.some(
    ({ type, owner }) => type === META_TYPE.DNAME && owner !== name && isWithin(name, owner),
  );
}

/**
 * Not by the labels of a signature: an unsigned zone has none, and who signs while he answers signs
 * what he made as if it stood there.
 */
async function isOfWildcard(name: Fqdn, target: Fqdn, query: Query): Promise<boolean> {
  for (const probe of probesOf(name, hostAbove(name))) {
    const [rdata] = rrsetIn((await query(probe, 'CNAME')).answers, probe, 'CNAME')?.rdata ?? [];
    if (rdata === undefined || targetName(rdata) !== target) return false;
  }
  return true;
}
