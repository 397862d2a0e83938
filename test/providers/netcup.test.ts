// What is special about netcup: sessions that end after minutes, one TTL for a zone, and one code
// for many failures.
import { expect, it } from 'vitest';
import { netcup } from '../../providers/netcup.ts';
import { endSessions, netcup as fake } from '../conformance/fakes/netcup.ts';
import { EDIT, OWNER, ZONE, farSideOf } from './opened.ts';

const far = farSideOf(netcup, () => fake, 86_400);
const logins = (): number =>
  far.running.requests.filter(({ text }) => text.includes('"login"')).length;
const answer = (statuscode: number, longmessage: string) => ({
  status: 200,
  body: JSON.stringify({
    status: 'error',
    statuscode,
    shortmessage: 'Validation Error.',
    longmessage,
  }),
});

it('logs in again when the session has ended', async () => {
  const provider = await far.open();
  await provider.read(ZONE, OWNER, 'TLSA', {});
  expect(logins()).toBe(1);
  endSessions(far.running.far);
  expect(await provider.apply(EDIT, {})).toBe('accepted');
  expect(logins()).toBe(2);
});

it('has the TTL of the zone for every record, with any requested TTL', async () => {
  const provider = await far.open();
  expect(await provider.ttlFor(ZONE, 300, {})).toBe(86_400);
  await provider.apply({ ...EDIT, ttl: 300, expect: [] }, {});
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toMatchObject({ ttl: 86_400 });
});

it.each([{ api_key: 'wrong' }, { api_password: 'wrong' }])('fails with %j', async (more) => {
  const provider = await far.open(more);
  await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
  expect(logins()).toBe(1);
});

it.each([
  ['More than 180 requests per minute. Please wait and retry later.', 60],
  ['Too many error messages, please check your commands. ', 900],
])('reports how long it accepts no more: %s', async (text, seconds) => {
  const provider = await far.open();
  far.running.fault = { on: 'any', how: answer(4013, text) };
  const before = Date.now() / 1000;
  const error = await provider.findZone(OWNER, {}).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'PROVIDER_LIMITED' });
  expect((error as { notBefore: number }).notBefore).toBeGreaterThanOrEqual(before + seconds);
});

it.each([
  [4013, 'Value in field destination is wrong.', 'UPDATE_REFUSED'],
  [5028, 'Can not update (all) DNS records for zone.', 'PROVIDER_FAILED'],
])(
  'distinguishes what was refused from what may be half done: %i',
  async (code, text, expected) => {
    const provider = await far.open();
    await provider.findZone(OWNER, {});
    far.running.fault = { on: 'write', how: answer(code, text) };
    await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(text) as string,
    });
  },
);
