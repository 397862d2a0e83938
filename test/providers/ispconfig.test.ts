// What is special about ISPConfig: faults that are recognised by their text, and records that are
// switched off.
import { expect, it } from 'vitest';
import { ispconfig } from '../../providers/ispconfig.ts';
import { endSessions, ispconfig as fake } from '../conformance/fakes/ispconfig.ts';
import { EDIT, OWNER, ZONE, farSideOf } from './opened.ts';

const far = farSideOf(ispconfig, () => fake);
const asked = (method: string) =>
  far.running.requests.filter(({ url }) => url.searchParams.has(method));
const fault = (code: string, message: string) => ({
  status: 200,
  body: JSON.stringify({ code, message, response: false }),
});

it('logs in again when the session has ended', async () => {
  const provider = await far.open();
  await provider.read(ZONE, OWNER, 'TLSA', {});
  endSessions(far.running.far);
  expect(await provider.apply(EDIT, {})).toBe('accepted');
  expect(asked('login')).toHaveLength(2);
});

it('fails with a wrong password, and does not try again', async () => {
  const provider = await far.open({ password: 'wrong' });
  await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
  expect(asked('login')).toHaveLength(1);
});

it('gives the records to the client who is named', async () => {
  const provider = await far.open({ client: '7' });
  await provider.apply(EDIT, {});
  expect(asked('dns_tlsa_add').map(({ json }) => json)).toMatchObject([{ client_id: '7' }]);
});

it.each([
  ['remote_fault', 'data_error_regex', 'PROVIDER_FAILED'],
  ['invalid_method', 'Method dns_tlsa_add does not exist', 'UPDATE_REFUSED'],
])(
  'distinguishes what may be half done from what was not done: %s',
  async (code, text, expected) => {
    const provider = await far.open();
    await provider.findZone(OWNER, {});
    far.running.fault = { on: 'write', how: fault(code, text) };
    await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(text) as string,
    });
  },
);

it('does not count a record without a number as one', async () => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  far.running.fault = { on: 'write', how: fault('ok', '') };
  await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
  });
});
