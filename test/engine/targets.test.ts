import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { atEach, complaint } from '../../src/engine/targets.ts';
import type { DeployTarget } from '../../src/ports/target.ts';

const target = (label: string): DeployTarget => ({
  id: label,
  label,
  place: () => Promise.resolve(),
  reload: () => Promise.resolve(),
  placed: () => Promise.resolve([]),
  differences: () => Promise.resolve([]),
});
const hosts = ['files mx1', 'files mx2', 'files mx3'].map(target);

it('one of three hosts fails: the others have it all the same, and the message says which one has not', async () => {
  const ended = await atEach(hosts, ({ label }) =>
    label === 'files mx1'
      ? Promise.reject(new AppError('RELOAD_FAILED', 'ended with status 1', { hint: 'look' }))
      : Promise.resolve(),
  );
  expect(ended.taken.map(({ label }) => label)).toEqual(['files mx2', 'files mx3']);
  expect(complaint(ended.failures)).toMatchObject({
    code: 'RELOAD_FAILED',
    message: 'files mx1: ended with status 1',
    hint: 'look',
  });
});

it('a bug ends it at once', async () => {
  const reached: string[] = [];
  const bug = atEach(hosts, ({ label }) => {
    reached.push(label);
    return Promise.reject(new TypeError('no such thing'));
  });
  await expect(bug).rejects.toThrow('no such thing');
  expect(reached).toEqual(['files mx1']);
});
