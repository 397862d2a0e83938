// What INWX has and others have not: a second factor, and statuses in the body.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inwx } from '../../providers/inwx/inwx.ts';
import { AppError } from '../../src/base/errors.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { fqdn } from '../../src/dns/name.ts';
import { endLogins, inwxAt } from '../conformance/fakes/inwx.ts';
import type { Running } from '../conformance/fake.ts';
import { startFake } from '../conformance/fake.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');
const ONE = `030101${'aa'.repeat(32)}`;
const EDIT = { zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [ONE], remove: [] } as const;

let running: Running;
let lent: ReturnType<typeof toolsFor>;
let options: Parameters<typeof inwx.open>[0];

beforeEach(async () => {
  lent = toolsFor();
  const fake = inwxAt(() => lent.tools.clock.now());
  running = await startFake(fake);
  running.far.addZone('example.org');
  options = fake.options(running.url) as typeof options;
});
afterEach(async () => {
  await lent.close();
  await running.stop();
});

const open = async (more: object = {}): Promise<DnsProvider> =>
  inwx.open({ ...options, ...more }, lent.tools);
const logins = (): number =>
  running.requests.filter(({ text }) => text.includes('account.login')).length;

it('logs in once for many calls, and again once when the session has ended', async () => {
  const provider = await open();
  expect(await provider.findZone(OWNER, {})).toBe(ZONE);
  expect(await provider.apply({ ...EDIT, expect: [] }, {})).toBe('accepted');
  expect(logins()).toBe(1);
  endLogins(running.far);
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toMatchObject({ rdata: [ONE] });
  expect(logins()).toBe(2);
});

it('uses a code of the second factor for one login: a second one waits for the next code', async () => {
  const provider = await open();
  await provider.read(ZONE, OWNER, 'TLSA', {});
  endLogins(running.far);
  await provider.read(ZONE, OWNER, 'TLSA', {});
  expect(lent.slept).toHaveLength(1);
  expect(lent.slept[0]).toBeLessThanOrEqual(30);
});

it('takes the next code where another run has used this one', async () => {
  await (await open()).read(ZONE, OWNER, 'TLSA', {});
  expect(await (await open()).read(ZONE, OWNER, 'TLSA', {})).toBeUndefined();
  expect(lent.slept).toHaveLength(1);
});

it('says that the account asks for a second factor', async () => {
  const provider = await open({ totp: undefined });
  await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
    message: expect.stringContaining('second factor') as string,
  });
});

it('takes a wrong password for what it is', async () => {
  const provider = await open({ password: 'wrong' });
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
])('takes code %i for %s', async (code, expected) => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  const body = JSON.stringify({ code, msg: 'Some reason' });
  running.trouble = { on: 'write', how: { status: 200, body } };
  const write = provider.apply({ ...EDIT, expect: [] }, {});
  // What the login is told to lack is asked once more, and then it is done.
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

it('takes a record that is there already, and one that is gone, for done', async () => {
  const provider = await open();
  const message = (code: number): string => JSON.stringify({ code, msg: 'Object' });
  running.trouble = { on: 'write', how: { status: 200, body: message(2302) } };
  expect(await provider.apply({ ...EDIT, expect: [] }, {})).toBe('accepted');
  const zone = running.far.zone('example.org');
  if (zone !== undefined) running.far.add(zone, OWNER, 'TLSA', ONE, 3600);
  running.trouble = { on: 'write', how: { status: 200, body: message(2303) } };
  const end = { ...EDIT, add: [], remove: [ONE], expect: [ONE] };
  expect(await provider.apply(end, {})).toBe('accepted');
});
