// A generation whose key is that of the operator's certificate request, with real requests in real
// files.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKey } from '../../src/engine/act/create-key.ts';
import { bringBack } from '../../src/engine/act/restore.ts';
import type { Event } from '../../src/engine/events.ts';
import type { Job } from '../../src/engine/job.ts';
import { asKeyed, observeRequest, requestDiffers } from '../../src/engine/observe/request.ts';
import { adopt } from '../../src/engine/operations/adopt.ts';
import { rebuild } from '../../src/engine/rebuild.ts';
import { tryOut } from '../../src/engine/try-out.ts';
import { packageOf } from '../../src/engine/state/bundle.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { recordPause, refuseWhilePaused } from '../../src/engine/act/order/pauses.ts';
import { AppError } from '../../src/base/errors.ts';
import { createRequestFile } from '../../src/issuers/request-file.ts';
import { pki } from '../../src/app/world/pki.ts';
import { newLineage, withGeneration } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { generateKey } from '../../src/x509/keys.ts';
import { pemOf } from '../../src/x509/pem.ts';
import { requestFrom } from '../../src/x509/request.ts';
import { signRequest } from '../../src/x509/sign.ts';
import { HOST, NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { issue } from '../support/ca.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';
import { opensslRequest } from '../support/requests.ts';

const [first, second, rsa] = [
  opensslRequest({ names: `DNS:${HOST}` }),
  opensslRequest({ names: `DNS:${HOST}` }),
  opensslRequest({ key: ['-newkey', 'rsa:2048'], names: `DNS:${HOST}` }),
];
const spkiOf = (made: typeof first): string => requestFrom(made.pem, '').spki;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-requests-'));
  file = join(folder, 'mx.csr');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => rm(file, { force: true }));

/** Another certificate of the same service. */
const NEIGHBOUR = { intent: intent({}, { name: 'other', services: [] }), reach: {}, targets: [] };

async function rememberOther(storage: Storage, generations: readonly Generation[]): Promise<void> {
  const world = fakeWorld({ store: storage.store(() => undefined) });
  const other = await Memory.load(world, NEIGHBOUR.intent, []);
  await other.saveLineage(generations.reduce(withGeneration, other.lineage));
}

async function jobOf(generations: readonly Generation[] = [], storage = new Storage()) {
  const events: Event[] = [];
  const world = fakeWorld({
    ...{ store: storage.store(() => undefined), files: storage.files(() => undefined) },
    ...{ pki, emit: (event: Event) => void events.push(event) },
  });
  const wanted = intent({}, { services: [], request: file });
  const task = fakeTask(wanted, { request: createRequestFile(file) });
  const memory = await Memory.load(world, wanted, []);
  await memory.saveLineage(generations.reduce(withGeneration, memory.lineage));
  const job: Job = { task, world, memory, call: {} };
  return { job, events, storage };
}

const planned = (number: number) =>
  ({ kind: 'create-key', generation: number, request: file }) as const;

const made = (number: number, of: typeof first, changes: Partial<Generation> = {}): Generation => ({
  ...{ number, state: 'live', keyType: 'ec-p256', domains: [HOST], directory: 'ca' },
  ...{ createdAt: NOW - 900, keyMadeAt: NOW - 1000, spki: spkiOf(of), request: true },
  ...changes,
});

