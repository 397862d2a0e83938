import { expect, it } from 'vitest';
import { sessions } from '../../providers/_kit/session.ts';
import { denied, failed } from '../../providers/_kit/failures.ts';

const CALL = {};

function countingLogins() {
  let logins = 0;
  const open = (): Promise<string> => Promise.resolve(`session-${(logins += 1)}`);
  return { within: sessions(open, (session) => session), logins: () => logins };
}

it('logs in once for many calls, also for those at the same time', async () => {
  const { within, logins } = countingLogins();
  const say = (session: string): Promise<string> => Promise.resolve(session);
  expect(await Promise.all([within(say, CALL), within(say, CALL)])).toEqual([
    'session-1',
    'session-1',
  ]);
  expect(await within(say, CALL)).toBe('session-1');
  expect(logins()).toBe(1);
});

it('logs in again, once, when the server has ended the session', async () => {
  const { within, logins } = countingLogins();
  const act = (session: string): Promise<string> =>
    session === 'session-1' ? Promise.reject(denied('Host')) : Promise.resolve(session);
  expect(await within(act, CALL)).toBe('session-2');
  await expect(within(() => Promise.reject(denied('Host')), CALL)).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
  });
  expect(logins()).toBe(3);
});

it('repeats nothing else', async () => {
  const { within, logins } = countingLogins();
  await expect(within(() => Promise.reject(failed('Host', 'a write')), CALL)).rejects.toMatchObject(
    { code: 'PROVIDER_FAILED' },
  );
  expect(logins()).toBe(1);
});

it('logs in again after a login that failed', async () => {
  let logins = 0;
  const within = sessions(
    () => {
      logins += 1;
      return logins === 1 ? Promise.reject(denied('Host')) : Promise.resolve('session');
    },
    (session) => session,
  );
  await expect(within((session) => Promise.resolve(session), CALL)).rejects.toThrow('Host');
  expect(await within((session) => Promise.resolve(session), CALL)).toBe('session');
});

it('shows the session in no error', async () => {
  const { within } = countingLogins();
  const act = (session: string): Promise<never> =>
    Promise.reject(failed('Host', 'a write', `${session} is not allowed`));
  await expect(within(act, CALL)).rejects.toThrow('Host failed at a write: *** is not allowed');
});
