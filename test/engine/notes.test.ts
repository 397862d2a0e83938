// What an act leaves behind is noted, and goes to the disk with what is saved next.
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { publish } from '../../src/engine/act/publish.ts';
import { CertificateRun } from '../../src/engine/advance.ts';
import { lineageKey, Memory } from '../../src/engine/state/memory.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { DnsChallenge } from '../../src/ports/issuer.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Lineage } from '../../src/rollover/model.ts';
import { intent } from '../rollover/world.ts';
import { NOW } from '../support/ca.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const KEY = lineageKey('mail');
const ORDER = 'https://ca.example/order/1';
const RDATA = `05${Buffer.from('value').toString('hex')}`;
const BEFORE: Lineage = { ...newLineage('mail'), lastWait: 1 };

let world: World;
let writes: number;
let task: Task;

const stored = async (): Promise<Lineage | undefined> =>
  (await world.store.read<Lineage>(KEY))?.value;

beforeEach(() => {
  writes = 0;
  const { store, ...others } = fakeWorld();
  world = {
    ...others,
    store: {
      ...store,
      write: (...given) => {
        writes += 1;
        return store.write(...given);
      },
    },
  };
  task = fakeTask(intent({}, { services: [], dane: false, domains: ['mx1.example.org'] }));
});

describe('a note', () => {
  it('is known at once, and is written together with what is saved next', async () => {
    const memory = await Memory.load(world, task.intent, []);
    await memory.saveLineage(BEFORE);
    memory.noteLineage({ ...memory.lineage, lastWait: 2 });
    expect(memory.lineage.lastWait).toBe(2);
    expect((await stored())?.lastWait).toBe(1);
    await memory.saveLineage({ ...memory.lineage, idleUntil: NOW });
    expect(await stored()).toMatchObject({ lastWait: 2, idleUntil: NOW });
    await memory.flush();
    expect(writes).toBe(2);
  });

  it('does not outlive that all is as it was', async () => {
    const memory = await Memory.load(world, task.intent, []);
    await memory.saveLineage(BEFORE);
    memory.noteLineage({ ...memory.lineage, lastWait: 2 });
    await memory.saveLineage(BEFORE);
    expect(memory.lineage.lastWait).toBe(1);
    await memory.flush();
    expect(writes).toBe(1);
  });

  it('is on disk after a flush, which writes nothing where nothing was noted', async () => {
    const memory = await Memory.load(world, task.intent, []);
    await memory.flush();
    expect(await stored()).toBeUndefined();
    memory.noteLineage(BEFORE);
    await memory.flush();
    await memory.flush();
    expect((await stored())?.lastWait).toBe(1);
    expect(writes).toBe(1);
  });

  it('is on disk before a record is published', async () => {
    const memory = await Memory.load(world, task.intent, []);
    memory.noteLineage(BEFORE);
    const edit = { owner: fqdn('_25._tcp.mx1.example.org'), expect: [], expectTtl: 0 };
    const published = publish({ task, memory, world, call: {} }, edit as never);
    await expect(published).rejects.toThrow('without a sweep');
    expect((await stored())?.lastWait).toBe(1);
  });
});

describe('the notes of a turn', () => {
  const challenge: DnsChallenge = {
    ...{ identifier: 'mx1.example.org', owner: fqdn('_acme-challenge.mx1.example.org') },
    ...{ authorizationUrl: 'authorization', challengeUrl: 'challenge', value: 'value' },
  };

  /** Its order is under way. `shown`: the records that the name server has, look after look. */
  async function ordering(...shown: (readonly string[] | Error)[]): Promise<CertificateRun> {
    const { keyType, domains, directory } = task.intent;
    const made = {
      ...{ number: 1, state: 'key', keyType, domains, directory, createdAt: NOW, keyMadeAt: NOW },
      ...{ spki: 'a', orderUrl: ORDER },
    } as Generation;
    await world.files.writeKey('mail', 1, 'key');
    await world.store.write(KEY, { ...newLineage('mail'), generations: [made] }, 0);
    const sweep = (): Promise<unknown> => {
      const rdata = shown.shift() ?? [RDATA];
      if (rdata instanceof Error) return Promise.reject(rdata);
      const answer = { status: 'answered', rdata, ttl: 1, serial: 1 };
      const addresses = [{ server: fqdn('ns.example.org'), address: '192.0.2.1', answer }];
      return Promise.resolve({ owner: challenge.owner, zone: fqdn('example.org'), addresses });
    };
    const ports = fakeWorld({
      issuer: {
        lookAtOrder: () => ({ url: ORDER, status: 'pending', challenges: [challenge] }),
        answerChallenge: () => Promise.resolve(),
      },
      resolver: { sweep, ask: () => Promise.resolve({ rdata: [], exists: false }) },
      providerFor: () => ({
        traits: {},
        read: () => Promise.resolve(undefined),
        apply: () => Promise.resolve('accepted'),
      }),
    });
    const { store, files } = world;
    return new CertificateRun(task, { ...ports, store, files }, { dryRun: false });
  }

  it('are on disk while the certificate waits', async () => {
    const run = await ordering();
    expect(await run.advance({})).toMatchObject({ kind: 'pause' });
    expect((await stored())?.challengeAnswers?.['challenge']).toMatchObject({ sent: true });
  });

  it('are on disk when the turn has failed', async () => {
    const run = await ordering([], new AppError('DNS_UNREACHABLE', 'no server answers'));
    await expect(run.advance({})).rejects.toThrow('no server answers');
    expect((await stored())?.challengeRecords).toEqual([
      expect.objectContaining({ rdata: RDATA, sentAt: NOW }),
    ]);
  });
});
