// Look-ups at the validating resolvers that the configuration trusts: only their AD bit counts.
import { AppError } from '../base/errors.ts';
import { silentLogger, type Logger } from '../base/log.ts';
import { chainIn, denialIn, hasSignatures } from '../dns/answer.ts';
import { RCODE, rcodeName } from '../dns/record-type.ts';
import { ask } from './ask.ts';
import type { Proof } from './proof.ts';
import { candidates, orLoopback, withStanding } from './standing.ts';
import { serverText, type ServerAddress } from './transport.ts';
import type { Fqdn } from '../dns/name.ts';
import type { RecordType, RRset } from '../dns/rrset.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from '../ports/call.ts';
import type { Lookup, LookupFailure, Unproven } from '../ports/resolver.ts';

export interface ValidatingOptions {
  readonly resolvers: readonly ServerAddress[];
  readonly timeoutMs?: number;
  readonly logger?: Logger;
  /** Without it the AD bit is believed, and its absence too. */
  readonly proof?: Proof;
}

export type LookUp = (
  name: Fqdn,
  type: RecordType,
  call: Call,
  options?: { readonly checkingDisabled?: boolean },
) => Promise<Lookup>;

export const DEFAULT_TIMEOUT_MS = 5000;
/** How often a chain of CNAMEs may be asked on when a resolver hands out only its beginning. */
const MAX_HOPS = 8;

type Failed = { readonly status: LookupFailure; readonly detail: string };

export function createLookUp(options: ValidatingOptions): LookUp {
  const once = createOnce(options);
  return async (name, type, call, { checkingDisabled = false } = {}) => {
    const aliases: RRset[] = [];
    let authentic = true;
    let unproven: Unproven | undefined;
    let current = name;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const result = await once(current, type, call, checkingDisabled);
      if ('detail' in result) return result;
      aliases.push(...result.aliases);
      authentic &&= result.authentic;
      unproven ??= result.unproven;
      if (result.onward === undefined) {
        const all = { ...withoutOnward(result), aliases, authentic };
        return unproven === undefined ? all : { ...all, unproven };
      }
      current = result.onward;
      if (aliases.some(({ owner }) => owner === current)) break;
    }
    return { status: 'malformed', detail: `the CNAME records from ${name} do not end` };
  };
}

/** One question to the resolvers, one after the other, until one of them answers. */
function createOnce(options: ValidatingOptions) {
  const { proof, timeoutMs = DEFAULT_TIMEOUT_MS, logger = silentLogger } = options;
  const resolvers = orLoopback(options.resolvers);
  return async (
    name: Fqdn,
    type: RecordType,
    call: Call,
    checkingDisabled: boolean,
  ): Promise<Answered | Failed> => {
    let last: Failed = { status: 'timeout', detail: 'no resolver is configured' };
    for (const { server, standing } of await candidates(resolvers, proof, name, call)) {
      const question = { name, type, recursionDesired: true, timeoutMs, signal: call.signal };
      const result = await askOne(server, { ...question, checkingDisabled });
      logger.trace('resolver asked', {
        name,
        type,
        server: serverText(server),
        status: result.status,
      });
      // Bogus is a verdict, not a failure: another resolver may be one that does not look as
      // closely.
      if ('detail' in result && result.status === 'bogus') return result;
      if (!('detail' in result)) return withStanding(result, standing);
      last = result;
    }
    return last;
  };
}

type Answered = Exclude<Lookup, Failed> & {
  /** A CNAME whose target the answer says nothing about. */
  readonly onward?: Fqdn;
  /** Signatures came along. */
  readonly signed: boolean;
};

function withoutOnward({ onward: _, signed: __, ...lookup }: Answered): Exclude<Lookup, Failed> {
  return lookup;
}

interface Question {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

async function askOne(server: ServerAddress, question: Question): Promise<Answered | Failed> {
  const result = await ask(server, question);
  if (result.status !== 'answered') {
    const status = result.status === 'no-route' ? 'unreachable' : result.status;
    return { status, detail: result.detail };
  }
  const { message } = result;
  const where = serverText(server);
  if (message.rcode === RCODE.SERVFAIL && !question.checkingDisabled) {
    return servfailOrBogus(server, question);
  }
  if (message.rcode === RCODE.SERVFAIL) return { status: 'servfail', detail: `${where}: SERVFAIL` };
  if (message.rcode === RCODE.REFUSED) return { status: 'refused', detail: `${where}: REFUSED` };
  // No name is so long: it is so at every resolver.
  if (message.rcode === RCODE.YXDOMAIN) {
    const detail = `${where}: YXDOMAIN, a DNAME makes too long a name of it (RFC 6672 §2.2)`;
    return { status: 'servfail', detail };
  }
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    return { status: 'malformed', detail: `${where}: ${rcodeName(message.rcode)}` };
  }
  try {
    return interpret(message, question, where);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { status: 'malformed', detail: `${where}: ${error.message}` };
  }
}

/**
 * With CD=1 a validator hands out what it rejects: if that helps, the data is bogus and not the
 * servers dead.
 */
async function servfailOrBogus(server: ServerAddress, question: Question): Promise<Failed> {
  const unchecked = await ask(server, { ...question, checkingDisabled: true });
  const where = serverText(server);
  const rcode = unchecked.status === 'answered' ? unchecked.message.rcode : RCODE.SERVFAIL;
  if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) {
    return { status: 'bogus', detail: `${where}: SERVFAIL, but ${rcodeName(rcode)} unchecked` };
  }
  return { status: 'servfail', detail: `${where}: SERVFAIL` };
}

function interpret(message: Message, { name, type }: Question, where: string): Answered | Failed {
  const { owner, aliases, rrset } = chainIn(message, name, type);
  const { authentic } = message;
  const signed = hasSignatures(message);
  if (rrset !== undefined) return { status: 'found', rrset, aliases, authentic, signed };
  const denial = denialIn(message, owner);
  const status = message.rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata';
  if (denial === undefined && status === 'nodata') {
    // A referral looks like NODATA if only answers are counted.
    if (!message.recursionAvailable) {
      return { status: 'refused', detail: `${where} does not resolve for others` };
    }
    if (aliases.length > 0) return { status, aliases, authentic, signed, onward: owner };
  }
  return {
    status,
    aliases,
    authentic,
    signed,
    ...(denial === undefined ? {} : { negativeTtl: denial.negativeTtl }),
  };
}
