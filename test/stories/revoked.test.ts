// Certificates that are revoked, by holger or by others, and every operation that might deploy them
// again (docs/laws.md, rule 29).
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../src/engine/state/memory.ts';
import { refuseRevoked } from '../../src/engine/act/refuse-revoked.ts';
import { generationBefore } from '../../src/rollover/plan/order/generation-before.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { chain, factsOf, generation, intent, NOW, seen, swept } from '../rollover/world.ts';
import { tokenOf } from '../sim/tokens.ts';
import { Scene } from './scene.ts';
import type { Setting } from './setting.ts';
import { Transcript } from './transcript.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const DAY = 86_400;

/** Generation 2 is live, and generation 1 was replaced a few days ago, as the operator wanted. */
async function replaced(setting: Setting = {}): Promise<Scene> {
  const scene = new Scene(new Transcript(''), setting);
  await scene.enrolled('idle');
  await scene.run({ force: true });
  await scene.until('generation 2 is proven', () => scene.proven(2));
  await scene.untilIdle();
  return scene;
}

function failureOf({ holger }: Scene): string {
  const { last } = holger;
  expect(last?.exit).toBe(4);
  if (last === undefined || !('failure' in last)) return '';
  return `${last.failure.message} ${last.failure.hint ?? ''}`;
}

/** As Boulder does it: a window that has just ended, whenever it is asked. */
function recall(scene: Scene, generationNumber: number): void {
  const before = scene.authority.window;
  scene.authority.window = (leaf, now) => {
    const der = scene.holger.generation(generationNumber)?.chain?.certificates[0]?.der;
    return der !== undefined && tokenOf(der).serial === leaf.serial
      ? { start: now - 3600, end: now - 1800, nextLookAt: now + 21_600 }
      : before(leaf, now);
  };
}

const ari: Setting = { renewalInfo: true };

function withWindows(scene: Scene): Scene {
  scene.authority.window = (leaf, now) => ({
    start: leaf.from + 59 * DAY,
    end: leaf.from + 61 * DAY,
    nextLookAt: now + 21_600,
  });
  return scene;
}

async function replacedWithWindows(): Promise<Scene> {
  const scene = withWindows(new Scene(new Transcript(''), ari));
  await scene.enrolled('idle');
  await scene.run({ force: true });
  await scene.until('generation 2 is proven', () => scene.proven(2));
  await scene.untilIdle();
  return scene;
}

describe('K4: a rollback', () => {
  it('to a revoked certificate is refused, with the reason and what to do', async () => {
    const scene = await replaced();
    await scene.holger.revoke(1);
    await scene.order('rollback', { kind: 'rollback' });
    expect(failureOf(scene)).toMatch(/generation 1 was revoked at .*holger run --force/);
    expect(scene.holger.generation(3)).toBeUndefined();
    expect(scene.presents(0)).toBe('key-2 < X1');
  });

  it('to a revoked certificate is refused although the documents were lost', async () => {
    const scene = await replaced();
    await scene.holger.revoke(1);
    scene.holger.storage.loseDocuments();
    await scene.run();
    expect(scene.holger.generation(1)?.revokedAt).toBeDefined();
    await scene.order('rollback', { kind: 'rollback' });
    expect(failureOf(scene)).toContain('generation 1 was revoked at');
    expect(scene.presents(0)).toBe('key-2 < X1');
  });

  it('to a certificate that was revoked by others is refused, as the CA reports (ARI)', async () => {
    const scene = await replacedWithWindows();
    recall(scene, 1);
    await scene.order('rollback', { kind: 'rollback' });
    expect(failureOf(scene)).toMatch(/generation 1 may be revoked: .*\(ARI\)/);
    expect(scene.presents(0)).toBe('key-2 < X1');
  });

  it('to a certificate whose window has merely ended is made', async () => {
    const scene = await replacedWithWindows();
    scene.timeline.advanceTo(scene.timeline.now() + 55 * DAY);
    await scene.order('rollback', { kind: 'rollback' });
    await scene.until('it is back', () => scene.presents(0) === 'key-1 < X1');
  });

  it('that waits is cancelled when its certificate is revoked meanwhile', async () => {
    const scene = await replaced();
    await scene.pass('2d');
    await scene.order('rollback', { kind: 'rollback' });
    expect(scene.holger.generation(3)?.state).toBe('issued');
    await scene.holger.revoke(1);
    await scene.until('a new one is proven', () => scene.proven(4));
    expect(scene.presents(0)).toBe('key-3 < X1');
  });

  it('to an expired certificate is refused, with the reason', async () => {
    const scene = await replaced();
    scene.timeline.advanceTo(scene.timeline.now() + 89 * DAY);
    await scene.order('rollback', { kind: 'rollback' });
    expect(failureOf(scene)).toContain('generation 1 expired at');
  });
});