describe('a generation of a request', () => {
  it('has the request in place of a key, and its kind of key', async () => {
    await writeFile(file, rsa.der);
    const { job, events } = await jobOf();
    await createKey(job, planned(1));
    expect(await job.world.files.readKey('mail', 1)).toBe(requestFrom(rsa.pem, '').pem);
    expect(job.memory.lineage.generations).toMatchObject([
      { number: 1, state: 'key', keyType: 'rsa-2048', request: true, spki: spkiOf(rsa) },
    ]);
    expect(events).toMatchObject([{ event: 'key-created', keyType: 'rsa-2048', request: file }]);
    const csr = await job.world.pki.createCsr(first.pem, ['ignored.example']);
    expect(Buffer.from(csr)).toEqual(first.der);
  });

  it('with the same key again is as old as that key; with another one it is new', async () => {
    await writeFile(file, first.pem);
    const { job } = await jobOf([made(1, first)]);
    await createKey(job, planned(2));
    await writeFile(file, second.pem);
    await createKey(job, planned(3));
    expect(job.memory.lineage.generations.map(({ keyMadeAt }) => keyMadeAt)).toEqual([
      ...[NOW - 1000, NOW - 1000, NOW],
    ]);
  });

  it('leaves what a crash has left, unless it is this very request', async () => {
    await writeFile(file, first.pem);
    const { job } = await jobOf();
    await job.world.files.writeKey('mail', 1, await generateKey());
    await job.world.files.writeKey('mail', 2, requestFrom(second.pem, '').pem);
    await job.world.files.writeKey('mail', 3, requestFrom(first.pem, '').pem);
    await createKey(job, planned(1));
    expect(job.memory.lineage.generations).toMatchObject([{ number: 3, spki: spkiOf(first) }]);
  });

  it('is followed by a key of holger when the configuration says so', async () => {
    const { job } = await jobOf([made(1, first)]);
    await job.world.files.writeKey('mail', 1, requestFrom(first.pem, '').pem);
    await job.world.files.writeKey('mail', 2, requestFrom(second.pem, '').pem);
    await createKey(job, { kind: 'create-key', generation: 2, sameKeyAs: 1 });
    expect(await job.world.files.readKey('mail', 3)).toContain('PRIVATE KEY');
    const newest = job.memory.lineage.generations.at(-1);
    expect(newest).toMatchObject({ number: 3, keyMadeAt: NOW });
    expect(newest).not.toHaveProperty('request');
  });
});

describe('nothing is written and a person is needed', () => {
  const refused = async (words: string, generations: readonly Generation[] = []) => {
    const { job } = await jobOf(generations);
    const error: unknown = await createKey(job, planned(5)).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'BLOCKED', exit: 4 });
    expect((error as AppError).message).toContain(words);
    expect((error as AppError).hint).toBeDefined();
    expect(await job.world.files.numbers('mail')).toEqual([]);
    expect(job.memory.lineage.generations).toEqual(generations);
  };

  it('when the file is missing, or contains another thing', async () => {
    await refused(`there is no certificate request at ${file}`);
    await writeFile(file, first.keyPem, { mode: 0o600 });
    await refused('contains no certificate request, but PRIVATE KEY');
  });

  it('when another user may have written it', async () => {
    await writeFile(file, first.pem);
    await chmod(file, 0o666);
    await refused(`every user may write to ${file}`);
  });

  it('when its names are not those of the certificate', async () => {
    await writeFile(file, opensslRequest({ names: `DNS:${HOST},DNS:b.example` }).pem);
    await refused('asks for b.example, which domains does not have');
  });

  it('29: when its key is compromised', async () => {
    await writeFile(file, first.pem);
    await refused('is compromised', [made(1, first, { compromised: true })]);
  });
});

describe('29: a trial at the test environment of the CA', () => {
  async function tried({ job }: Awaited<ReturnType<typeof jobOf>>): Promise<Event | undefined> {
    const events: Event[] = [];
    const world = fakeWorld({
      ...{ ...job.world, emit: (event: Event) => void events.push(event) },
      resolver: { place: () => Promise.reject(new Error('it goes on')) },
    });
    await tryOut([job.task], world, { wait: false }, {});
    return events.find(({ event }) => event === 'failed');
  }
  it('refuses a compromised key as a run does, and changes nothing', async () => {
    await writeFile(file, first.pem);
    const scene = await jobOf([made(1, first, { compromised: true })]);
    const before = JSON.stringify(scene.job.memory.lineage);
    expect(await tried(scene)).toMatchObject({
      code: 'BLOCKED',
      message: expect.stringContaining(`${file} is compromised`) as string,
    });
    const { job } = await jobOf([], scene.storage);
    expect(JSON.stringify(job.memory.lineage)).toBe(before);
  });

  it('of a certificate beside it, too, and so does the act of a run', async () => {
    await writeFile(file, first.pem);
    const scene = await jobOf();
    await rememberOther(scene.storage, [made(1, first, { compromised: true })]);
    const job = { ...scene.job, task: { ...scene.job.task, neighbours: [NEIGHBOUR] } };
    expect(await tried({ ...scene, job })).toMatchObject({ code: 'BLOCKED' });
    await expect(createKey(job, planned(1))).rejects.toMatchObject({ code: 'BLOCKED' });
  });

  it('goes on with a key that is not', async () => {
    await writeFile(file, second.pem);
    const failed = await tried(await jobOf([made(1, first, { compromised: true })]));
    expect(failed).not.toMatchObject({ code: 'BLOCKED' });
  });
});

