// A clock that was set during a wait: stored times are moved along, so that a wait keeps its
// length. Otherwise a clock that jumps ahead by hours would end the wait of law 2 at once.
import type { Instant, Moment, Seconds } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import type { OwnerHistory } from './owner-history.ts';
import { awake } from '../model.ts';
import type { ChallengeAnswer, Generation, Lineage, OrderPause } from '../model.ts';
import type { PlacedMemory, TargetMemory } from '../targets.ts';
import type { Attempts } from '../attempts.ts';
import type { EndpointMemory, ServiceHistory } from './service-history.ts';

/** Disciplined clocks drift by less between two checks, and the margin of a wait covers more. */
const TOLERANCE: Seconds = 2;

/**
 * By how much the clock was set ahead (or back) between two moments; 0 after a restart of the
 * machine, or of a container with its own count: then it is not known.
 */
export function stepBetween(before: Moment | undefined, now: Moment | undefined): Seconds {
  if (before === undefined || now === undefined || before.boot !== now.boot) return 0;
  if (now.running < before.running) return 0;
  const step = now.at - before.at - (now.running - before.running);
  return Math.abs(step) < TOLERANCE ? 0 : step;
}

const later = (instant: Instant | undefined, step: Seconds): Instant | undefined =>
  instant === undefined ? undefined : instant + step;

/**
 * Only our own observations are moved: the dates of signatures and certificates come from other
 * clocks.
 */
export function shiftOwner(history: OwnerHistory, step: Seconds): OwnerHistory {
  if (step === 0) return history;
  return {
    ...history,
    sweptAt: history.sweptAt + step,
    versions: history.versions.map((version) => ({
      ...version,
      seenAt: version.seenAt + step,
      ...(version.endedAt === undefined ? {} : { endedAt: version.endedAt + step }),
    })),
    writes: history.writes.map((write) => ({ ...write, at: write.at + step })),
    ...(history.vain === undefined
      ? {}
      : { vain: history.vain.map((one) => ({ ...one, since: one.since + step })) }),
    addresses: mapValues(history.addresses, (memory) => ({
      ...memory,
      ...defined({
        answeredAt: later(memory.answeredAt, step),
        failingSince: later(memory.failingSince, step),
        leftAt: later(memory.leftAt, step),
      }),
    })),
  };
}

export function shiftService(history: ServiceHistory, step: Seconds): ServiceHistory {
  if (step === 0) return history;
  const shifted = (memory: EndpointMemory): EndpointMemory => ({
    ...memory,
    ...defined({
      metAt: later(memory.metAt, step),
      answeredAt: later(memory.answeredAt, step),
      failingSince: later(memory.failingSince, step),
      namedAt: later(memory.namedAt, step),
    }),
    sightings: memory.sightings.map((sighting) => ({
      ...sighting,
      seenAt: sighting.seenAt + step,
      ...defined({
        since: later(sighting.since, step),
        missedSince: later(sighting.missedSince, step),
      }),
    })),
  });
  return {
    ...history,
    endpoints: mapValues(history.endpoints, shifted),
    ...defined({
      setAside: history.setAside && mapValues(history.setAside, shifted),
      unnamedSince: later(history.unnamedSince, step),
      bases: history.bases?.map((base) => ({ ...base, namedAt: base.namedAt + step })),
      addressless: later(history.addressless, step),
      anewAt: later(history.anewAt, step),
    }),
  };
}

export function shiftLineage(lineage: Lineage, step: Seconds): Lineage {
  if (step === 0) return lineage;
  const { silentServers, challengeAnswers, orderPause, orderFailures, targets, placed } = lineage;
  // An idle period until a certain time is decided again.
  return {
    ...awake(lineage),
    ...defined({
      silentServers:
        silentServers && mapValues(silentServers, (one) => ({ ...one, since: one.since + step })),
      challengeAnswers:
        challengeAnswers && mapValues(challengeAnswers, (one) => movedAnswer(one, step)),
      orderPause: orderPause && moved(orderPause, step),
      targets: targets && mapValues(targets, (one) => movedTarget(one, step)),
      orderFailures: orderFailures && mapValues(orderFailures, (at) => at + step),
      placed: placed && mapValues(placed, (one) => laterPlaced(one, step)),
    }),
    challengeRecords: lineage.challengeRecords.map((one) => ({
      ...one,
      at: one.at + step,
      ...defined({ sentAt: later(one.sentAt, step) }),
    })),
    generations: lineage.generations.map((one) => movedGeneration(one, step)),
  };
}

function laterPlaced(one: PlacedMemory, step: Seconds): PlacedMemory {
  const { since, goneAt, missedSince } = one;
  const after = { goneAt: later(goneAt, step), missedSince: later(missedSince, step) };
  return { ...one, since: since + step, ...defined(after) };
}

function movedTarget(target: TargetMemory, step: Seconds): TargetMemory {
  const { attempts, failure, tookAt } = target;
  return {
    ...target,
    ...defined({
      tookAt: later(tookAt, step),
      attempts: attempts && shiftAttempts(attempts, step),
      failure: failure && { ...failure, since: failure.since + step },
    }),
  };
}

function movedGeneration(one: Generation, step: Seconds): Generation {
  const { reloads, wrong, deployFailing } = one;
  return {
    ...one,
    createdAt: one.createdAt + step,
    keyMadeAt: one.keyMadeAt + step,
    ...defined({
      issuedAt: later(one.issuedAt, step),
      deployBegunAt: later(one.deployBegunAt, step),
      deployedAt: later(one.deployedAt, step),
      provenAt: later(one.provenAt, step),
      recalledAt: later(one.recalledAt, step),
      placedAt: later(one.placedAt, step),
      reloads: reloads && shiftAttempts(reloads, step),
      reloadFailingSince: later(one.reloadFailingSince, step),
      wrong: wrong && { ...wrong, at: wrong.at + step },
      deployFailing: deployFailing && {
        ...deployFailing,
        since: deployFailing.since + step,
        last: deployFailing.last + step,
      },
    }),
  };
}

function movedAnswer(answer: ChallengeAnswer, step: Seconds): ChallengeAnswer {
  const { first, last, notBefore } = answer;
  return {
    ...{ ...answer, first: first + step, last: last + step },
    ...defined({ notBefore: later(notBefore, step) }),
  };
}

function moved(pause: OrderPause, step: Seconds): OrderPause {
  return { ...pause, at: pause.at + step, notBefore: pause.notBefore + step };
}

function shiftAttempts({ count, last }: Attempts, step: Seconds): Attempts {
  return { count, last: last + step };
}

export function mapValues<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
