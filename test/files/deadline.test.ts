import { describe, expect, test } from 'vitest';
import { hangingActs, within } from '../../src/files/deadline.ts';

describe('K14: an act on files that never ends', () => {
  test('is abandoned after its deadline, counted while it hangs, and may succeed later', async () => {
    let end: (text: string) => void = () => undefined;
    const work = new Promise<string>((resolve) => (end = resolve));
    await expect(within('DEPLOY_FAILED', '/mnt/dead/key', work, 20)).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      exit: 3,
      message: expect.stringMatching(
        /no answer from the file system at \/mnt\/dead\/key/,
      ) as string,
    });
    expect(hangingActs()).toBe(1);
    end('late');
    await work;
    expect(hangingActs()).toBe(0);
  });

  test('what ends in time returns its result', async () => {
    expect(await within('STORE_FAILED', '/a', Promise.resolve(7), 1000)).toBe(7);
    const failed = Promise.reject(new Error('no'));
    await expect(within('STORE_FAILED', '/a', failed, 1000)).rejects.toThrow('no');
    expect(hangingActs()).toBe(0);
  });
});
