// Statuses of a receiver with a special meaning.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { webhook } from '../../providers/webhook.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');
const A = `030101${'aa'.repeat(32)}`;
const EDIT: RRsetEdit = {
  ...{ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [A], remove: [], expect: [] },
};

let server: Server;
let close: () => Promise<void>;
afterEach(async () => {
  await close();
  server.close();
});

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Of a receiver that cannot answer queries, as these statuses say. */
async function open(change: Answer, question: Answer = { status: 501 }): Promise<DnsProvider> {
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { status, headers, body } = text.includes('"apply"') ? change : question;
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { tools, close: closing } = toolsFor();
  close = closing;
  return webhook.open(
    { url: `http://127.0.0.1:${port}`, bearer: undefined, hmac: undefined, ca_file: undefined },
    { ...tools, look: () => Promise.resolve(undefined), zoneOf: () => Promise.resolve(ZONE) },
  );
}

it.each([404, 501])('reads DNS where queries are answered with %i', async (status) => {
  const provider = await open({ status: 200, body: '{"status":"unchanged"}' }, { status });
  expect(await provider.findZone(OWNER, {})).toBe(ZONE);
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toBeUndefined();
  expect(await provider.apply(EDIT, {})).toBe('accepted');
});

it('reports 409 as a conflict', async () => {
  const provider = await open({ status: 409, body: '{"error":"another writer was faster"}' });
  expect(await provider.apply(EDIT, {})).toBe('conflict');
});

it.each<[Answer, object]>([
  [
    { status: 503, headers: { 'retry-after': '7200' } },
    { code: 'PROVIDER_LIMITED', retry: true },
  ],
  [{ status: 503 }, { code: 'PROVIDER_FAILED', retry: true }],
  [{ status: 422, body: '{"error":"no"}' }, { code: 'UPDATE_REFUSED' }],
  [
    { status: 200, body: '{"status":"queued"}' },
    { code: 'PROVIDER_FAILED', retry: true },
  ],
  [
    { status: 200, body: '{}' },
    { code: 'PROVIDER_FAILED', retry: true },
  ],
])('%j', async (answer, error) => {
  const provider = await open(answer);
  await expect(provider.apply(EDIT, {})).rejects.toMatchObject(error);
});
