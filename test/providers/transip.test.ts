// What TransIP has and others have not: a signed request for a token, and entries without identifiers.
import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { signer } from '../../providers/transip/signature.ts';
import { transip } from '../../providers/transip/transip.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { endTokens, transip as fake } from '../conformance/fakes/transip.ts';
import type { Running } from '../conformance/fake.ts';
import { startFake } from '../conformance/fake.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');
const ONE = `030101${'aa'.repeat(32)}`;
const EDIT = { zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [ONE], remove: [] } as const;

let running: Running;
let lent: ReturnType<typeof toolsFor>;
let options: Parameters<typeof transip.open>[0];

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
  transip.open({ ...options, ...more }, lent.tools);
const tokens = () => running.requests.filter(({ path }) => path === '/v6/auth');
const put = (ttl: number): void => {
  const zone = running.far.zone('example.org');
  if (zone !== undefined) running.far.add(zone, OWNER, 'TLSA', ONE, ttl);
};
const ttls = (): number[] | undefined =>
  running.far.zone('example.org')?.records.map(({ ttl }) => ttl);

it('fetches one token for many requests, and another one when it has ended', async () => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  await provider.read(ZONE, OWNER, 'TLSA', {});
  expect(tokens()).toHaveLength(1);
  endTokens(running.far);
  expect(await provider.apply({ ...EDIT, expect: [] }, {})).toBe('accepted');
  expect(tokens()).toHaveLength(2);
});

it('takes a token for any address only where it is told to', async () => {
  await (await open()).read(ZONE, OWNER, 'TLSA', {});
  await (await open({ global_key: true })).read(ZONE, OWNER, 'TLSA', {});
  expect(tokens().map(({ json }) => json)).toMatchObject([
    { global_key: false, read_only: false },
    { global_key: true, read_only: false },
  ]);
});

it('is denied with the key of somebody else, and does not try again', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const provider = await open({ private_key: pem });
  await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
  });
  expect(tokens()).toHaveLength(1);
});

it('says that a key is none, without showing it', async () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----';
  await expect(open({ private_key: pem })).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
    message: expect.not.stringContaining('bm90') as string,
  });
});

it('signs the body with SHA-512 and RSA', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signature = signer(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())('{}');
  const bytes = Buffer.from(signature, 'base64');
  expect(verify('sha512', Buffer.from('{}'), publicKey, bytes)).toBe(true);
});

it('takes an entry that is there already for done, whatever it is refused with', async () => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  // Somebody else adds it between our look and our write.
  const { requests } = running;
  const push = requests.push.bind(requests);
  requests.push = (request) => {
    if (request.method === 'POST') put(300);
    return push(request);
  };
  expect(await provider.apply({ ...EDIT, ttl: 300, expect: [] }, {})).toBe('accepted');
  expect(ttls()).toEqual([300]);
});

it('says why an entry is refused', async () => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  const body = JSON.stringify({ error: 'This is no valid content.' });
  running.trouble = { on: 'write', how: { status: 406, body } };
  await expect(provider.apply({ ...EDIT, expect: [] }, {})).rejects.toMatchObject({
    code: 'UPDATE_REFUSED',
    message: expect.stringContaining('This is no valid content.') as string,
  });
});

it('tries again later where another change of the domain is under way', async () => {
  const provider = await open();
  await provider.findZone(OWNER, {});
  running.trouble = { on: 'write', how: { status: 409, body: '{"error":"busy"}' } };
  await expect(provider.apply({ ...EDIT, expect: [] }, {})).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
    retry: true,
  });
});

it('brings an RRset to one TTL that a lost answer left with two', async () => {
  put(7200);
  put(3600);
  const provider = await open();
  expect(await provider.apply({ ...EDIT, add: [], expect: [ONE] }, {})).toBe('accepted');
  expect(ttls()).toEqual([3600]);
});
