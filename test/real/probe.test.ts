// The probe against Postfix and nginx as they are installed.
import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../src/ports/probe.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { startLab, type Lab, type LabService } from '../lab/lab.ts';

const probe = createProbe({ timeoutMs: 5000, clientName: 'probe.dane.test' });
let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ index: 41, parts: ['mail', 'www'] });
});
afterAll(() => lab.stop());

const endpoints = (service: LabService): Endpoint[] =>
  service.addresses.map((address) => ({
    address,
    port: service.port,
    protocol: service.protocol === 'smtp' ? 'smtp' : 'tls',
    serverName: service.host,
  }));

const derOf = async (service: LabService): Promise<Uint8Array> =>
  new Uint8Array(new X509Certificate(await readFile(service.certificateFile)).raw);

test.each(['mail', 'www'] as const)('%s presents its chain at every address', async (name) => {
  const service = lab.services[name];
  const certificates = [await derOf(service)];
  for (const endpoint of endpoints(service)) {
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({
      status: 'presented',
      certificates,
      session: { version: expect.stringMatching(/^TLSv1\.[23]$/) },
    });
  }
});

test.each(['mail', 'www'] as const)('%s has no RSA certificate', async (name) => {
  for (const endpoint of endpoints(lab.services[name])) {
    expect(await probe.handshake(endpoint, ['ecdsa'], {})).toMatchObject({
      status: 'presented',
      algorithm: 'ecdsa',
    });
  }
});

test('Postfix logs a correct client: EHLO, STARTTLS, QUIT', async () => {
  const before = lab.logTail('mail', 1000).length;
  const [endpoint] = endpoints(lab.services.mail);
  if (endpoint === undefined) throw new Error('no address');
  await probe.handshake(endpoint, [], {});
  const said = (): string => lab.logTail('mail', 1000).slice(before);
  await expect.poll(said).toMatch(/disconnect from .* ehlo=1 starttls=1 quit=1 commands=3/);
  expect(said()).not.toMatch(/lost connection|improper command|error/);
});

test('a port without a service is refused', async () => {
  const [endpoint] = endpoints(lab.services.www);
  if (endpoint === undefined) throw new Error('no address');
  expect(await probe.handshake({ ...endpoint, port: 9 }, [], {})).toMatchObject({
    status: 'refused',
  });
});
