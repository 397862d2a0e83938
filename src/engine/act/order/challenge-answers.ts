// How often a challenge is answered. Some CAs look once and then wait for the next answer
// (smallstep), and their resolver may hold for a while that the record is not there: an answer at
// once would only find the same. Others look by themselves, and need one answer.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { DnsChallenge } from '../../../ports/issuer.ts';
import type { ChallengeAnswer, Lineage } from '../../../rollover/model.ts';
import { LONGEST_PAUSE } from '../../../rollover/backoff.ts';

/** After the first answer, the second, and so on. */
const PAUSES: readonly Seconds[] = [10, 30, 120, 600];
/** A CA that found nothing after so many answers, over a quarter of an hour, is not going to. */
const MOST_ANSWERS = PAUSES.length + 1;
/** While the CA says nothing against it, it is still looking. */
const PAUSE_WITHOUT_PROBLEM: Seconds = 60;
/** Resolvers hold negative answers for no longer (RFC 2308 §5 recommends one to three hours). */
const LONGEST_NEGATIVE: Seconds = 3600;

export function answerOf(
  { challengeAnswers = {} }: Lineage,
  { challengeUrl }: DnsChallenge,
): ChallengeAnswer | undefined {
  return challengeAnswers[challengeUrl];
}

/** From when on a challenge may be answered; in the past when it was not answered yet. */
export function nextAnswerAt(challenge: DnsChallenge, lineage: Lineage): Instant {
  const answer = answerOf(lineage, challenge);
  if (answer === undefined) return -Infinity;
  const { count, first, last, negativeTtl } = answer;
  const pause = PAUSES[Math.min(count, PAUSES.length) - 1] ?? 0;
  // One that may never have arrived, because a crash or the network came between, is no reason to
  // think that the CA is looking.
  const isLooking = challenge.problem === undefined && answer.sent === true;
  const times = [last + (isLooking ? Math.max(pause, PAUSE_WITHOUT_PROBLEM) : pause)];
  // By then a resolver that looked too early has forgotten.
  if (count >= 2) times.push(first + Math.min(negativeTtl, LONGEST_NEGATIVE));
  const asked = Math.max(challenge.notBefore ?? 0, answer.notBefore ?? 0);
  return Math.max(...times, Math.min(asked, last + LONGEST_PAUSE));
}

/** It was answered as often as makes sense. */
export function isHopeless(challenge: DnsChallenge, lineage: Lineage): boolean {
  return (answerOf(lineage, challenge)?.count ?? 0) >= MOST_ANSWERS;
}

/** `negativeTtl`: for how long a resolver may hold that the record is not there. */
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

/** The CA has it; and what it said to that: when to come back. */
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

/** The order is over, and with it its challenges. */
export function withoutAnswers(lineage: Lineage): Lineage {
  const { challengeAnswers: _over, ...rest } = lineage;
  return rest;
}

/** The latest of all answers; undefined: there was none. */
export function lastAnswerAt({ challengeAnswers = {} }: Lineage): Instant | undefined {
  const times = Object.values(challengeAnswers).map(({ last }) => last);
  return times.length === 0 ? undefined : Math.max(...times);
}
