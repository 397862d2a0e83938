// Key and certificate of another program, taken from real files into the state.
import { chmod, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { take } from '../../src/engine/act/take.ts';
import type { Event } from '../../src/engine/events.ts';
import { observeOffer, offersOther } from '../../src/engine/observe/offer.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { createFilesSource } from '../../src/issuers/files.ts';
import { keyMatches } from '../../src/x509/certificate.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { HOST, NOW, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { issue } from '../support/ca.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const [first, second] = await Promise.all([issue({ dns: [HOST] }), issue({ dns: [HOST] })]);

let folder: string;
let [certificate, key] = ['', ''];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-take-'));
  [certificate, key] = [join(folder, 'fullchain.pem'), join(folder, 'privkey.pem')];
});

async function written(pem: string, keyPem: string): Promise<void> {
  await writeFile(certificate, pem);
  await writeFile(key, keyPem, { mode: 0o600 });
}

async function job() {
  const storage = new Storage();
  const events: Event[] = [];
  const labels: string[] = [];
  const world = fakeWorld({
    files: storage.files(() => undefined),
    store: storage.store(() => undefined),
    pki: {
      readPem: chainFromPem,
      keyFits: (pem: string, { certificates: [leaf] }: Chain) =>
        leaf !== undefined && keyMatches(pem, Buffer.from(leaf.der, 'hex')),
      certId: () => undefined,
    },
    emit: (event: Event) => void events.push(event),
    instant: (label: string) => void labels.push(label),
  });
  const source = createFilesSource({ certificate, key, owner: undefined });
  const task = fakeTask(intent({}, { source: certificate }), { source });
  return { task, world, events, labels, memory: await Memory.load(world, task.intent), call: {} };
}

const because = async (): Promise<string> => {
  const { task, world } = await job();
  const offer = await observeOffer(task, world);
  return offer?.status === 'none' ? offer.because : '';
};

describe('what another program has', () => {
  it('becomes a staged generation, with both files in the state', async () => {
    await written(`text before\n${first.pem}`, first.keyPem);
    const here = await job();
    const offer = await observeOffer(here.task, here.world);
    expect(offer).toMatchObject({ status: 'pair', algorithm: 'ecdsa' });
    const id = offer?.status === 'pair' ? offer.chain.id : '';
    await take(here, { kind: 'take', generation: 1, chain: id });
    expect(here.memory.lineage.generations).toMatchObject([
      { number: 1, state: 'issued', issuedAt: NOW, chain: { id } },
    ]);
    expect(await here.world.files.readKey('mail', 1)).toBe(first.keyPem);
    expect(await here.world.files.readChain('mail', 1)).toBe(first.pem);
    expect(here.events).toMatchObject([{ event: 'taken', from: certificate, generation: 1 }]);
    expect(here.labels.slice(0, 2)).toEqual(['before take', 'after take']);
    expect(await offersOther(here.task, here.memory.lineage, here.world)).toBe(false);
    await written(second.pem, second.keyPem);
    expect(await offersOther(here.task, here.memory.lineage, here.world)).toBe(true);
  });

  it('is judged again when it has changed since, and nothing is taken', async () => {
    await written(first.pem, first.keyPem);
    const here = await job();
    const { id } = chainFromPem(second.pem);
    await take(here, { kind: 'take', generation: 1, chain: id });
    expect(here.memory.lineage.generations).toEqual([]);
  });

  it('is refused when key and certificate do not fit, or one of them is missing or not PEM', async () => {
    expect(await because()).toContain('there is no key and certificate at');
    await written(first.pem, second.keyPem);
    expect(await because()).toContain('is not for the key at');
    await written('nothing', first.keyPem);
    expect(await because()).toContain(certificate);
  });

  it('is refused when other users may read its key or write its files', async () => {
    await written(first.pem, first.keyPem);
    await chmod(key, 0o644);
    expect(await because()).toContain('contains a secret, but its mode is 0644');
    await chmod(key, 0o640);
    expect(await because()).toBe('');
    await chmod(certificate, 0o666);
    expect(await because()).toContain('every user may write to');
  });

  it('may be behind links, as certbot has it', async () => {
    await written(first.pem, first.keyPem);
    const live = await mkdtemp(join(tmpdir(), 'holger-live-'));
    await symlink(certificate, join(live, 'fullchain.pem'));
    await symlink(key, join(live, 'privkey.pem'));
    [certificate, key] = [join(live, 'fullchain.pem'), join(live, 'privkey.pem')];
    expect(await because()).toBe('');
  });
});
