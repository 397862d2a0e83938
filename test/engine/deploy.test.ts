// What a deployment places, what it moves, and what it stores about targets that took it and those
// that failed.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { deploy } from '../../src/engine/act/deploy.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Lineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import { A, NOW, SERVICE, generation, intent, seen } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const {
  provenAt: _no,
  deployedAt: _neither,
  deployBegunAt: _nor,
  ...fresh
} = generation(2, 'issued', A);

interface Story {
  readonly generation?: Partial<Generation>;
  readonly targets?: Lineage['targets'];
  /** By target: how it refuses the files. */
  readonly refusals?: Readonly<Record<string, ErrorCode>>;
  readonly fits?: boolean;
}

/** Generation 2 is deployed to two targets, at most one of which was named before. */
async function deployed({ generation: own = {}, targets, refusals = {}, fits = true }: Story) {
  const placed: string[] = [];
  const target = (id: string): DeployTarget => ({
    ...{ id, label: `files /${id}` },
    place: () => {
      const code = refusals[id];
      if (code !== undefined) return Promise.reject(new AppError(code, 'it fails'));
      placed.push(id);
      return Promise.resolve();
    },
    reload: () => Promise.resolve(),
    placed: () => Promise.resolve([]),
    differences: () => Promise.resolve([]),
  });
  const storage = new Storage();
  const files = storage.files(() => undefined);
  await files.writeKey('mail', 2, 'KEY');
  await files.writeChain('mail', 2, 'CHAIN');
  const world = fakeWorld({
    files,
    store: storage.store(() => undefined),
    pki: { readPem: () => A, keyFits: () => fits },
  });
  const both = ['one', 'two'].map(target);
  const task = fakeTask(intent({}, { targets: both.map(({ id, label }) => ({ id, label })) }), {
    targets: both,
  });
  const it = { ...fresh, ...own };
  const lineage = { ...newLineage('mail'), generations: [it], ...(targets && { targets }) };
  await world.store.write(lineageKey('mail'), lineage, 0);
  await world.store.write(`service/${SERVICE.id}`, seen(NOW - 60, { '1': A, '2': 'silent' }), 0);
  const memory = await Memory.load(world, task.intent);
  const error = await deploy({ task, memory, world, call: {} }, it).then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof AppError ? thrown.code : 'another error'),
  );
  return { placed, error, live: await files.live('mail'), lineage: memory.lineage };
}

describe('K2: a target that fails', () => {
  it('does not prevent the deployment at others, and is the only one without it', async () => {
    const { placed, error, live, lineage } = await deployed({ refusals: { one: 'DEPLOY_FAILED' } });
    expect({ placed, error, live }).toEqual({ placed: ['two'], error: 'DEPLOY_FAILED', live: 2 });
    expect(lineage.targets).toMatchObject({
      one: { attempts: { count: 1 }, failure: { person: false } },
      two: { took: 2 },
    });
    expect(lineage.targets?.['one']?.took).toBeUndefined();
  });

  it('moves nothing where it is the only one, or all of them fail', async () => {
    const refusals = { one: 'DEPLOY_FAILED', two: 'DEPLOY_REFUSED' } as const;
    expect(await deployed({ refusals })).toMatchObject({ placed: [], live: undefined });
  });

  it('needs a person where waiting does not help', async () => {
    const { lineage } = await deployed({ refusals: { one: 'DEPLOY_REFUSED' } });
    expect(lineage.targets).toMatchObject({ one: { failure: { person: true } } });
  });

  it('has no pause for a failure of the previous generation', async () => {
    const attempts = { count: 5, last: NOW - 1 };
    const targets = { one: { label: 'files /one', took: 1, attempts } };
    expect((await deployed({ targets })).placed).toEqual(['one', 'two']);
    const begun = { deployBegunAt: NOW - 10, state: 'live' as const };
    expect((await deployed({ targets, generation: begun })).placed).toEqual(['two']);
  });
});

describe('K3: a pair that does not match', () => {
  it('is placed in the state folder for no target', async () => {
    const { placed, error, live } = await deployed({ fits: false });
    expect({ placed, error, live }).toEqual({
      ...{ placed: [], error: 'STORE_CORRUPT', live: undefined },
    });
  });

  it('is recognised by what worked before: also what an earlier attempt broke', async () => {
    const at = (address: string): string => `${SERVICE.id} at ${address}`;
    const [first] = (await deployed({})).lineage.generations;
    expect(first?.presentedBefore).toEqual([at('1')]);
    const before = { presentedBefore: [at('2')], broken: { at: NOW - 30, because: ['x'] } };
    const [again] = (await deployed({ generation: before })).lineage.generations;
    expect(again?.presentedBefore).toEqual([at('1'), at('2')]);
  });
});
