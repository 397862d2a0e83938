// What is special about INWX: a second factor, and statuses in the body.
import { expect, it } from 'vitest';
import { inwx } from '../../providers/inwx/inwx.ts';
import { AppError } from '../../src/base/errors.ts';
import { endLogins, inwxAt } from '../conformance/fakes/inwx.ts';
import { EDIT, ONE, OWNER, ZONE, farSideOf } from './opened.ts';

const far = farSideOf(inwx, ({ clock }) => inwxAt(() => clock.now()));
const logins = (): number =>
  far.running.requests.filter(({ text }) => text.includes('account.login')).length;

it('logs in once for many calls, and again once when the session has ended', async () => {
  const provider = await far.open();
  expect(await provider.findZone(OWNER, {})).toBe(ZONE);
  expect(await provider.apply(EDIT, {})).toBe('accepted');
  expect(logins()).toBe(1);
  endLogins(far.running.far);
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toMatchObject({ rdata: [ONE] });
  expect(logins()).toBe(2);
});

it('uses a code of the second factor for one login: a second one waits for the next code', async () => {
  const provider = await far.open();
  await provider.read(ZONE, OWNER, 'TLSA', {});
  endLogins(far.running.far);
  await provider.read(ZONE, OWNER, 'TLSA', {});
  expect(far.slept).toHaveLength(1);
  expect(far.slept[0]).toBeLessThanOrEqual(30);
});

it('takes the next code where another process has used this one', async () => {
  await (await far.open()).read(ZONE, OWNER, 'TLSA', {});
  expect(await (await far.open()).read(ZONE, OWNER, 'TLSA', {})).toBeUndefined();
  expect(far.slept).toHaveLength(1);
});

it('reports that the account needs a second factor', async () => {
  const provider = await far.open({ totp: undefined });
  await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
    message: expect.stringContaining('second factor') as string,
  });
});

it('reports a wrong password as such', async () => {
  const provider = await far.open({ password: 'wrong' });
  await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
  });
});

it.each([
  [2005, 'UPDATE_REFUSED'],
  [2201, 'PROVIDER_AUTH'],
  [2308, 'UPDATE_REFUSED'],
  [2400, 'PROVIDER_FAILED'],
  [2502, 'PROVIDER_LIMITED'],
])('reports code %i as %s', async (code, expected) => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  const body = JSON.stringify({ code, msg: 'Some reason' });
  far.running.fault = { on: 'write', how: { status: 200, body } };
  const write = provider.apply(EDIT, {});
  // A step that the login lacks is made once, and then it succeeds.
  if (code === 2201) {
    expect(await write).toBe('accepted');
    expect(logins()).toBe(2);
    return;
  }
  const error: unknown = await write.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: expected });
  expect((error as AppError).message).toContain('Some reason');
});

it('counts a record that exists already, and one that is gone, as done', async () => {
  const provider = await far.open();
  const message = (code: number): string => JSON.stringify({ code, msg: 'Object' });
  far.running.fault = { on: 'write', how: { status: 200, body: message(2302) } };
  expect(await provider.apply(EDIT, {})).toBe('accepted');
  const zone = far.running.far.zone('example.org');
  if (zone !== undefined) far.running.far.add(zone, OWNER, 'TLSA', ONE, 3600);
  far.running.fault = { on: 'write', how: { status: 200, body: message(2303) } };
  const end = { ...EDIT, add: [], remove: [ONE], expect: [ONE] };
  expect(await provider.apply(end, {})).toBe('accepted');
});