describe('without the key', () => {
  it('a package has the chain alone, and a chain for another key is not handed out', async () => {
    const { job } = await jobOf();
    const { files } = job.world;
    const fits = await issue({ dns: [HOST] });
    const request = opensslRequest({ names: `DNS:${HOST}` });
    await files.writeKey('mail', 1, requestFrom(request.pem, '').pem);
    await files.writeChain('mail', 1, fits.pem);
    const generation = made(1, request);
    await expect(packageOf(generation, job.task.intent, job.world)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    });
    const { pem } = await certified();
    await files.writeKey('mail', 2, requestFrom(pem.request, '').pem);
    await files.writeChain('mail', 2, pem.certificate);
    const what = await packageOf(made(2, request), job.task.intent, job.world);
    expect(what.pems).toEqual({ cert: pem.certificate, fullchain: pem.certificate, chain: '' });
    expect(await what.isOurs(pem.request)).toBe(false);
  });

  it('a generation is brought back, and known again when the documents are lost', async () => {
    const { pem } = await certified();
    const { job, storage } = await jobOf();
    const { files } = job.world;
    await files.writeKey('mail', 1, requestFrom(pem.request, '').pem);
    await files.writeChain('mail', 1, pem.certificate);
    await files.setLive('mail', 1);
    const chain = job.world.pki.readPem(pem.certificate);
    const spki = chain.certificates[0]?.spki ?? '';
    await job.memory.saveLineage(
      withGeneration(newLineage('mail'), { ...made(1, first), spki, chain }),
    );
    const before = job.memory.lineage.generations[0];
    if (before === undefined) throw new Error('none');
    expect(await bringBack(job, before, {})).toBe(2);
    expect(job.memory.lineage.generations[1]).toMatchObject({ rollbackOf: 1, request: true });
    storage.loseDocuments();
    const { job: later } = await jobOf([], storage);
    await rebuild({
      ...later,
      task: { ...later.task, intent: { ...later.task.intent, keyType: 'ec-p384' } },
    });
    expect(later.memory.lineage.generations[0]).toMatchObject({
      ...{ number: 1, spki, keyType: 'ec-p256', request: true },
    });
  });

  it('nothing is adopted', async () => {
    const { job } = await jobOf();
    const { keyPem, pem } = await issue({ dns: [HOST] });
    await expect(adopt(job, { privkeyPem: keyPem, chainPem: pem })).rejects.toMatchObject({
      ...{ code: 'BLOCKED', hint: 'start with an order: holger run mail' },
    });
  });
});

describe('the file of the request', () => {
  it('wakes an idle certificate when there is something to report', async () => {
    await writeFile(file, first.pem);
    const { job } = await jobOf([made(1, first)]);
    const differs = () => requestDiffers(job.task, job.memory.lineage);
    expect(await differs()).toBe(false);
    await writeFile(file, second.pem);
    expect(await differs()).toBe(true);
    await rm(file);
    expect(await differs()).toBe(true);
    expect(await observeRequest(fakeTask())).toBeUndefined();
  });

  it('another request ends the pause after a refused one', async () => {
    const { job } = await jobOf([made(1, first, { state: 'key' })]);
    await recordPause(job, new AppError('ACME_PROBLEM', 'bad key', {}));
    await expect(refuseWhilePaused(job)).rejects.toMatchObject({ code: 'ACME_PROBLEM' });
    await job.memory.saveLineage(
      withGeneration(job.memory.lineage, made(2, second, { state: 'key' })),
    );
    await expect(refuseWhilePaused(job)).resolves.toBeUndefined();
  });

  it('decides the kind of key of the certificate from its newest generation on', () => {
    const { generations } = withGeneration(
      newLineage('mail'),
      made(1, rsa, { keyType: 'rsa-2048' }),
    );
    const task = fakeTask(intent({}, { request: file }));
    expect(asKeyed(task, { generations }).intent.keyType).toBe('rsa-2048');
    expect(asKeyed(task, undefined)).toBe(task);
    expect(asKeyed(fakeTask(), { generations }).intent.keyType).toBe('ec-p256');
  });
});

/** A request, and a certificate for its key. */
async function certified() {
  const request = opensslRequest({ names: `DNS:${HOST}` });
  const ca = await issue({ name: 'CA', ca: true });
  const signer = { keyPem: ca.keyPem, certificate: ca.der };
  const der = await signRequest(request.der, signer, NOW + 1000, NOW);
  return { pem: { request: request.pem, certificate: pemOf('CERTIFICATE', der) } };
}