describe('K4: a key that is reported to the CA as compromised', () => {
  const KEY_COMPROMISE = 1;

  it('is replaced first where the live generation has it too', async () => {
    const scene = await replaced({ strategy: 'reuse-key' });
    await expect(scene.holger.revoke(1, KEY_COMPROMISE)).rejects.toMatchObject({
      code: 'BLOCKED',
      message: 'generation 1 has the key of generation 2, which is live',
    });
    expect(scene.holger.generation(1)?.revokedAt).toBeUndefined();
    await scene.holger.revoke(1);
  });

  it('is not deployed again with another certificate of the same key, also when the documents were lost', async () => {
    const scene = await replaced({ strategy: 'reuse-key', rotateKeyEvery: 20 * DAY });
    await scene.until('a new key is proven', () => scene.presents(0).startsWith('key-2'), '90d');
    await scene.untilIdle();
    await scene.holger.revoke(1, KEY_COMPROMISE);
    expect(scene.holger.generation(2)?.compromised).toBe(true);
    scene.holger.storage.loseDocuments();
    await scene.run();
    await scene.order('rollback', { kind: 'rollback' });
    expect(failureOf(scene)).toContain('generation 2 has a compromised key');
  });
});

describe('K4: rollback_after', () => {
  it('restores no certificate that the CA has revoked meanwhile', async () => {
    const hosts = ['mx1.example.org', 'mx2.example.org'];
    const policy = { rollbackAfter: 6 * 3600 };
    const scene = withWindows(new Scene(new Transcript(''), { ...ari, hosts, policy }));
    await scene.enrolled('idle');
    scene.endpoint(1).readOnlyUntil = Infinity;
    await scene.run({ force: true });
    await scene.until('mx1 has the new one', () => scene.presents(0) === 'key-2 < X1');
    recall(scene, 1);
    await scene.pass('1d');
    expect(scene.holger.generation(3)).toBeUndefined();
    expect(scene.presents(0)).toBe('key-2 < X1');
  });
});

describe('K4: a certificate that the CA revokes while it is live', () => {
  it('is not revoked by holger while it is in use', async () => {
    const scene = await replaced();
    await expect(scene.holger.revoke(2)).rejects.toMatchObject({ code: 'BLOCKED', exit: 4 });
    expect(scene.holger.generation(2)?.revokedAt).toBeUndefined();
  });

  it('is not revoked while another process works on its owner or its service', async () => {
    const scene = await replaced();
    const { storage, intent: mine } = scene.holger;
    const [{ id, owner } = { id: '', owner: '' }] = mine.services;
    for (const key of [`owner/${owner}`, `service/${id}`]) {
      const held = await storage.store(() => undefined).acquire(key, 'another run', 60);
      await expect(scene.holger.revoke(1)).rejects.toMatchObject({ code: 'LOCKED' });
      expect(scene.holger.generation(1)?.revokedAt).toBeUndefined();
      await held?.release();
    }
    await scene.holger.revoke(1);
    expect(scene.holger.generation(1)?.revokedAt).toBeDefined();
  });

  it('is replaced at once, also when the operator rolled back to it', async () => {
    const scene = await replacedWithWindows();
    await scene.order('rollback', { kind: 'rollback' });
    await scene.until('generation 1 is back', () => scene.proven(3));
    await scene.pass('12d');
    expect(scene.presents(0)).toBe('key-1 < X1');
    recall(scene, 1);
    await scene.until('it is replaced', () => scene.presents(0) === 'key-3 < X1', '2d');
  });
});

