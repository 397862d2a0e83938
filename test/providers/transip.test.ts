// What is special about TransIP: a signed request for a token, and entries without identifiers.
import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { signer } from '../../providers/transip/signature.ts';
import { transip } from '../../providers/transip/transip.ts';
import { endTokens, transip as fake } from '../conformance/fakes/transip.ts';
import { rsaPair } from '../support/rsa.ts';
import { EDIT, ONE, OWNER, ZONE, farSideOf } from './opened.ts';

const far = farSideOf(transip, () => fake);
const tokens = () => far.running.requests.filter(({ path }) => path === '/v6/auth');
const put = (ttl: number): void => {
  const zone = far.running.far.zone('example.org');
  if (zone !== undefined) far.running.far.add(zone, OWNER, 'TLSA', ONE, ttl);
};
const ttls = (): number[] | undefined =>
  far.running.far.zone('example.org')?.records.map(({ ttl }) => ttl);

it('fetches one token for many requests, and another one when it has expired', async () => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  await provider.read(ZONE, OWNER, 'TLSA', {});
  expect(tokens()).toHaveLength(1);
  endTokens(far.running.far);
  expect(await provider.apply(EDIT, {})).toBe('accepted');
  expect(tokens()).toHaveLength(2);
});

it('gets a token for any address only where that is configured', async () => {
  await (await far.open()).read(ZONE, OWNER, 'TLSA', {});
  await (await far.open({ global_key: true })).read(ZONE, OWNER, 'TLSA', {});
  expect(tokens().map(({ json }) => json)).toMatchObject([
    { global_key: false, read_only: false },
    { global_key: true, read_only: false },
  ]);
});

it('fails with the key of another account, and does not try again', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const provider = await far.open({ private_key: pem });
  await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toMatchObject({
    code: 'PROVIDER_AUTH',
  });
  expect(tokens()).toHaveLength(1);
});

it('reports that a key is not valid, without printing it', async () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----';
  await expect(far.open({ private_key: pem })).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
    message: expect.not.stringContaining('bm90') as string,
  });
});

it('signs the body with SHA-512 and RSA', () => {
  const { publicKey, privateKey } = rsaPair();
  const signature = signer(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())('{}');
  const bytes = Buffer.from(signature, 'base64');
  expect(verify('sha512', Buffer.from('{}'), publicKey, bytes)).toBe(true);
});

it('counts an entry that exists already as done, with any text of the refusal', async () => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  // Another client adds it between our query and our write.
  const { requests } = far.running;
  const push = requests.push.bind(requests);
  requests.push = (request) => {
    if (request.method === 'POST') put(300);
    return push(request);
  };
  expect(await provider.apply({ ...EDIT, ttl: 300, expect: [] }, {})).toBe('accepted');
  expect(ttls()).toEqual([300]);
});

it('reports why an entry is refused', async () => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  const body = JSON.stringify({ error: 'This is no valid content.' });
  far.running.fault = { on: 'write', how: { status: 406, body } };
  await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
    code: 'UPDATE_REFUSED',
    message: expect.stringContaining('This is no valid content.') as string,
  });
});

it('tries again later where another change of the domain is in progress', async () => {
  const provider = await far.open();
  await provider.findZone(OWNER, {});
  far.running.fault = { on: 'write', how: { status: 409, body: '{"error":"busy"}' } };
  await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
    retry: true,
  });
});

it('writes one TTL for an RRset that a lost answer left with two', async () => {
  put(7200);
  put(3600);
  const provider = await far.open();
  expect(await provider.apply({ ...EDIT, add: [], expect: [ONE] }, {})).toBe('accepted');
  expect(ttls()).toEqual([3600]);
});
