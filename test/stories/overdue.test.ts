// What fails at a target may pass within minutes (exit 3); what does not pass needs a person (exit
// 4), and the time since when is reported.
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { Transcript } from './transcript.ts';

async function atRest(): Promise<Scene> {
  const scene = new Scene(new Transcript(''));
  await scene.enrolled('idle');
  return scene;
}

/** The exit status of the next run of the timer, and its message. */
async function nextRun(scene: Scene, minutes: number): Promise<[number | undefined, string]> {
  scene.timeline.advanceTo(scene.timeline.now() + minutes * 60);
  await scene.run();
  const { last } = scene.holger;
  return [last?.exit, JSON.stringify(last && ('failure' in last ? last.failure.message : last))];
}

const targetOf = ({ holger }: Scene) => Object.values(holger.lineage.targets ?? {})[0];

describe('K43: what fails for a quarter of an hour does not pass by itself', () => {
  it('a reload, of a service that presents something else', async () => {
    const scene = await atRest();
    const endpoint = scene.endpoint();
    const [worker] = endpoint.workers;
    if (worker === undefined) throw new Error('no process');
    scene.clientsAreRefused('a process was started with an old copy of the files');
    worker.served = scene.authority.issue('old-copy', [endpoint.host]);
    endpoint.reloadFailsUntil = Infinity;
    expect(await nextRun(scene, 60)).toEqual([3, expect.stringContaining('did not reload')]);
    expect(await nextRun(scene, 60)).toEqual([4, expect.stringContaining('it fails since 20')]);
    endpoint.reloadFailsUntil = -Infinity;
    expect(await nextRun(scene, 60)).toEqual([0, expect.any(String)]);
    expect(scene.presents(0)).toBe('key-1 < X1');
    // A later one is a first one again; while idle the services are checked now and then.
    worker.served = scene.authority.issue('older-copy', [endpoint.host]);
    endpoint.reloadFailsUntil = Infinity;
    expect(await nextRun(scene, 1440)).toEqual([3, expect.stringContaining('did not reload')]);
  });

  it('a target whose files a person put back counts as working since then', async () => {
    const scene = await atRest();
    const endpoint = scene.endpoint();
    const { disk } = endpoint;
    endpoint.disk = { tokens: scene.authority.issue('other', [endpoint.host]), placedAt: 0 };
    endpoint.readOnlyUntil = Infinity;
    expect(await nextRun(scene, 60)).toEqual([3, expect.stringContaining('read-only')]);
    expect(await nextRun(scene, 60)).toEqual([4, expect.stringContaining('it fails since 20')]);
    endpoint.disk = disk;
    expect(await nextRun(scene, 60)).toEqual([0, expect.any(String)]);
    expect(targetOf(scene)?.failure).toBeUndefined();
  });
});
