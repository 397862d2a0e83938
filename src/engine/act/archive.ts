// The end of a deleted certificate: keys and chains are moved to the archive, documents are
// removed. Its own document is removed last, so that after a crash the next run does the rest.
import { formatInstant } from '../../base/clock.ts';
import { generationOf, ownersOf } from '../../rollover/law/facts.ts';
import type { Reason } from '../../rollover/reasons.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { ServiceIntent } from '../../rollover/model.ts';
import type { Sighting } from '../../rollover/record/service-history.ts';
import type { Job } from '../job.ts';
import type { Memory } from '../state/memory.ts';
import { lineageKey } from '../state/memory.ts';
import type { Departed } from '../world.ts';

export type Farewell =
  | { readonly kind: 'gone'; readonly archive?: string }
  | { readonly kind: 'blocked'; readonly person: boolean; readonly reasons: readonly Reason[] };

export async function farewell(job: Job, departed: Departed): Promise<Farewell> {
  const { task, memory, world } = job;
  const reasons = [...unwithdrawn(memory), ...stillRead(job, departed)];
  if (reasons.length > 0) return { kind: 'blocked', person: true, reasons };
  // Afterwards there is no document to which something could be added.
  await memory.flush();
  const { name } = task.intent;
  world.instant('before archive');
  const archive = await world.files.archive(name, archiveName(name, memory));
  world.instant('after archive');
  for (const key of await documentsOf(job, departed)) {
    world.instant(`before remove ${key}`);
    await world.store.remove(key);
  }
  world.instant('before remove certificate');
  await world.store.remove(lineageKey(name));
  return { kind: 'gone', ...(archive === undefined ? {} : { archive }) };
}

/** The same after a crash: it is named after the time of the operation, not of this moment. */
function archiveName(name: string, { lineage }: Memory): string {
  const since = formatInstant(Math.floor(lineage.orders?.leaving?.since ?? 0));
  return `${name}-${since.replaceAll(':', '')}`;
}

function unwithdrawn({ lineage }: Memory): Reason[] {
  if (lineage.orders?.leaving?.keepRecords === true) return [];
  return lineage.challengeRecords.map(({ owner }) => ({
    rule: 'challenge-is-withdrawn',
    because: `the TXT record of a challenge at ${owner} could not be withdrawn`,
    hint:
      'the log says why; fix the cause and run the command again, or give the record up ' +
      'with --keep-records',
  }));
}

/** A running service whose files are moved fails at its next restart. */
function stillRead({ task, memory }: Job, { readInPlace }: Departed): Reason[] {
  const { intent } = task;
  const { lineage } = memory;
  if (!readInPlace || lineage.orders?.leaving?.moveFiles === true) return [];
  return intent.services.flatMap((service) => {
    const at = whereRead(service, memory);
    if (at === undefined) return [];
    return {
      rule: 'files-are-not-in-use',
      because:
        `${service.id} ${at}, and no deploy says that it reads the certificate outside the ` +
        'state folder',
      hint:
        'let the service load another certificate, or move the files anyway with ' +
        '--move-files; then run the command again',
    };
  });
}

function whereRead({ id, running, reachable }: ServiceIntent, memory: Memory): string | undefined {
  const { lineage } = memory;
  if (!running || liveGeneration(lineage) === undefined) return undefined;
  if (!reachable) return 'cannot be reached from this machine';
  const { endpoints, chains } = memory.service(id);
  const isOurs = ({ chain, missedSince }: Sighting): boolean => {
    const seen = chains[chain];
    return (
      missedSince === undefined && seen !== undefined && generationOf(seen, lineage) !== undefined
    );
  };
  const reading = Object.entries(endpoints).find(
    ([, { sightings, failure }]) => failure === undefined && sightings.some(isOurs),
  );
  return reading === undefined ? undefined : `still presents it at ${reading[0]}`;
}

async function documentsOf(
  { task, world }: Job,
  { shared, documents }: Departed,
): Promise<string[]> {
  const { intent } = task;
  const own = [
    ...ownersOf(intent).map((owner) => `owner/${owner}`),
    ...intent.services.map(({ id }) => `service/${id}`),
  ].filter((key) => !shared.has(key));
  const watched = await world.store.keys(`watched/${intent.name}/`);
  return [...own, ...watched, ...documents];
}
