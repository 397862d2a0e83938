// A certificate gets another name: its keys, chains, state and pending work are moved. Nothing is
// published and nothing is deployed. The start is stored first and removed last: after a crash the
// same command or the next run does the rest.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import type { Stored } from '../ports/store.ts';
import { awake } from '../rollover/model.ts';
import type { Lineage } from '../rollover/model.ts';
import { readDocument, readOrSetAside } from './state/documents.ts';
import { lineageKey } from './state/memory.ts';
import type { Renamed, Standing } from './standing.ts';
import type { Former, Task, World } from './world.ts';

/** Before the new name. */
export const RENAMING = 'renaming/';

export interface Renaming {
  readonly schema: 1;
  readonly from: string;
  readonly since: Instant;
  /**
   * The document of the certificate is that of the old name; files and the rest follow it from now
   * on.
   */
  readonly copied?: true;
  /** Where unused keys of the new name were moved. */
  readonly replaced?: string;
}

/** Undefined: nothing is left to move, or it is done and the run continues. */
export async function takeOver(
  task: Task,
  former: Former,
  world: World,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Standing | undefined> {
  const { name } = task.intent;
  const key = `${RENAMING}${name}`;
  const known = await readDocument<Renaming>(key, world);
  if (known === undefined && former.ordered !== true) return undefined;
  if (dryRun) return preview(name, former, world);
  const begun = known ?? (await begin(key, former, world));
  const { replaced } = begun.value.copied ? begun.value : await copy(name, former, begun, world);
  await followUp(name, former, world);
  world.instant('before rename files');
  await world.files.rename(former.name, name);
  world.instant('after rename files');
  await forget(key, former, world);
  const news = {
    from: former.name,
    ...(await pathsOf(name, former, world)),
    ...(replaced === undefined ? {} : { replaced }),
  };
  world.emit({ event: 'renamed', certificate: name, at: world.clock.now(), ...news });
  return former.ordered === true ? { kind: 'renamed', ...news } : undefined;
}

async function pathsOf(
  name: string,
  former: Former,
  { files }: World,
): Promise<Pick<Renamed, 'oldLive' | 'live'>> {
  if ((await files.renamedTo(former.name)) === undefined) return {};
  return { oldLive: files.folder(former.name, 'live'), live: files.folder(name, 'live') };
}

function preview(name: string, { name: from }: Former, world: World): Standing {
  const at = world.clock.now();
  const step =
    `move keys, chains and state of "${from}" to the new name; nothing is published or ` +
    'deployed';
  const way = [{ stage: 'rename', at, from }] as const;
  world.emit({ event: 'planned', certificate: name, at, step, way, targets: [] });
  return { kind: 'planned', step };
}

async function begin(key: string, { name }: Former, world: World): Promise<Stored<Renaming>> {
  const value: Renaming = { schema: 1, from: name, since: world.clock.now() };
  world.instant('before rename begun');
  const revision = await world.store.write(key, value, 0);
  world.instant('after rename begun');
  return { value, revision };
}

/** The new name's own generation was never deployed: a run before the renaming began with it. */
async function copy(
  name: string,
  former: Former,
  { value: begun, revision }: Stored<Renaming>,
  world: World,
): Promise<Renaming> {
  const { store, files } = world;
  const old = await readOrSetAside<Lineage>(lineageKey(former.name), world);
  const own = await readOrSetAside<Lineage>(lineageKey(name), world);
  const numbers = await files.numbers(former.name);
  const hasKeys = numbers.length + (old?.value.generations.length ?? 0) > 0;
  let replaced: string | undefined;
  if (hasKeys || own === undefined) {
    const since = formatInstant(Math.floor(begun.since)).replaceAll(':', '');
    replaced = await files.archive(name, `${name}-replaced-${since}`);
    world.instant('after rename archive');
    // If the document is lost, the next run rebuilds it.
    if (old === undefined) await store.remove(lineageKey(name));
    else {
      const value = renamed(old.value, own?.value, name);
      await store.write(lineageKey(name), value, own?.revision ?? 0);
    }
    world.instant('after rename copy');
  }
  const done: Renaming = {
    ...begun,
    copied: true,
    ...(replaced === undefined ? {} : { replaced }),
  };
  await store.write(`${RENAMING}${name}`, done, revision);
  return done;
}

/** TXT records that are to be withdrawn stay in the state, under both names. */
function renamed(old: Lineage, own: Lineage | undefined, name: string): Lineage {
  const further = (own?.challengeRecords ?? []).filter(
    ({ owner, rdata }) =>
      !old.challengeRecords.some((one) => one.owner === owner && one.rdata === rdata),
  );
  return { ...awake(old), name, challengeRecords: [...old.challengeRecords, ...further] };
}

async function followUp(name: string, former: Former, world: World): Promise<void> {
  const { store } = world;
  const old = `watched/${former.name}/`;
  for (const key of await store.keys(old)) {
    const watched = await readDocument(key, world);
    if (watched === undefined) continue;
    await put(`watched/${name}/${key.slice(old.length)}`, watched.value, world);
  }
  for (const { key, value } of former.documents) await put(key, value, world);
}

async function put(key: string, value: unknown, world: World): Promise<void> {
  const before = await readDocument(key, world);
  world.instant(`before rename ${key}`);
  await world.store.write(key, value, before?.revision ?? 0);
}

async function forget(key: string, former: Former, world: World): Promise<void> {
  const { store } = world;
  const watched = await store.keys(`watched/${former.name}/`);
  for (const old of [...watched, ...former.obsolete, lineageKey(former.name), key]) {
    world.instant(`before remove ${old}`);
    await store.remove(old);
  }
}
