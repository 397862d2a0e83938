// The state of a certificate from disk: the planner decides again from the last observations, and
// nothing is changed.
import type { Instant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type {
  CaStatus,
  CertificateStatus,
  FailureStatus,
  TlsaStatus,
} from './certificate-status.ts';
import { caLimits } from './ca-limits.ts';
import type { CaLimits } from './ca-limits.ts';
import { generationStatus, isStaging } from './generations.ts';
import { changesByHand, ownerStatuses } from './owners.ts';
import { renewalStatus } from './renewal.ts';
import { serviceStatus, targetStatuses } from './places.ts';
import { Memory } from '../../engine/state/memory.ts';
import { observeOffer } from '../../engine/observe/offer.ts';
import { asKeyed, observeRequest } from '../../engine/observe/request.ts';
import { neighboursOf, servicesAt } from '../../engine/observe/neighbours.ts';
import { dueAt } from '../../engine/renewal.ts';
import { silenceReasons } from '../../engine/act/order/silent-servers.ts';
import { asOrdered } from '../../engine/act/settle-intent.ts';
import { beginsOrder } from '../../engine/gates.ts';
import { atIssuer, chosenIssuer } from '../../rollover/plan/order/issuer.ts';
import type { ChosenIssuer } from '../../rollover/plan/order/issuer.ts';
import { withTrust } from '../../engine/observe/pkix-trust.ts';
import type { Task, World } from '../../engine/world.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import { forecast, nextStage } from '../../rollover/forecast/forecast.ts';
import type { Stage } from '../../rollover/forecast/forecast.ts';
import { liveGeneration, stagedGeneration } from '../../rollover/model.ts';
import type { Intent, Lineage } from '../../rollover/model.ts';
import { plan } from '../../rollover/plan/plan.ts';
import { needsPerson } from '../../rollover/decision.ts';
import { REASONS } from '../../rollover/reasons.ts';
import type { Plan, Step } from '../../rollover/decision.ts';

const PHASE: Readonly<Record<Step['kind'], string>> = {
  'create-key': 'due',
  obtain: 'ordering',
  publish: 'publishing',
  send: 'sending',
  deploy: 'ready to deploy',
  reload: 'deployed, not seen yet',
  repair: 'ready to deploy',
  take: 'new certificate found',
  'roll-back': 'going back',
  prove: 'proving',
};

function phaseOf(next: Plan): string {
  switch (next.kind) {
    case 'step':
      return PHASE[next.step.kind];
    case 'wait':
      return needsPerson(next.reasons) ? 'needs a person' : 'waiting';
    case 'blocked':
      return next.person ? 'needs a person' : 'blocked';
    case 'done':
      return 'idle';
  }
}

export async function statusOf(task: Task, world: World): Promise<CertificateStatus> {
  try {
    return await standingOf(task, world);
  } catch (error) {
    // A certificate that cannot be read must not hide the state of the others.
    if (error instanceof AppError && error.code === 'STORE_NEWER') return unreadable(task, error);
    throw error;
  }
}

function unreadable({ intent }: Task, { code, message, hint }: AppError): CertificateStatus {
  return {
    ...described(intent),
    phase: 'needs a person',
    tlsa: { state: 'none' },
    ...{ live: undefined, staged: undefined, generation: undefined, notAfter: undefined },
    renewal: undefined,
    ...{ waitingFor: 'you', until: undefined, next: undefined, why: [], hints: [] },
    ...{ reasons: [], way: [] },
    ...{ owners: [], pending: [], services: [], targets: [] },
    trouble: { code, message, ...defined({ hint }) },
  };
}

function described(
  { name, domains, directory, keyType }: Intent,
  ca: CaStatus = { directory, staging: isStaging(directory) },
): Pick<CertificateStatus, 'certificate' | 'names' | 'ca' | 'keyType'> {
  return { certificate: name, names: domains, ca, keyType };
}

function caOf(
  { directory, otherDirectories }: Intent,
  { insteadOf }: ChosenIssuer,
  { account }: CaLimits,
): CaStatus {
  const staging = isStaging(directory);
  const more = { alternatives: otherDirectories, insteadOf, limited: account };
  return { directory, staging, ...defined(more) };
}

/** An order that would come next waits for its CA. */
function held(
  next: Plan,
  { intent, lineage, limits }: { intent: Intent; lineage: Lineage; limits: CaLimits },
): Plan {
  const [last] = limits.order;
  const isNew = lineage.generations.length === 0 && intent.source === undefined;
  if (last === undefined || !(isNew || beginsOrder(next, lineage))) return next;
  return { kind: 'wait', until: last.until, known: true, reasons: limits.order };
}

function tlsaOf({ dane, services }: Intent, { orders }: Lineage): TlsaStatus {
  if (orders?.offSince !== undefined) return { state: 'off', since: orders.offSince };
  return { state: dane && services.length > 0 ? 'on' : 'none' };
}

/** A failure has ended when a later run has observed and had no failure to store. */
function lastingFailure({ lineage, owners, services }: Facts): FailureStatus | undefined {
  const { trouble: failure } = lineage;
  if (failure === undefined) return undefined;
  const looks = [
    ...Object.values(owners).map(({ sweptAt }) => sweptAt),
    ...Object.values(services).flatMap(({ endpoints }) =>
      Object.values(endpoints).flatMap(({ answeredAt }) => answeredAt ?? []),
    ),
  ];
  return Math.max(-Infinity, ...looks) > failure.at ? undefined : failure;
}

/** What comes after a wait, or with the next run. */
function nextOf(next: Plan, way: readonly Stage[]): string | undefined {
  if (next.kind === 'blocked' || (next.kind === 'wait' && !next.known)) return undefined;
  if (next.kind === 'done') return Number.isFinite(next.until) ? 'renewal' : undefined;
  const stage = nextStage(way);
  return stage && stageWords(stage);
}

async function standingOf(given: Task, world: World): Promise<CertificateStatus> {
  const services = servicesAt(given).map(({ service }) => service);
  const memory = await Memory.load(world, given.intent, services);
  const task = asKeyed(asOrdered(given, memory), memory.lineage);
  const { intent } = task;
  const { lineage } = memory;
  const now = world.clock.now();
  const withoutTargets = task.neighbours.map((other) => ({ ...other, targets: [] }));
  const last = {
    lineage,
    services: memory.services,
    owners: memory.owners,
    placed: [],
    neighbours: await neighboursOf({
      task: { ...task, neighbours: withoutTargets },
      world,
      call: {},
    }),
    wantedByOthers: {},
    lookedAt: -Infinity,
    ...defined({
      offer: await observeOffer(task, world),
      request: await observeRequest(task),
    }),
  };
  const facts = await withTrust(last, intent, world);
  const live = liveGeneration(lineage);
  const { generations } = lineage;
  const planned: Plan =
    generations.length === 0
      ? { kind: 'done', until: now, reasons: [] }
      : plan(intent, facts, dueAt(task, lineage), now);
  const issuer = chosenIssuer(intent, lineage, now);
  const ofOrder = atIssuer(intent, issuer.directory);
  const limits = await caLimits({ ...task, intent: ofOrder }, memory, world);
  const next = held(planned, { intent, lineage, limits });
  const untouched = generations.length === 0 && next === planned;
  const staged = stagedGeneration(lineage);
  const reasons = [...next.reasons, ...silenceReasons(lineage, now)];
  const way = generations.length === 0 ? [] : forecast(planned, intent, facts, now);
  return {
    ...described(intent, caOf(ofOrder, issuer, limits)),
    phase: untouched ? 'new' : phaseOf(next),
    tlsa: tlsaOf(intent, lineage),
    live: live && generationStatus(live),
    staged: staged && generationStatus(staged),
    generation: live?.number,
    notAfter: live?.chain?.certificates[0]?.notAfter,
    renewal: renewalStatus(intent, lineage),
    waitingFor: waitingFor(next, untouched),
    until: untilOf(next),
    next: generations.length === 0 ? undefined : nextOf(planned, way),
    why: reasons.map(({ because }) => because),
    reasons: reasons.map((reason) => ({ ...reason, section: REASONS[reason.rule].section })),
    way,
    hints: [...new Set(reasons.flatMap(({ hint }) => hint ?? []))],
    owners: ownerStatuses(intent, facts, now),
    pending: Object.values(facts.owners).flatMap((history) => changesByHand(intent, history)),
    services: intent.services.map((service) => serviceStatus(service, facts)),
    targets: await targetStatuses(task, lineage, world),
    ...defined({ trouble: lastingFailure(facts) }),
  };
}

function waitingFor(next: Plan, untouched: boolean): string | undefined {
  if (untouched) return 'the first run';
  switch (next.kind) {
    case 'done':
      return 'the next renewal';
    case 'step':
      return 'the next run';
    case 'wait':
      if (needsPerson(next.reasons)) return 'you';
      return next.known ? 'time to pass' : 'other name servers to have the change';
    case 'blocked':
      return next.person ? 'you' : 'the failure to end';
  }
}

function untilOf(next: Plan): Instant | undefined {
  if (next.kind === 'done') return next.until;
  return next.kind === 'wait' && next.known ? next.until : undefined;
}
