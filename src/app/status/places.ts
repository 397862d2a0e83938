// For `status`: the files at the targets, and what the endpoints of the services presented at the
// last handshakes.
import { fromHex } from '../../base/bytes.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import type { Task, World } from '../../engine/world.ts';
import type { DeployTarget } from '../../ports/target.ts';
import { standsBeside } from '../../rollover/law/dual-algorithm.ts';
import { generationOf } from '../../rollover/law/facts.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { Generation, Lineage, ServiceIntent } from '../../rollover/model.ts';
import { NO_TLS } from '../../rollover/record/service-history.ts';
import type { EndpointMemory, ServiceHistory } from '../../rollover/record/service-history.ts';
import { isSelfSigned, labelOf } from '../../x509/certificate.ts';
import type { EndpointStatus, ServiceStatus, TargetStatus } from './certificate-status.ts';

/** A chain in a few words. */
function chainWords(chain: Chain, lineage: Lineage): string {
  const generation = generationOf(chain, lineage);
  if (generation !== undefined) return `generation ${generation.number}`;
  const der = fromHex(chain.certificates[0]?.der ?? '');
  if (isSelfSigned(der)) return 'a self-signed certificate';
  return `another certificate (issued by ${labelOf(der).issuer})`;
}

function unique(words: readonly string[]): string {
  return [...new Set(words)].join(', ');
}

async function holdsAt(
  target: DeployTarget,
  { intent }: Task,
  lineage: Lineage,
  world: World,
): Promise<string | undefined> {
  if (target.stage !== undefined) return rememberedAt(target, lineage);
  if (target.writes === undefined) {
    if (target.runs !== undefined) return undefined;
    const live = await world.files.live(intent.name);
    return live === undefined ? 'nothing' : `generation ${live}`;
  }
  try {
    const chains = (await target.placed({})).map(({ pem }) => world.pki.readPem(pem));
    return chains.length === 0
      ? 'nothing'
      : unique(chains.map((chain) => chainWords(chain, lineage)));
  } catch (error) {
    if (error instanceof AppError) return `not readable: ${error.message}`;
    throw error;
  }
}

/** Of a machine that is not asked now: what was there at the last look, and what was sent to it. */
function rememberedAt({ id }: DeployTarget, lineage: Lineage): string {
  const { took, sent, differs = [] } = lineage.targets?.[id] ?? {};
  const chains = Object.values(lineage.placed ?? {})
    .filter(({ target, goneAt }) => target === id && goneAt === undefined)
    .map(({ chain }) => chainWords(chain, lineage));
  const there = chains.length > 0 ? chains : took === undefined ? [] : [`generation ${took}`];
  const waiting =
    sent === undefined || sent.generation === took
      ? []
      : sent.failing === undefined
        ? [`generation ${sent.generation} is ready there`]
        : [`generation ${sent.generation} could not be sent: ${sent.failing.because}`];
  const [first = 'nothing known'] = [unique(there)].filter((words) => words !== '');
  return [first, ...differs, ...waiting].join('; ');
}

export async function targetStatuses(
  task: Task,
  lineage: Lineage,
  world: World,
): Promise<TargetStatus[]> {
  return Promise.all(
    task.targets.map(async (target) => ({
      label: target.label,
      writes: target.writes ?? [],
      holds: await holdsAt(target, task, lineage, world),
    })),
  );
}

function presentedBy(
  { sightings }: EndpointMemory,
  history: ServiceHistory | undefined,
  lineage: Lineage,
): string | undefined {
  const words = sightings.flatMap(({ chain: id }) => {
    if (id === NO_TLS) return 'no TLS';
    const chain = history?.chains[id];
    return chain === undefined ? [] : chainWords(chain, lineage);
  });
  return words.length === 0 ? undefined : unique(words);
}

function isOf(seen: Chain | undefined, { chain }: Generation): boolean {
  return seen !== undefined && chain !== undefined && sameLeaf(seen, chain);
}

function isCurrent(
  { sightings }: EndpointMemory,
  live: Generation | undefined,
  service: ServiceIntent,
  facts: Facts,
): boolean {
  const history = facts.services[service.id];
  if (live === undefined) return false;
  const own = sightings.filter((sighting) => !standsBeside(sighting, live.keyType, service, facts));
  return own.length > 0 && own.every(({ chain }) => isOf(history?.chains[chain], live));
}

export function serviceStatus(service: ServiceIntent, facts: Facts): ServiceStatus {
  const history = facts.services[service.id];
  const live = liveGeneration(facts.lineage);
  const endpoints = Object.entries(history?.endpoints ?? {});
  const isWell = ([, memory]: (typeof endpoints)[number]): boolean =>
    isCurrent(memory, live, service, facts);
  const silent = endpoints.find(([, { failure }]) => failure !== undefined);
  const other = endpoints.find((endpoint) => !isWell(endpoint));
  const unasked = endpoints.find(([, { noRoute }]) => noRoute === true);
  const finding =
    silent !== undefined
      ? `${silent[0]} did not answer: ${silent[1].failure ?? ''}`
      : other !== undefined && live?.chain !== undefined
        ? `${other[0]} presents another certificate`
        : unasked !== undefined
          ? `${unasked[0]} cannot be reached from this machine; only the other addresses were ` +
            'checked'
          : undefined;
  return {
    url: service.id,
    tlsaOwner: service.owner,
    endpoints: endpoints.length,
    current: endpoints.filter(isWell).length,
    seen: endpoints.map(([address, memory]): EndpointStatus => {
      const presents = presentedBy(memory, history, facts.lineage);
      return { address, presents, seenAt: memory.answeredAt, failure: memory.failure };
    }),
    ...defined({ finding }),
  };
}
