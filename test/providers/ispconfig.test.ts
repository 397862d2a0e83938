// What ISPConfig has and others have not: faults that are known by their words, and records that are switched off.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ispconfig } from '../../providers/ispconfig.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { endSessions, ispconfig as fake } from '../conformance/fakes/ispconfig.ts';
import type { Running } from '../conformance/fake.ts';
import { startFake } from '../conformance/fake.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');
const ONE = `030101${'aa'.repeat(32)}`;
const EDIT = { zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [ONE], remove: [] } as const;

let running: Running;
let lent: ReturnType<typeof toolsFor>;
let options: Parameters<typeof ispconfig.open>[0];

beforeEach(async () => {
  lent = toolsFor();
  running = await startFake(fake);
  running.far.addZone('example.org');
  options = fake.options(running.url) as typeof options;
});
afterEach(async () => {
  await lent.close();
  await running.stop();
});

const open = async (more: object = {}): Promise<DnsProvider> =>
  ispconfig.open({ ...options, ...more }, lent.tools);
const asked = (method: string) =>
  running.requests.filter(({ url }) => url.searchParams.has(method));
const fault = (code: string, message: string) => ({
  status: 200,
  body: JSON.stringify({ code, message, response: false }),
});

it('logs in again when the session has ended', async () => {
  const provider = await open();
  await provider.read(ZONE, OWNER, 'TLSA', {});
  endSessions(running.far);
  expect(await provider.apply({ ...EDIT, expect: [] }, {})).toBe('accepted');
  expect(asked('login')).toHaveLength(2);
});

it('is denied with a wrong password, and does not try again', async () => {
  const provider = await open({ password: 'wrong' });
  await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
  expect(asked('login')).toHaveLength(1);
});

it('gives the records to the client who is named', async () => {
  const provider = await open({ client: '7' });
  await provider.apply({ ...EDIT, expect: [] }, {});
  expect(asked('dns_tlsa_add').map(({ json }) => json)).toMatchObject([{ client_id: '7' }]);
});

it.each([
  ['remote_fault', 'data_error_regex', 'PROVIDER_FAILED'],
  ['invalid_method', 'Method dns_tlsa_add does not exist', 'UPDATE_REFUSED'],
])('tells what may be half done from what was not done: %s', async (code, text, expected) => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  running.trouble = { on: 'write', how: fault(code, text) };
  await expect(provider.apply({ ...EDIT, expect: [] }, {})).rejects.toMatchObject({
    code: expected,
    message: expect.stringContaining(text) as string,
  });
});

it('does not take a record without a number for one', async () => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  running.trouble = { on: 'write', how: fault('ok', '') };
  await expect(provider.apply({ ...EDIT, expect: [] }, {})).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
  });
});
