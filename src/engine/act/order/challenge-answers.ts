// How often a challenge is answered. Some CAs check once and then wait for the next answer
// (smallstep), and their resolver may cache for some time that the record does not exist: an answer
// at once would find the same. Other CAs check again by themselves, and need one answer.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { DnsChallenge } from '../../../ports/issuer.ts';
import type { ChallengeAnswer, Lineage } from '../../../rollover/model.ts';
import { LONGEST_PAUSE } from '../../../rollover/backoff.ts';

/** After the first answer, the second, and so on. */
const PAUSES: readonly Seconds[] = [10, 30, 120, 600];
/** A CA that found nothing after so many answers, over a quarter of an hour, will not find it. */
const MOST_ANSWERS = PAUSES.length + 1;
/** While the CA reports no error, it is still checking. */
const PAUSE_WITHOUT_PROBLEM: Seconds = 60;
/**
 * Resolvers do not cache negative answers for longer (RFC 2308 §5 recommends one to three hours).
 */
const LONGEST_NEGATIVE: Seconds = 3600;

export function answerOf(
  { challengeAnswers = {} }: Lineage,
  { challengeUrl }: DnsChallenge,
): ChallengeAnswer | undefined {
  return challengeAnswers[challengeUrl];
}

/** From when on a challenge may be answered; in the past if it was not answered yet. */
export function nextAnswerAt(challenge: DnsChallenge, lineage: Lineage): Instant {
  const answer = answerOf(lineage, challenge);
  if (answer === undefined) return -Infinity;
  const { count, first, last, negativeTtl } = answer;
  const pause = PAUSES[Math.min(count, PAUSES.length) - 1] ?? 0;
  // An answer that may not have arrived, because of a crash or the network, does not mean that the
  // CA is checking.
  const isLooking = challenge.problem === undefined && answer.sent === true;
  const times = [last + (isLooking ? Math.max(pause, PAUSE_WITHOUT_PROBLEM) : pause)];
  // By then the negative answer has left a resolver that asked too early.
  if (count >= 2) times.push(first + Math.min(negativeTtl, LONGEST_NEGATIVE));
  const asked = Math.max(challenge.notBefore ?? 0, answer.notBefore ?? 0);
  return Math.max(...times, Math.min(asked, last + LONGEST_PAUSE));
}

/** It was answered often enough. */
export function isHopeless(challenge: DnsChallenge, lineage: Lineage): boolean {
  return (answerOf(lineage, challenge)?.count ?? 0) >= MOST_ANSWERS;
}

/** `negativeTtl`: how long a resolver may cache that the record does not exist. */
export function withAnswer(
  lineage: Lineage,
  challenge: DnsChallenge,
  negativeTtl: Seconds,
  now: Instant,
): Lineage {
  const before = answerOf(lineage, challenge);
  const answer: ChallengeAnswer = {
    first: before?.first ?? now,
    last: now,
    count: (before?.count ?? 0) + 1,
    negativeTtl,
  };
  return keep(lineage, challenge, answer);
}

/** The CA received it, and may have named a time for the next try. */
export function withArrival(
  lineage: Lineage,
  challenge: DnsChallenge,
  notBefore: Instant | undefined,
): Lineage {
  const answer = answerOf(lineage, challenge);
  if (answer === undefined) return lineage;
  const asked = notBefore === undefined ? {} : { notBefore };
  return keep(lineage, challenge, { ...answer, sent: true, ...asked });
}

function keep(lineage: Lineage, { challengeUrl }: DnsChallenge, answer: ChallengeAnswer): Lineage {
  const { challengeAnswers } = lineage;
  return { ...lineage, challengeAnswers: { ...challengeAnswers, [challengeUrl]: answer } };
}

/** The order has ended, and its challenges with it. */
export function withoutAnswers(lineage: Lineage): Lineage {
  const { challengeAnswers: _over, ...rest } = lineage;
  return rest;
}

/** The latest of all answers; undefined: there was none. */
export function lastAnswerAt({ challengeAnswers = {} }: Lineage): Instant | undefined {
  const times = Object.values(challengeAnswers).map(({ last }) => last);
  return times.length === 0 ? undefined : Math.max(...times);
}
