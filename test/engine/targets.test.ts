import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { atEach, complaint, lasting, withProspect } from '../../src/engine/act/targets.ts';
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

it('one of three hosts fails: the others get the certificate all the same, and the message names the one without it', async () => {
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

it('a bug ends the deployment at once', async () => {
  const reached: string[] = [];
  const bug = atEach(hosts, ({ label }) => {
    reached.push(label);
    return Promise.reject(new TypeError('no such thing'));
  });
  await expect(bug).rejects.toThrow('no such thing');
  expect(reached).toEqual(['files mx1']);
});

it('K43: a failure is temporary for a quarter of an hour; then it needs a person, also when it is reported later', () => {
  const [one = target('files mx1')] = hosts;
  const failure = { target: one, error: new AppError('RELOAD_FAILED', 'ended with status 1') };
  expect(lasting(failure, 1000, 1899).error).toMatchObject({ exit: 3 });
  const late = lasting(failure, 1000, 1900);
  expect(late.error).toMatchObject({ code: 'RELOAD_FAILED', exit: 4 });
  expect(late.error.message).toBe('ended with status 1; it fails since 1970-01-01T00:16:40Z');
  const told = complaint([late]);
  expect(told).toMatchObject({ exit: 4 });
  expect(told && withProspect(told, [])).toMatchObject({ exit: 4 });
});
