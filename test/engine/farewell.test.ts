// What happens to the state of a certificate that is deleted.
import { describe, expect, it } from 'vitest';
import { AppError, reasonOf } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { farewell } from '../../src/engine/act/archive.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { Departed } from '../../src/engine/world.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import { NOW, OWNER, SERVICE, chain, generation, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const KEY = lineageKey('mail');
const DOCUMENTS = [`owner/${OWNER}`, `service/${SERVICE.id}`, `watched/mail/x.`, 'kept/mail'];

interface Story {
  /** Keys of documents that others still use. */
  readonly shared?: readonly string[];
  readonly archiveFails?: true;
  readonly lineage?: Partial<Lineage>;
  readonly readInPlace?: true;
}

/** A certificate whose deletion was requested at this time. */
async function leaving(since: number, story: Story = {}) {
  const { shared = [], archiveFails, lineage = {}, readInPlace = false } = story;
  const archived: string[] = [];
  const store = new Storage().store(() => undefined);
  const archive = (name: string, to: string): Promise<string> => {
    if (archiveFails) return Promise.reject(new AppError('STORE_FAILED', 'no space'));
    archived.push(`${name} → ${to}`);
    return Promise.resolve(`/archive/${to}`);
  };
  const clock = { now: () => NOW };
  const world = fakeWorld({ clock, store, files: { archive } });
  const orders = { leaving: { since } };
  await store.write(KEY, { ...newLineage('mail'), orders, ...lineage }, 0);
  for (const key of DOCUMENTS) await store.write(key, { schema: 1 }, 0);
  const services = [{ ...SERVICE, reachable: false }];
  const task = fakeTask(intent({}, { services }));
  const departed: Departed = {
    ...{ readInPlace, shared: new Set(shared), documents: ['kept/mail'] },
  };
  const memory = await Memory.load(world, { ...task.intent, services: [] }, []);
  const said = await farewell({ task, memory, world, call: {} }, departed).catch(reasonOf);
  const left = [KEY, ...DOCUMENTS].map(async (key) => ((await store.read(key)) ? [key] : []));
  return { said, archived, left: (await Promise.all(left)).flat() };
}

describe('K5: a certificate that is deleted', () => {
  it('has its keys and chains archived under the time of its deletion, and its documents removed', async () => {
    const { said, archived, left } = await leaving(NOW);
    expect(said).toEqual({ kind: 'gone', archive: '/archive/mail-2026-11-21T120000Z' });
    expect(archived).toEqual(['mail → mail-2026-11-21T120000Z']);
    expect(left).toEqual([]);
    expect((await leaving(NOW + 60)).archived).toEqual(['mail → mail-2026-11-21T120100Z']);
  });

  it('leaves the documents of owners and services that others still use', async () => {
    const shared = [`owner/${OWNER}`, `service/${SERVICE.id}`];
    expect((await leaving(NOW, { shared })).left).toEqual(shared);
  });

  it('is in the state until all the rest is done, so that the next run continues', async () => {
    const { said, left } = await leaving(NOW, { archiveFails: true });
    expect(said).toBe('no space');
    expect(left).toEqual([KEY, ...DOCUMENTS]);
  });

  it('stays while the record of a challenge could not be withdrawn, unless it is given up', async () => {
    const challengeRecords = [{ owner: fqdn('_acme-challenge.x'), rdata: '00', at: NOW }];
    const { said, left } = await leaving(NOW, { lineage: { challengeRecords } });
    expect(said).toMatchObject({ kind: 'blocked', reasons: [{ rule: 'challenge-is-withdrawn' }] });
    expect(left).toContain(KEY);
    const orders = { leaving: { since: NOW, keepRecords: true as const } };
    expect((await leaving(NOW, { lineage: { challengeRecords, orders } })).left).toEqual([]);
  });

  it('stays while a service may read its files in the state folder, unless they may be moved', async () => {
    const generations = [generation(1, 'live', chain('A'))];
    const { said, left } = await leaving(NOW, { readInPlace: true, lineage: { generations } });
    expect(said).toMatchObject({ kind: 'blocked', reasons: [{ rule: 'files-are-not-in-use' }] });
    expect(left).toContain(KEY);
    const orders = { leaving: { since: NOW, moveFiles: true as const } };
    const moved = await leaving(NOW, { readInPlace: true, lineage: { generations, orders } });
    expect(moved.left).toEqual([]);
    expect((await leaving(NOW, { lineage: { generations } })).left).toEqual([]);
  });
});
