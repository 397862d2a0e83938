// Where a certificate stands, from what is on disk: the planner is asked again, with the last observations, and nothing is touched.
import type { Instant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { CertificateStatus, ServiceStatus } from './commands.ts';
import { Memory } from '../engine/memory.ts';
import { neighboursOf, servicesAt } from '../engine/neighbours.ts';
import { dueAt } from '../engine/renewal.ts';
import { silenceReasons } from '../engine/silence.ts';
import { withTrust } from '../engine/trust.ts';
import type { Task, World } from '../engine/world.ts';
import type { Chain } from '../dane/chain.ts';
import { standsBeside } from '../rollover/beside.ts';
import { sameLeaf } from '../rollover/facts.ts';
import type { Facts } from '../rollover/facts.ts';
import { liveGeneration } from '../rollover/model.ts';
import type { Generation, ServiceIntent } from '../rollover/model.ts';
import { plan } from '../rollover/plan.ts';
import type { Plan, Step } from '../rollover/decision.ts';

const PHASE: Readonly<Record<Step['kind'], string>> = {
  'create-key': 'due',
  obtain: 'ordering',
  publish: 'publishing',
  deploy: 'ready to deploy',
  reload: 'deployed, not seen yet',
  'roll-back': 'going back',
  prove: 'proving',
};

function phaseOf(next: Plan): string {
  switch (next.kind) {
    case 'step':
      return PHASE[next.step.kind];
    case 'wait':
      return 'waiting';
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
    // It must not hide how the others stand.
    if (error instanceof AppError && error.code === 'STORE_NEWER') return unreadable(task, error);
    throw error;
  }
}

function unreadable({ intent }: Task, { code, message, hint }: AppError): CertificateStatus {
  return {
    certificate: intent.name,
    phase: 'needs a person',
    generation: undefined,
    notAfter: undefined,
    waitingFor: 'you',
    until: undefined,
    why: [],
    hints: [],
    services: [],
    trouble: { code, message, ...(hint === undefined ? {} : { hint }) },
  };
}

async function standingOf(task: Task, world: World): Promise<CertificateStatus> {
  const { intent } = task;
  const services = servicesAt(task).map(({ service }) => service);
  const memory = await Memory.load(world, intent, services);
  const { lineage } = memory;
  const now = world.clock.now();
  const withoutTargets = task.neighbours.map((other) => ({ ...other, targets: [] }));
  const last = {
    lineage,
    services: memory.services,
    owners: memory.owners,
    placed: [],
    neighbours: await neighboursOf({ ...task, neighbours: withoutTargets }, world, {}),
    wantedByOthers: {},
    lookedAt: -Infinity,
  };
  const facts = await withTrust(last, intent, world);
  const live = liveGeneration(lineage);
  const untouched = lineage.generations.length === 0;
  const next: Plan = untouched
    ? { kind: 'done', until: now, reasons: [] }
    : plan(intent, facts, dueAt(task, lineage), now);
  const { trouble } = lineage;
  const reasons = [...next.reasons, ...silenceReasons(lineage)];
  return {
    certificate: intent.name,
    phase: untouched ? 'new' : phaseOf(next),
    generation: live?.number,
    notAfter: live?.chain?.certificates[0]?.notAfter,
    waitingFor: waitingFor(next, untouched),
    until: untilOf(next),
    why: reasons.map(({ because }) => because),
    hints: [...new Set(reasons.flatMap(({ hint }) => hint ?? []))],
    services: intent.services.map((service) => serviceStatus(service, facts)),
    ...(trouble === undefined ? {} : { trouble }),
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
      return next.known ? 'time to pass' : 'others to catch up';
    case 'blocked':
      return next.person ? 'you' : 'the fault to go away';
  }
}

function untilOf(next: Plan): Instant | undefined {
  if (next.kind === 'done') return next.until;
  return next.kind === 'wait' && next.known ? next.until : undefined;
}

function isOf(seen: Chain | undefined, { chain }: Generation): boolean {
  return seen !== undefined && chain !== undefined && sameLeaf(seen, chain);
}

function serviceStatus(service: ServiceIntent, facts: Facts): ServiceStatus {
  const history = facts.services[service.id];
  const live = liveGeneration(facts.lineage);
  const endpoints = Object.entries(history?.endpoints ?? {});
  const current = endpoints.filter(([, { sightings }]) => {
    if (live === undefined) return false;
    const own = sightings.filter(
      (sighting) => !standsBeside(sighting, live.keyType, service, history, facts),
    );
    return own.length > 0 && own.every(({ chain }) => isOf(history?.chains[chain], live));
  });
  const silent = endpoints.find(([, { failure }]) => failure !== undefined);
  const other = endpoints.find((endpoint) => !current.includes(endpoint));
  const unasked = endpoints.find(([, { noRoute }]) => noRoute === true);
  const finding =
    silent !== undefined
      ? `${silent[0]} did not answer: ${silent[1].failure ?? ''}`
      : other !== undefined && live?.chain !== undefined
        ? `${other[0]} presents another certificate`
        : unasked !== undefined
          ? `${unasked[0]} cannot be reached from this machine; the other addresses speak for it`
          : undefined;
  return {
    url: service.id,
    tlsaOwner: service.owner,
    endpoints: endpoints.length,
    current: current.length,
    ...(finding === undefined ? {} : { finding }),
  };
}
