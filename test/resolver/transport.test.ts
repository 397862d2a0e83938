import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { exchange, type ServerAddress } from '../../src/resolver/transport.ts';
import { fakeServer, respond, type FakeServer, type Handler } from './fake-server.ts';

const owner = fqdn('mx.example.org');
const query = encodeQuery({ id: 4711, name: owner, type: 'TXT', recursionDesired: true });
const answers = [{ owner, type: 'TXT', rdata: '0161' }] as const;
const good = (request: Uint8Array): Uint8Array => respond(request, { answers });

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(handler: Handler): Promise<FakeServer> {
  server = await fakeServer(handler);
  return server;
}

const udp = { transport: 'udp', timeoutMs: 600 } as const;

function changed(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
}

describe('over UDP', () => {
  it('returns the answer', async () => {
    const at = await serve((request) => [good(request)]);
    const result = await exchange(at, query, udp);
    expect(result.status).toBe('answered');
    if (result.status !== 'answered') return;
    expect(result.message.answers.map(({ rdata }) => rdata)).toEqual(['0161']);
  });

  it('ignores forgeries and garbage before the true answer', async () => {
    const at = await serve((request) => [
      changed(good(request), 0), // another id
      changed(good(request), 13), // another question
      Uint8Array.of(1, 2, 3),
      good(request).subarray(0, 40),
      good(request),
    ]);
    const result = await exchange(at, query, udp);
    expect(result.status).toBe('answered');
  });

  it.each([
    ['another id', (bytes: Uint8Array) => changed(bytes, 1), 'timeout'],
    ['another question', (bytes: Uint8Array) => changed(bytes, 14), 'timeout'],
    ['no response at all', (bytes: Uint8Array) => query.slice(0, bytes.length), 'timeout'],
    ['a message that is cut off', (bytes: Uint8Array) => bytes.slice(0, -1), 'malformed'],
    ['trailing octets', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]), 'malformed'],
    ['an empty datagram', () => new Uint8Array(), 'malformed'],
  ])('does not accept %s', async (_, forge, status) => {
    const at = await serve((request) => [forge(good(request))]);
    expect((await exchange(at, query, { ...udp, timeoutMs: 200 })).status).toBe(status);
  });

  it('ignores what comes from another address', async () => {
    const at = await serve(() => []);
    const stranger = createSocket('udp4');
    // An attacker who sees the query knows id and port, but still sends from another port.
    const spy = setInterval(() => {
      const request = at.requests.at(-1);
      if (request !== undefined) stranger.send(good(request), at.peerPorts.at(-1), '127.0.0.1');
    }, 10);
    expect((await exchange(at, query, { ...udp, timeoutMs: 200 })).status).toBe('timeout');
    clearInterval(spy);
    stranger.close();
  });

  it('sends again when a packet is lost, from another port', async () => {
    const at = await serve((request, _, count) => (count < 2 ? [] : [good(request)]));
    expect((await exchange(at, query, udp)).status).toBe('answered');
    expect(at.requests).toHaveLength(2);
    expect(new Set(at.peerPorts).size).toBe(2);
  });

  it('continues over TCP when the answer is truncated, even in the middle of a record', async () => {
    const at = await serve((request, transport) => {
      if (transport === 'tcp') return [good(request)];
      return [respond(request, { flags: ['TC'], answers }).slice(0, -3)];
    });
    expect((await exchange(at, query, udp)).status).toBe('answered');
  });

  it('reports that no server listens', async () => {
    const at = await serve(() => []);
    await at.close();
    server = undefined;
    const result = await exchange({ address: '127.0.0.1', port: at.port }, query, udp);
    expect(result.status).toBe('unreachable');
  });

  it('ends when the caller aborts', async () => {
    const at = await serve(() => []);
    const signal = AbortSignal.timeout(50);
    await expect(exchange(at, query, { ...udp, timeoutMs: 5000, signal })).rejects.toThrow();
    const late = AbortSignal.abort(new Error('over'));
    await expect(exchange(at, query, { ...udp, signal: late })).rejects.toThrow('over');
  });
});

describe('over TCP', () => {
  const tcp = { transport: 'tcp', timeoutMs: 500 } as const;

  it('joins an answer that comes in pieces', async () => {
    const at = await serve((request) => [good(request)]);
    expect((await exchange(at, query, tcp)).status).toBe('answered');
  });

  it.each([
    ['another id', (bytes: Uint8Array) => changed(bytes, 1)],
    ['garbage', () => new Uint8Array(40)],
    ['an empty message', () => new Uint8Array()],
  ])('refuses %s', async (_, forge) => {
    const at = await serve((request) => [forge(good(request))]);
    expect((await exchange(at, query, tcp)).status).toBe('malformed');
  });

  it.each([
    ['closes within a message', (bytes: Buffer) => bytes.subarray(0, 5), 'malformed'],
    ['closes without a word', (bytes: Buffer) => bytes.subarray(0, 0), 'unreachable'],
  ])('notices that the server %s', async (_, cut, status) => {
    const listener = createServer((socket) => {
      socket.on('data', () => socket.end(cut(Buffer.from([0, 50, 1, 2, 3, 4]))));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const at: ServerAddress = {
      address: '127.0.0.1',
      port: (listener.address() as AddressInfo).port,
    };
    expect((await exchange(at, query, tcp)).status).toBe(status);
    listener.close();
  });

  it('waits no longer than configured for a server that is silent', async () => {
    const at = await serve(() => []);
    const start = performance.now();
    expect((await exchange(at, query, { ...tcp, timeoutMs: 100 })).status).toBe('timeout');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
