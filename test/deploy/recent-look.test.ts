// How often another machine is asked.
import { describe, expect, it } from 'vitest';
import { RecentLook } from '../../src/deploy/remote/recent-look.ts';

function looking() {
  const scene = { now: 0, asked: 0, isDown: false };
  const ask = (): Promise<number> => {
    scene.asked += 1;
    return scene.isDown ? Promise.reject(new Error('no route')) : Promise.resolve(scene.asked);
  };
  const recent = new RecentLook(ask, () => scene.now);
  const look = (): Promise<unknown> => recent.look().catch(() => 'failed');
  return { scene, recent, look };
}

describe('a look at another machine', () => {
  it('counts for half a minute', async () => {
    const { scene, look } = looking();
    expect([await look(), await look()]).toEqual([1, 1]);
    scene.now = 29;
    expect(await look()).toBe(1);
    scene.now = 30;
    expect(await look()).toBe(2);
  });

  it('does not count after something was changed there', async () => {
    const { recent, look } = looking();
    await look();
    recent.forget();
    expect(await look()).toBe(2);
  });

  it('is made less and less often at a machine that is down, and as before when it is back', async () => {
    const { scene, look } = looking();
    scene.isDown = true;
    const times: number[] = [];
    for (scene.now = 0; scene.now < 4000; scene.now += 10) {
      const before = scene.asked;
      await look();
      if (scene.asked > before) times.push(scene.now);
    }
    expect(times).toEqual([0, 30, 90, 210, 450, 930, 1830, 2730, 3630]);
    scene.isDown = false;
    scene.now = 5000;
    await look();
    scene.now = 5030;
    const before = scene.asked;
    await look();
    expect(scene.asked).toBe(before + 1);
  });

  it('a failure stands for what follows at once, and not for a later attempt', async () => {
    const { scene, recent, look } = looking();
    await look();
    expect(recent.failure()).toBeUndefined();
    scene.now = 60;
    scene.isDown = true;
    await look();
    await expect(recent.failure()).rejects.toThrow('no route');
    scene.now = 80;
    expect(recent.failure()).toBeUndefined();
  });
});
