// When each idle certificate is next due, in one document, so that a run reads no document of a
// certificate with nothing to do.
//
// It is made of the documents and is never the truth: what it says of a certificate counts only
// while the signature of that document, of the `live` link and of the files at the targets is the
// one that they had before they were read and compared. Whatever changes them (another process, a
// restored backup, an earlier version, a person) makes the certificate be examined.
import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Instant, Moment } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import { stepBetween } from '../rollover/record/clock-step.ts';
import type { Intent } from '../rollover/model.ts';
import type { Standing } from './standing.ts';
import { askedKey } from './state/asked.ts';
import { lineageKey } from './state/memory.ts';
import type { Task, World } from './world.ts';

export const DUE_INDEX = 'due-index';
/** Another one is of another version, and is not used. */
const FORMAT = 1;

export interface DueEntry {
  readonly name: string;
  /** It was at rest then, and is until this time. */
  readonly seenAt: Instant;
  readonly until: Instant;
  /** Of the intent under which that was decided. */
  readonly intent: string;
  readonly files: readonly string[];
  readonly signature: string;
}

/** All that the configuration names was idle, and nothing else was to be done. */
export interface AllIdle {
  /** Of the configuration, and of all else on which the tasks of a run depend. */
  readonly configuration: string;
  /** Of the store, before anything was read. */
  readonly roll: string;
  readonly warnings: readonly string[];
}

export interface DueDocument {
  readonly format: number;
  readonly savedAt?: Moment;
  readonly entries: readonly DueEntry[];
  readonly all?: AllIdle;
}

interface Known {
  readonly document?: DueDocument;
  readonly revision: number;
}

/** @returns without a document what must not be used, and without a revision what is not there */
export async function readDueIndex({
  store,
  clock,
}: Pick<World, 'store' | 'clock'>): Promise<Known> {
  const stored = await store.read<DueDocument>(DUE_INDEX);
  if (stored === undefined) return { revision: 0 };
  const { value, revision } = stored;
  const { format, savedAt } = value;
  // Times that another clock has counted say nothing about this one.
  const isSet = stepBetween(savedAt, clock.moment?.()) !== 0;
  return format === FORMAT && !isSet ? { document: value, revision } : { revision };
}

/**
 * What decides whether an idle certificate can be skipped. It is stored for each one, so that of CA
 * certificates only a digest is in it.
 */
export function fingerprint(intent: Intent): string {
  const { force: _now, anchors, ...lasting } = intent;
  if (anchors === undefined) return JSON.stringify(lasting);
  const known = hash('sha256', anchors.map(({ der }) => der).join(' '), 'base64').slice(0, 22);
  return JSON.stringify({ ...lasting, anchors: known });
}

export function isIdle(
  { seenAt, until }: Pick<DueEntry, 'seenAt' | 'until'>,
  now: Instant,
): boolean {
  return seenAt <= now && now < until;
}

/** Undefined: the documents are not files, and would have to be read. */
function watchedFiles(
  { intent, targets, source, request, anchorFiles = [] }: Task,
  { store, files }: World,
): string[] | undefined {
  if (store.pathOf === undefined) return undefined;
  return [
    store.pathOf(lineageKey(intent.name)),
    files.folder(intent.name, 'live'),
    ...targets.flatMap(({ watches, writes = [] }) => watches ?? writes),
    ...(source === undefined ? [] : [...source.watches, store.pathOf(askedKey(intent.name))]),
    ...(request?.watches ?? []),
    ...anchorFiles,
  ];
}

interface Seen {
  readonly files: readonly string[];
  readonly signature: string;
}

export class DueIndex {
  readonly #known: Known;
  readonly #entries: ReadonlyMap<string, DueEntry>;
  /** Before anything was read; each is used once, because a run that waits looks again. */
  readonly #seen: Map<string, Seen>;
  readonly #next = new Map<string, DueEntry>();

  private constructor(known: Known, seen: Map<string, Seen>) {
    this.#known = known;
    this.#seen = seen;
    this.#entries = new Map(known.document?.entries.map((entry) => [entry.name, entry]));
  }

  /** It takes the signatures at once: nothing of these certificates must have been read before. */
  static async open(tasks: readonly Task[], world: World): Promise<DueIndex> {
    const { signatures } = world;
    const watched = tasks.flatMap((task) => {
      const files = signatures === undefined ? undefined : watchedFiles(task, world);
      return files === undefined ? [] : { name: task.intent.name, files };
    });
    const found = await signatures?.of(watched.map(({ files }) => files));
    const seen = watched.flatMap(({ name, files }, at) => {
      const signature = found?.[at];
      return signature === undefined ? [] : [[name, { files, signature }] as const];
    });
    return new DueIndex(await knownOf(world), new Map(seen));
  }

  /** Undefined: its document is to be read. */
  standing({ intent }: Task, now: Instant): Standing | undefined {
    const entry = this.#entries.get(intent.name);
    if (entry === undefined || !isIdle(entry, now)) return undefined;
    if (entry.signature !== this.#seen.get(intent.name)?.signature) return undefined;
    if (entry.intent !== digestOf(intent)) return undefined;
    this.#seen.delete(intent.name);
    this.#next.set(intent.name, entry);
    return { kind: 'done', until: entry.until, reasons: [] };
  }

  /** Its document, and what lies at its targets, show that it is idle. */
  note({ intent }: Task, until: Instant, now: Instant): void {
    const { name } = intent;
    const seen = this.#seen.get(name);
    this.#seen.delete(name);
    if (seen === undefined) return;
    this.#next.set(name, { name, seenAt: now, until, intent: digestOf(intent), ...seen });
  }

  /** None of these certificates moved. */
  covers(tasks: readonly Task[]): boolean {
    return tasks.every(({ intent }) => this.#next.has(intent.name));
  }

  /** At the end of a run over all certificates, and only then. */
  async save(tasks: readonly Task[], all: AllIdle | undefined, world: World): Promise<void> {
    const entries = tasks.flatMap(({ intent }) => this.#next.get(intent.name) ?? []);
    const content = { format: FORMAT, entries, ...defined({ all }) };
    const { document, revision } = this.#known;
    const { savedAt: _then, ...before } = document ?? { entries: [] };
    if (document === undefined && entries.length === 0) return;
    if (isDeepStrictEqual(content, before)) return;
    const savedAt = world.clock.moment?.();
    try {
      await world.store.write(DUE_INDEX, { ...content, ...defined({ savedAt }) }, revision);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Without it the next run reads the documents. Another run may have written it meanwhile.
      const detail = reasonOf(error);
      if (error.code !== 'REVISION_CONFLICT') world.log.warn('due index not stored', { detail });
    }
  }
}

/** A damaged one is set aside. */
async function knownOf(world: World): Promise<Known> {
  try {
    return await readDueIndex(world);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STORE_CORRUPT') throw error;
    world.log.debug('damaged due index set aside', { detail: error.message });
    await world.store.setAside(DUE_INDEX);
    return { revision: 0 };
  }
}

function digestOf(intent: Intent): string {
  return hash('sha256', fingerprint(intent), 'base64').slice(0, 22);
}
