// What the tests of the store run in processes of their own, to be killed or to compete: child.mjs
// ACT FOLDER …
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../src/base/errors.ts';
import { createGenerationFiles } from '../../src/store/generation-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';

const [act, folder = '', startAt = '0'] = process.argv.slice(2);
const clock = { now: () => Date.now() / 1000, sleep: (s: number) => sleep(s * 1000) };
const store = createStore({ directory: folder, clock });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

switch (act) {
  case 'write': {
    // Large enough that a write in place would often be interrupted half done.
    let revision = (await store.read('doc'))?.revision ?? 0;
    for (;;) {
      revision = await store.write(
        'doc',
        { revision: revision + 1, pad: 'x'.repeat(200_000) },
        revision,
      );
      say(String(revision));
    }
  }
  case 'count':
    for (let done = 0; done < 25;) {
      const now = await store.read<number>('counter');
      try {
        await store.write('counter', (now?.value ?? 0) + 1, now?.revision ?? 0);
        done += 1;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'REVISION_CONFLICT') throw error;
      }
    }
    break;
  case 'live': {
    const files = createGenerationFiles(folder);
    for (let n = 0; ; n += 1) await files.setLive('mx1', 1 + (n % 2));
  }
  case 'hold':
    say((await store.acquire('run', 'hold', 3600)) === undefined ? 'refused' : 'held');
    setInterval(() => undefined, 1000);
    break;
  case 'race': {
    await sleep(Math.max(0, Number(startAt) - Date.now()));
    const lease = await store.acquire('run', 'race', 3600);
    say(lease === undefined ? 'refused' : 'held');
    // Until the last one has been refused: the holder keeps it.
    setInterval(() => undefined, 1000);
    break;
  }
  default:
    throw new Error(`unknown act ${act}`);
}
