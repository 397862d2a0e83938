// The state of this installation, for commands that only read: nothing is written, and what cannot
// be read is left out.
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Fields } from '../../base/log.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import type { Fqdn } from '../../dns/name.ts';
import { isWithin, parentOf } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { readDocument } from '../../engine/state/documents.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { Task, World } from '../../engine/world.ts';
import type { Store } from '../../ports/store.ts';
import type { Generation, Lineage, ServiceIntent } from '../../rollover/model.ts';
import { aheadGeneration, liveGeneration, stagedGeneration } from '../../rollover/model.ts';
import { combinationOf } from '../../dane/tlsa.ts';
import { recordsOf, recordsOfKey } from '../../rollover/plan/records/desired-records.ts';
import { recordsOfAnchors } from '../../rollover/plan/records/known-anchors.ts';
import { createStore } from '../../store/keyv-store.ts';
import { faultOf } from '../world/document-shapes.ts';
import { allCertificates } from './one-offs.ts';
import { tasksOf } from './tasks.ts';

export interface OwnState {
  readonly certificates: readonly CertificateConfig[];
  readonly tasks: readonly Task[];
  readonly lineages: ReadonlyMap<string, Lineage>;
  /** What could not be read; one sentence each. */
  readonly notes: readonly string[];
}

/** Whatever combinations an owner has: a rollover publishes all of them for the next chain. */
const COMBINATIONS = [0, 1, 2, 3].flatMap((usage) =>
  [0, 1].flatMap((selector) =>
    [0, 1, 2].map((matchingType) => combinationOf({ usage, selector, matchingType })),
  ),
);

async function attempt<T>(what: string, read: () => Promise<T>, notes: string[]) {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    notes.push(`${what}: ${error.message}`);
    return undefined;
  }
}

/** A damaged document is not moved: only a run sets it aside. */
export function asking(store: Store, notes: string[]): Pick<World, 'store' | 'log'> {
  const warn = (what: string, { key, detail }: Fields = {}): void =>
    void notes.push(`${what}: ${String(key)}: ${String(detail)}`);
  return {
    store: { ...store, setAside: () => Promise.resolve() },
    log: { ...silentLogger, warn },
  };
}

export async function readOwnState(config: Config, clock: Clock): Promise<OwnState> {
  const store: Store = createStore({ directory: config.state.directory, clock, faultOf });
  const notes: string[] = [];
  const certificates =
    (await attempt(
      'one-off certificates',
      () => allCertificates(config, asking(store, notes)),
      notes,
    )) ?? config.certificates;
  const lineages = new Map<string, Lineage>();
  for (const { name } of certificates) {
    const read = () => readDocument<Lineage>(lineageKey(name), { store });
    const before = notes.length;
    const stored = await attempt(`state of ${name}`, read, notes);
    if (stored !== undefined) lineages.set(name, stored.value);
    else if (notes.length === before) {
      notes.push(`state of ${name}: there is none in ${config.state.directory}`);
    }
  }
  const tasks = tasksOf(certificates, config);
  return { certificates, tasks, lineages, notes };
}

function leadsTo({ owner }: ServiceIntent, asked: Fqdn): boolean {
  if (owner === asked) return true;
  const above = parentOf(owner);
  return owner.startsWith('*.') && above !== undefined && isWithin(asked, above);
}

export function recordsOfGeneration({ chain, spki }: Generation): readonly RdataHex[] {
  return COMBINATIONS.flatMap((combination) =>
    chain === undefined
      ? recordsOfKey(spki, combination)
      : recordsOf(chain, combination, { trustAnchors: 'chain' }),
  ).map(({ rdata }) => rdata);
}

/**
 * Records of what is not live yet, now or later: the staged generation, a key that was made ahead,
 * and the CA certificates of other issuers.
 */
export function expectedIn(
  { tasks, lineages }: Pick<OwnState, 'tasks' | 'lineages'>,
  owner: Fqdn,
): ReadonlySet<RdataHex> {
  const own = tasks.filter(({ intent }) => intent.services.some((one) => leadsTo(one, owner)));
  const coming = own
    .flatMap(({ intent }) => lineages.get(intent.name)?.generations ?? [])
    .filter(({ state, compromised }) => state !== 'live' && state !== 'retired' && !compromised);
  const anchors = own.flatMap(({ intent }) =>
    COMBINATIONS.flatMap((combination) => recordsOfAnchors(intent, combination)),
  );
  return new Set([...coming.flatMap(recordsOfGeneration), ...anchors.map(({ rdata }) => rdata)]);
}

/** Without `chain` there is only a key so far. */
export type OwnGeneration = Pick<Generation, 'number' | 'spki' | 'chain'>;

export function generationIn(
  { certificates, lineages, notes }: OwnState,
  name: string,
  which: 'live' | 'staged',
): OwnGeneration {
  if (!certificates.some((one) => one.name === name)) {
    throw new AppError('USAGE', `the certificate "${name}" does not exist`, {
      hint: `known are: ${certificates.map((one) => one.name).join(', ') || 'none'}`,
    });
  }
  const lineage = lineages.get(name);
  const live = lineage && liveGeneration(lineage);
  const coming = lineage && (stagedGeneration(lineage) ?? aheadGeneration(lineage));
  const found = which === 'live' ? live : coming;
  if (found !== undefined) return found;
  const why = notes.find((note) => note.startsWith(`state of ${name}:`));
  throw new AppError('INPUT_INVALID', why ?? `${name} has no ${which} generation now`, {
    hint:
      which === 'live' && coming !== undefined
        ? '--staged means the generation that is not deployed yet'
        : `see holger status ${name}`,
  });
}