describe('a staged certificate that the CA asks to replace before it is deployed', () => {
  /** Generation 1 is live, and generation 2 waits for the caches. */
  async function staged(): Promise<Scene> {
    const scene = withWindows(new Scene(new Transcript(''), ari));
    await scene.enrolled('idle');
    const { window } = scene.authority;
    // The wait for the caches is shorter than the usual six hours.
    scene.authority.window = (leaf, now) => {
      const usual = window(leaf, now);
      return usual && { ...usual, nextLookAt: now + 1200 };
    };
    await scene.run({ force: true });
    await scene.pass('1h');
    expect(scene.holger.generation(2)?.state).toBe('issued');
    return scene;
  }

  it('is not deployed: the next one has its key, and is ordered when the floor allows it', async () => {
    const scene = await staged();
    recall(scene, 2);
    await scene.pass('8d');
    expect(scene.presents(0)).toBe('key-1 < X1');
    expect(scene.holger.generation(2)?.recalledAt).toBeDefined();
    expect(scene.holger.generation(3)).toBeUndefined();
    await scene.until('it is replaced', () => scene.proven(3), '3d');
    expect(scene.presents(0)).toBe('key-2 #2 < X1');
    expect(scene.holger.generation(3)?.recalledAt).toBeUndefined();
    expect(scene.holger.generation(3)?.firstWindow).toBeDefined();
  });

  it('is replaced at once where the operator forces it', async () => {
    const scene = await staged();
    recall(scene, 2);
    await scene.pass('1d');
    await scene.run({ force: true });
    await scene.until('it is replaced', () => scene.proven(3), '1d');
    expect(scene.presents(0)).toBe('key-2 #2 < X1');
  });

  it('is asked about when the CA wants it, and not more often', async () => {
    const scene = await staged();
    const asked: number[] = [];
    const before = scene.authority.window;
    scene.authority.window = (leaf, now) => {
      asked.push(leaf.serial);
      return before(leaf, now);
    };
    scene.zone.security = 'bogus';
    await scene.pass('1d');
    const [live, waiting] = [1, 2].map((number) => {
      const der = scene.holger.generation(number)?.chain?.certificates[0]?.der ?? '';
      return asked.filter((serial) => serial === tokenOf(der).serial).length;
    });
    expect([live, waiting]).toEqual([23, 23]);
  });
});

describe('K4: a step that reads the state', () => {
  const [A, B] = [chain('A'), chain('B')];
  const revokedAt = NOW - 60;

  it('skips a revoked generation, and copies of it', () => {
    const generations = [
      generation(1, 'retired', A, { revokedAt }),
      generation(2, 'retired', chain('A'), { rollbackOf: 1 }),
      generation(3, 'live', B),
    ];
    const lineage = { generations } as unknown as Lineage;
    expect(generationBefore(lineage, NOW)).toBeUndefined();
  });

  it('places a revoked chain nowhere again', () => {
    const live = generation(2, 'live', B, { revokedAt });
    const { deployedAt: _no, provenAt: _neither, ...placing } = live;
    const owner = swept(undefined, NOW, [{ records: [] }]);
    const facts = factsOf({ owner, service: seen(NOW, { '1': A }), generations: [placing] });
    const next = plan(intent({}, { dane: false }), facts, Infinity, NOW);
    expect(next).not.toMatchObject({ step: { kind: 'deploy' } });
    const words = next.kind === 'step' ? '' : next.reasons.map(({ because }) => because).join(' ');
    expect(words).toContain('was revoked at');
  });

  it('finds the mark beside the chain where no document has it', async () => {
    const files = {
      numbers: () => Promise.resolve([1, 2]),
      markedAt: (_name: string, number: number) => Promise.resolve(number === 1 ? NOW : undefined),
      readChain: () => Promise.resolve('A'),
    };
    const world = fakeWorld({ files, pki: { readPem: (pem: string) => chain(pem) } });
    const memory = { lineage: { generations: [] } } as unknown as Memory;
    const job = { task: fakeTask(), memory, world, call: {} };
    await expect(refuseRevoked(job, A)).rejects.toMatchObject({
      code: 'BLOCKED',
      message: expect.stringContaining('was revoked at') as string,
    });
    await refuseRevoked(job, B);
  });

  it('knows a compromised key although the documents were lost', async () => {
    const scene = await replaced();
    await scene.order('emergency', { kind: 'emergency', records: 'keep' });
    scene.holger.storage.loseDocuments();
    await scene.run();
    expect(scene.holger.generation(2)?.compromised).toBe(true);
    expect(scene.holger.generation(1)?.compromised).toBeUndefined();
  });
});
