// Whether a resolver has shown that it validates. Without that, an answer without AD says nothing
// about a zone: a resolver that does not validate answers like one that has found the zone
// unsigned.
import { hasSignatures, rrsetIn } from '../dns/answer.ts';
import { fqdn, labelsOf, type Fqdn } from '../dns/name.ts';
import { RCODE, rcodeName } from '../dns/record-type.ts';
import type { Call } from '../ports/call.ts';
import type { LookupFailure, Standing, Unproven } from '../ports/resolver.ts';
import { ask, type Ask } from './ask.ts';
import { serverText, type Exchange, type ServerAddress } from './transport.ts';

export interface Proof {
  /** For a name and what is below it. */
  of(server: ServerAddress, name: Fqdn, call: Call): Promise<Standing>;
}

export interface ProofOptions {
  readonly timeoutMs: number;
  /** Milliseconds of a clock that is never set. */
  readonly now?: () => number;
}

/** A resolver that validates does so tomorrow; a process that runs for weeks asks again. */
const PROVEN_KEPT_MS = 3_600_000;
/** A corrected resolver is noticed soon, also by a process that keeps running. */
const UNPROVEN_KEPT_MS = 60_000;
/** A resolver that is just being restarted is not avoided for long. */
const FAILED_KEPT_MS = 10_000;
/** Names above a name that are asked for: a private trust anchor is at most this high. */
const MOST_ANCESTORS = 4;
/** A resolver need not answer such questions at all. */
const UNSIGNED_MS = 1000;

interface Kept<T> {
  readonly until: number;
  readonly value: T;
}

/**
 * `isFinal`: nothing below needs to be tried: the resolver validates, is dead, or sets AD whatever
 * it says.
 */
type Root = Standing & { readonly isFinal: boolean };

export function createProof({ timeoutMs, now = () => performance.now() }: ProofOptions): Proof {
  const roots = createKept<Root>(now, lifeOf);
  const anchors = createKept<boolean>(now, (found) => (found ? PROVEN_KEPT_MS : UNPROVEN_KEPT_MS));
  const question = (name: Fqdn, call: Call): Ask => ({
    ...{ name, type: 'SOA', recursionDesired: true, timeoutMs, signal: call.signal },
  });

  /**
   * A name above is confirmed, so that a name below it without confirmation is proven to be
   * unsigned.
   */
  const isBelowAnchor = async (server: ServerAddress, name: Fqdn, call: Call): Promise<boolean> => {
    for (const ancestor of ancestorsOf(name)) {
      const key = `${serverText(server)} ${ancestor}`;
      const look = async (): Promise<boolean> =>
        isVouchedFor(await ask(server, question(ancestor, call)));
      if (await anchors(key, look)) return true;
    }
    return false;
  };

  return {
    async of(server, name, call) {
      const where = serverText(server);
      const look = (): Promise<Root> => atRoot(server, question(fqdn('.'), call));
      const { isFinal, ...root } = await roots(where, look);
      if (isFinal || !(await isBelowAnchor(server, name, call))) return root;
      return { status: 'validates', server: where };
    },
  };
}

function lifeOf({ status }: Root): number {
  if (status === 'validates') return PROVEN_KEPT_MS;
  return status === 'failed' ? FAILED_KEPT_MS : UNPROVEN_KEPT_MS;
}

/** What was found out, for as long as it holds; a failure is not kept. */
function createKept<T>(now: () => number, lifeOf: (value: T) => number) {
  const all = new Map<string, Promise<Kept<T>>>();
  return async (key: string, find: () => Promise<T>): Promise<T> => {
    const pending = all.get(key);
    const known = pending === undefined ? undefined : await pending;
    if (known !== undefined && known.until > now()) return known.value;
    const found = find().then((value) => ({ value, until: now() + lifeOf(value) }));
    all.set(key, found);
    try {
      return (await found).value;
    } catch (error) {
      all.delete(key);
      throw error;
    }
  };
}

const unproven = (server: string, detail: string): Extract<Standing, Unproven> => ({
  ...{ status: 'unproven', server, detail },
  lasting: true,
});

/**
 * From the top on; of no name that is yet to come into being, which the resolver would then deny
 * from its cache.
 */
function ancestorsOf(name: Fqdn): readonly Fqdn[] {
  const all = labelsOf(name);
  const labels = all.slice(all.findLastIndex((label) => label.startsWith('_')) + 1);
  const count = Math.min(labels.length, MOST_ANCESTORS);
  return Array.from({ length: count }, (_, index) =>
    fqdn(labels.slice(labels.length - 1 - index).join('.')),
  );
}

/**
 * AD alone is a bit that anything may set; a resolver that validates was given the signatures, and
 * hands them out.
 */
function isVouchedFor(reply: Exchange): boolean {
  if (reply.status !== 'answered' || !reply.message.authentic) return false;
  const { rcode } = reply.message;
  const isAnswer = rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
  return isAnswer && hasSignatures(reply.message);
}

/**
 * The root is signed, and every validating resolver has its trust anchor (RFC 4035 §4.3, RFC 7958).
 */
async function atRoot(server: ServerAddress, question: Ask): Promise<Root> {
  const where = serverText(server);
  const [reply, always] = await Promise.all([
    ask(server, question),
    setsItAlways(server, question),
  ]);
  if (reply.status !== 'answered') {
    const status: LookupFailure = reply.status === 'no-route' ? 'unreachable' : reply.status;
    const { detail } = reply;
    return { status: 'failed', server: where, failure: status, detail, isFinal: true };
  }
  if (always) {
    const detail = `${where} sets the AD bit on every answer, also where no resolver can validate`;
    return { ...unproven(where, detail), isFinal: true };
  }
  const { rcode, authentic } = reply.message;
  if (rcode !== RCODE.NOERROR) {
    const detail = `${where} answers the question for the root with ${rcodeName(rcode)}`;
    return { ...unproven(where, detail), lasting: false, isFinal: false };
  }
  if (isVouchedFor(reply) && rrsetIn(reply.message.answers, fqdn('.'), 'SOA') !== undefined) {
    return { status: 'validates', server: where, isFinal: true };
  }
  const why = authentic
    ? 'it sets the AD bit on the SOA of the root, and sends no signature'
    : 'the SOA of the root, which is signed, comes without the AD bit';
  return { ...unproven(where, `${where} does not validate: ${why}`), isFinal: false };
}

/**
 * Names that no resolver can validate: data that the server makes up about itself, and names of
 * this machine that are in no zone.
 */
const UNSIGNED = [
  { name: fqdn('version.bind'), type: 'TXT', isChaos: true },
  { name: fqdn('localhost'), type: 'A' },
] as const;

async function setsItAlways(server: ServerAddress, question: Ask): Promise<boolean> {
  const timeoutMs = Math.min(UNSIGNED_MS, question.timeoutMs);
  const replies = await Promise.all(
    UNSIGNED.map((unsigned) => ask(server, { ...question, ...unsigned, timeoutMs })),
  );
  return replies.some(
    (reply) =>
      // That the root has no such name may be proven.
      reply.status === 'answered' && reply.message.authentic && !hasSignatures(reply.message),
  );
}
