// What an operation records, and when it is refused.
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { performOperation } from '../../src/engine/operations/operations.ts';
import { Memory, lineageKey } from '../../src/engine/state/memory.ts';
import type { Operation } from '../../src/engine/world.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import {
  A,
  B,
  DAY,
  NOW,
  OWNER,
  SERVICE,
  generation,
  intent,
  seen,
  swept,
} from '../rollover/world.ts';
import type { Answer } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const TARGETS = [
  { id: 'one', label: 'files /etc/one.pem' },
  { id: 'two', label: 'files /etc/two.pem' },
];

/** Generation 1 is replaced, generation 2 is live. The certificate is idle. */
const LIVE: Partial<Lineage> = {
  generations: [generation(1, 'retired', B), generation(2, 'live', A)],
  idleUntil: NOW + 9999,
};

async function certificate(
  lineage: Partial<Lineage> = LIVE,
  {
    server = { records: [] },
    endpoint = A,
    window,
  }: {
    server?: Answer;
    endpoint?: typeof A | 'silent';
    window?: { readonly start: number; readonly end: number };
  } = {},
) {
  const storage = new Storage();
  const events: Event[] = [];
  const files = storage.files(() => undefined);
  const world = fakeWorld({
    files,
    store: storage.store(() => undefined),
    pki: { readPem: () => A, keyFits: () => true, certId: () => window && 'an id' },
    issuerAt: () => ({ renewalInfo: () => Promise.resolve({ ...window, nextLookAt: NOW + 9 }) }),
    emit: (event: Event) => void events.push(event),
  });
  for (const number of [1, 2]) {
    await files.writeKey('mail', number, `KEY ${number}`);
    await files.writeChain('mail', number, `CHAIN ${number}`);
  }
  const service = seen(NOW - 60, { '192.0.2.1': endpoint });
  await world.store.write(lineageKey('mail'), { ...newLineage('mail'), ...lineage }, 0);
  await world.store.write(`service/${SERVICE.id}`, service, 0);
  await world.store.write(`owner/${OWNER}`, swept(undefined, NOW - 60, [server]), 0);
  const task = fakeTask(intent({}, { targets: TARGETS }));
  const memory = await Memory.load(world, task.intent);
  const job = { task, memory, world, call: {} };
  const order = (what: Operation) => performOperation(job, what);
  return { files, memory, events, order };
}

describe('an operation', () => {
  it('wakes an idle certificate, and is reported once', async () => {
    const { memory, events, order } = await certificate();
    await order({ kind: 'off' });
    expect(memory.lineage.orders).toEqual({ offSince: NOW });
    expect(memory.lineage.idleUntil).toBeUndefined();
    expect(events).toMatchObject([{ event: 'operator', what: 'off', certificate: 'mail' }]);
    await order({ kind: 'on' });
    expect(memory.lineage.orders).toBeUndefined();
  });

  it('that is refused records nothing and reports nothing', async () => {
    const { memory, events, order } = await certificate({ generations: [] });
    const before = memory.lineage;
    await expect(order({ kind: 'emergency', records: 'keep' })).rejects.toMatchObject({
      code: 'BLOCKED',
    });
    await expect(order({ kind: 'deploy' })).rejects.toMatchObject({ code: 'BLOCKED' });
    expect(memory.lineage).toEqual(before);
    expect(events).toEqual([]);
  });
});

describe('emergency', () => {
  it('marks every generation of the compromised key, in the documents and beside the key', async () => {
    const [first, live] = [generation(1, 'retired', A), generation(2, 'live', A)];
    const other = generation(3, 'issued', B);
    const { files, memory, order } = await certificate({ generations: [first, live, other] });
    await order({ kind: 'emergency', records: 'withdraw' });
    expect(memory.lineage.generations.map(({ compromised }) => compromised)).toEqual([
      ...[true, true, undefined],
    ]);
    expect(memory.lineage.orders?.emergency).toEqual({ since: NOW, records: 'withdraw' });
    expect(await files.markedAt('mail', 1, 'compromised')).toBe(NOW);
    expect(await files.markedAt('mail', 3, 'compromised')).toBeUndefined();
  });
});

describe('rollback', () => {
  it('rule 29: keeps the first answer of the CA about it, to compare later ones with', async () => {
    const window = { start: NOW + 9 * DAY, end: NOW + 10 * DAY };
    const { memory, order } = await certificate(LIVE, { window });
    await order({ kind: 'rollback' });
    expect(memory.lineage.generations.at(-1)).toMatchObject({ number: 3, firstWindow: window });
  });

  it('deploys the previous generation as a new one, and leaves the old one as it is', async () => {
    const { files, memory, order } = await certificate();
    await order({ kind: 'rollback' });
    expect(memory.lineage.generations.at(-1)).toMatchObject({
      ...{ number: 3, state: 'issued', rollbackOf: 1, chain: B },
    });
    expect(await files.readKey('mail', 3)).toBe('KEY 1');
    expect(memory.lineage.generations[0]).toMatchObject({ number: 1, state: 'retired' });
  });

  it('is refused with the reason for each earlier generation', async () => {
    const compromised = generation(1, 'retired', B, { compromised: true });
    const generations = [compromised, generation(2, 'live', A)];
    const { order } = await certificate({ generations });
    await expect(order({ kind: 'rollback' })).rejects.toMatchObject({
      code: 'BLOCKED',
      message: expect.stringContaining('generation 1 has a compromised key') as string,
    });
  });
});

describe('deploy', () => {
  it('deploys to the target that is named by its path, and to no other', async () => {
    const taken = { one: { ...TARGETS[0], took: 2 }, two: { ...TARGETS[1], took: 2 } };
    const targets = Object.fromEntries(
      Object.entries(taken).map(([id, { took, label = '' }]) => [id, { took, label }]),
    );
    const { memory, order } = await certificate({ ...LIVE, targets });
    await order({ kind: 'deploy', target: '/etc/two.pem' });
    expect(memory.lineage.targets?.['one']?.took).toBe(2);
    expect(memory.lineage.targets?.['two']?.took).toBeUndefined();
  });

  it('names the targets that exist when the operator names another', async () => {
    const { order } = await certificate();
    await expect(order({ kind: 'deploy', target: '/etc/three.pem' })).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'known are: files /etc/one.pem, files /etc/two.pem',
    });
  });
});

describe('forget', () => {
  it('is refused for an endpoint that answers', async () => {
    const { order } = await certificate();
    await expect(order({ kind: 'forget', address: '192.0.2.1' })).rejects.toMatchObject({
      code: 'BLOCKED',
    });
  });

  it('ignores an endpoint that is silent', async () => {
    const { memory, order } = await certificate(LIVE, { endpoint: 'silent' });
    await order({ kind: 'forget', address: '192.0.2.1' });
    expect(memory.service(SERVICE.id).endpoints['192.0.2.1']).toBeUndefined();
  });

  it('names the certificate when the address is not known', async () => {
    const { order } = await certificate();
    await expect(order({ kind: 'forget', address: '192.0.2.99' })).rejects.toMatchObject({
      code: 'USAGE',
      message: '192.0.2.99 is not a name server or an endpoint of mail',
    });
  });
});

describe('delete', () => {
  it('keeps the time of the first request, and allows what the last one allows', async () => {
    const { memory, order } = await certificate({
      ...LIVE,
      orders: { leaving: { since: NOW - 9 } },
    });
    await order({ kind: 'delete', keepRecords: true });
    expect(memory.lineage.orders?.leaving).toEqual({ since: NOW - 9, keepRecords: true });
  });
});
