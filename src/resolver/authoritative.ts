// Asks one address of an authoritative server directly: what it serves at a name, at which serial,
// and signed until when.
import { AppError } from '../base/errors.ts';
import { denialIn, denialSignaturesIn, rrsetIn, signaturesIn } from '../dns/answer.ts';
import { soaOf, targetName, type Rrsig, type Soa } from '../dns/rdata.ts';
import { RCODE, rcodeName } from '../dns/record-type.ts';
import { instantOfSerial, serialGreater } from '../dns/serial.ts';
import { ask } from './ask.ts';
import { hostsOf } from './hosts.ts';
import type { Instant, Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { fqdn, labelsOf, type Fqdn } from '../dns/name.ts';
import { wildcardBehind } from '../dns/wildcard.ts';
import { sameRdata, type RecordType } from '../dns/rrset.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { AddressAnswer } from '../ports/resolver.ts';
import type { Exchange, ServerAddress } from './transport.ts';

export interface AuthoritativeQuestion {
  readonly zone: Fqdn;
  readonly owner: Fqdn;
  readonly type: RecordType;
  /** If a wildcard makes the owner an alias, there are no records at the owner itself. */
  readonly isWild?: true;
  /** The NS records do not matter, because the configuration names the servers. */
  readonly fixedServers?: boolean;
  /** False: the serial is not asked for. */
  readonly serials?: boolean;
  /** To place the 32-bit times of signatures. */
  readonly now: Instant;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface AuthoritativeAnswer {
  readonly answer: AddressAnswer;
  /**
   * The zone's NS names as this address serves them: it may know servers that the parent does not.
   */
  readonly nameServers: readonly Fqdn[];
  /** With which it serves them. */
  readonly nameServersTtl: Seconds;
}

type NoAnswer = Exclude<AddressAnswer, { readonly status: 'answered' }>;
type Found = Extract<AddressAnswer, { readonly status: 'answered' }>;

/** @throws the signal's reason, and nothing else: failures are values */
export async function askAuthoritative(
  server: ServerAddress,
  question: AuthoritativeQuestion,
): Promise<AuthoritativeAnswer> {
  const end = performance.now() + question.timeoutMs;
  const query: Query = async (name, type) =>
    authoritativeOnly(
      await ask(server, {
        name,
        type,
        recursionDesired: false,
        timeoutMs: Math.max(0, end - performance.now()),
        signal: question.signal,
      }),
    );
  try {
    return await (question.serials === false ? lookOnce : look)(question, query);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      answer: { status: 'malformed', detail: error.message },
      nameServers: [],
      nameServersTtl: 0,
    };
  }
}

type Query = (name: Fqdn, type: RecordType) => Promise<Message | NoAnswer>;

async function look(question: AuthoritativeQuestion, query: Query): Promise<AuthoritativeAnswer> {
  const { zone, owner, type } = question;
  // The serial is read before the RRset, so that it never claims a later zone than the one the
  // RRset comes from; and again beside it, because a zone that moved in between is worth one more
  // look.
  const first = soaIn(await query(zone, 'SOA'), zone);
  if ('status' in first) return { answer: first, nameServers: [], nameServersTtl: 0 };
  let before: ZoneSoa = first;
  for (let round = 0; ; round += 1) {
    const [data, soa, servers] = await Promise.all([
      query(owner, type),
      query(zone, 'SOA'),
      serversOf(question, query),
    ]);
    const after = soaIn(soa, zone);
    if ('status' in after) return { answer: after, nameServers: [], nameServersTtl: 0 };
    if (serialGreater(before.soa.serial, after.soa.serial)) {
      const answer = inTurn(after.soa.serial, before.soa.serial);
      return { answer, nameServers: [], nameServersTtl: 0 };
    }
    if (after.soa.serial !== before.soa.serial && round === 0) {
      before = after;
      continue;
    }
    const answer =
      'status' in data
        ? smallOnly(data, question)
        : interpret(data, question, after, before.soa.serial);
    return { answer: await withWildcard(answer, question, query), ...servers };
  }
}

/** What the address serves now, whichever version of the zone that is from. */
async function lookOnce(
  question: AuthoritativeQuestion,
  query: Query,
): Promise<AuthoritativeAnswer> {
  const { zone, owner, type } = question;
  const [data, servers] = await Promise.all([query(owner, type), serversOf(question, query)]);
  if ('status' in data) return { answer: data, ...servers };
  const isComplete = rrsetIn(data.answers, owner, type) ?? denialIn(data, owner);
  const soa = isComplete === undefined ? soaIn(await query(zone, 'SOA'), zone) : NO_SOA;
  if ('status' in soa) return { answer: soa, ...servers };
  const answer = interpret(data, question, soa, 0);
  return { answer: await withWildcard(answer, question, query), ...servers };
}

type Servers = Omit<AuthoritativeAnswer, 'answer'>;

async function serversOf(
  { zone, fixedServers }: AuthoritativeQuestion,
  query: Query,
): Promise<Servers> {
  const ns = fixedServers === true ? undefined : await query(zone, 'NS');
  const nsSet = ns === undefined || 'status' in ns ? undefined : rrsetIn(ns.answers, zone, 'NS');
  return {
    nameServers: nsSet === undefined ? [] : hostsOf(nsSet),
    nameServersTtl: nsSet?.ttl ?? 0,
  };
}

/**
 * A zone does not become older within a moment: several machines share the address, and the answer
 * of one does not hold for all.
 */
function inTurn(older: number, newer: number): NoAnswer {
  const detail = `serials ${older} and ${newer} in turn: several machines answer there, and not all are up to date`;
  return { status: 'lame', detail };
}

/**
 * A server that returns its SOA is alive: only this answer is lost, for every client that asks for
 * it.
 */
function smallOnly(failed: NoAnswer, { zone, type }: AuthoritativeQuestion): NoAnswer {
  if (failed.status !== 'timeout' && failed.status !== 'unreachable') return failed;
  const detail = `${failed.detail}; it answers for the SOA of ${zone}, so ${type} answers seem to get lost for their size or type`;
  return { ...failed, detail };
}

/** Messages that come from the zone's own data: AA, and NOERROR or NXDOMAIN. */
function authoritativeOnly(result: Exchange): Message | NoAnswer {
  if (result.status !== 'answered') return { status: result.status, detail: result.detail };
  const { message } = result;
  const name = rcodeName(message.rcode);
  switch (message.rcode) {
    case RCODE.NOERROR:
    case RCODE.NXDOMAIN:
      if (message.authoritative) return message;
      return { status: 'lame', detail: 'answers without authority' };
    case RCODE.SERVFAIL:
      return { status: 'servfail', detail: name };
    case RCODE.REFUSED:
      return { status: 'refused', detail: name };
    case RCODE.NOTAUTH:
      return { status: 'lame', detail: name };
    default:
      return { status: 'malformed', detail: name };
  }
}

interface ZoneSoa {
  readonly soa: Soa;
  readonly negativeTtl: number;
}

/** Where an answer needs none. */
const NO_SOA = { negativeTtl: 0 };

function soaIn(message: Message | NoAnswer, zone: Fqdn): ZoneSoa | NoAnswer {
  if ('status' in message) return message;
  const rrset = rrsetIn(message.answers, zone, 'SOA');
  const [rdata] = rrset?.rdata ?? [];
  if (rrset === undefined || rdata === undefined) {
    return { status: 'lame', detail: `serves no zone ${zone}` };
  }
  const soa = soaOf(rdata);
  return { soa, negativeTtl: Math.min(rrset.ttl, soa.minimum) };
}

function interpret(
  message: Message,
  { zone, owner, type, isWild, now }: AuthoritativeQuestion,
  fallback: Pick<ZoneSoa, 'negativeTtl'>,
  serial: number,
): AddressAnswer {
  const rrset = rrsetIn(message.answers, owner, type);
  if (rrset !== undefined) {
    const signatures = signaturesIn(message.answers, owner, type);
    const { rdata, ttl } = rrset;
    const wildcard = wildcardOf(owner, signatures);
    return {
      status: 'answered',
      rdata,
      ttl,
      serial,
      ...defined({ wildcard }),
      ...signedUntil(signatures, now),
    };
  }
  const alias = rrsetIn(message.answers, owner, 'CNAME');
  const [target] = alias?.rdata ?? [];
  if (alias !== undefined && isWild === true) {
    const signatures = signaturesIn(message.answers, owner, 'CNAME');
    // Caches keep the alias for its own time, and then what was not found at its target.
    const ttl = Math.max(alias.ttl, fallback.negativeTtl);
    return { status: 'answered', rdata: [], ttl, serial, ...signedUntil(signatures, now) };
  }
  if (target !== undefined) {
    const detail = `has a CNAME to ${targetName(target)} that the resolver does not know`;
    return { status: 'malformed', detail };
  }
  const denial = denialIn(message, owner);
  if (denial !== undefined && denial.zone !== zone) {
    return { status: 'lame', detail: `answers from zone ${denial.zone}, not from ${zone}` };
  }
  const { negativeTtl: ttl } = denial ?? fallback;
  const signatures = denialSignaturesIn(message);
  return { status: 'answered', rdata: [], ttl, serial, ...signedUntil(signatures, now) };
}

/**
 * A server that signs while it answers signs the records of a wildcard as if they were at the
 * owner, and an unsigned zone signs nothing: there the answers at names that do not exist show the
 * wildcard. Only TLSA records are edited where they are.
 */
async function withWildcard(
  answer: AddressAnswer,
  { zone, owner, type }: AuthoritativeQuestion,
  query: Query,
): Promise<AddressAnswer> {
  if (type !== 'TLSA' || answer.status !== 'answered' || answer.rdata.length === 0) return answer;
  if (answer.wildcard !== undefined || labelsOf(owner)[0] === '*') return answer;
  const answersAt = async (name: Fqdn): Promise<boolean> => {
    const message = await query(name, type);
    const rrset = 'status' in message ? undefined : rrsetIn(message.answers, name, type);
    return rrset !== undefined && sameRdata(rrset.rdata, answer.rdata);
  };
  const wildcard = await wildcardBehind(owner, zone, answersAt);
  return wildcard === undefined ? answer : { ...answer, wildcard };
}

/** A signature over fewer labels than the owner has is that of a wildcard (RFC 4034 §3.1.3). */
function wildcardOf(owner: Fqdn, signatures: readonly Rrsig[]): Fqdn | undefined {
  const labels = labelsOf(owner);
  const signed = Math.min(labels.length, ...signatures.map((signature) => signature.labels));
  const own = labels[0] === '*' ? labels.length - 1 : labels.length;
  return signed < own ? fqdn(`*.${labels.slice(labels.length - signed).join('.')}`) : undefined;
}

/** The end of the signature that lasts longest; none when nothing is signed. */
function signedUntil(signatures: readonly Rrsig[], now: Instant): Pick<Found, 'signedUntil'> {
  if (signatures.length === 0) return {};
  const ends = signatures.map(({ expiration }) => instantOfSerial(expiration, now));
  return { signedUntil: Math.max(...ends) };
}
