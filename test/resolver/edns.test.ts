// Name servers without EDNS, and firewalls that drop it: they are queried again without EDNS.
import { afterEach, describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { readHeader } from '../../src/dns/wire-reader.ts';
import { askAuthoritative } from '../../src/resolver/authoritative.ts';
import { createInspector } from '../../src/resolver/inspector.ts';
import { serverText } from '../../src/resolver/transport.ts';
import { fakeServer, respond, type FakeServer } from './fake-server.ts';

const zone = fqdn('example.org');
const ns = { owner: zone, type: 'NS', rdata: targetRdata(fqdn('ns.example.org')) } as const;

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const hasOpt = (request: Uint8Array): boolean => readHeader(request).counts[3] > 0;

/** `undefined`: what has an OPT record is dropped. */
async function oldServer(rcode: number | undefined): Promise<FakeServer> {
  server = await fakeServer((request) => {
    if (!hasOpt(request)) return [respond(request, { flags: ['AA'], answers: [ns] })];
    return rcode === undefined ? [] : [respond(request, { flags: [], rcode })];
  });
  return server;
}

const inspect = (at: FakeServer, transport: 'udp' | 'tcp') =>
  createInspector({ resolvers: [], zones: [] }).ask(serverText(at), zone, 'NS', transport, {});

describe('K19: a server without EDNS is asked again without EDNS', () => {
  it.each([
    ['FORMERR', 1],
    ['NOTIMP', 4],
    ['SERVFAIL', 2],
    ['nothing at all', undefined],
  ])('one that answers with %s', { timeout: 15_000 }, async (_, rcode) => {
    const at = await oldServer(rcode);
    const reply = await inspect(at, 'udp');
    expect(reply).toMatchObject({ status: 'answered', message: { rcode: 0, authoritative: true } });
    if (rcode === undefined) return;
    expect(await inspect(at, 'tcp')).toMatchObject({ message: { rcode: 0, authoritative: true } });
  });

  it('one that supports a later version of EDNS only', async () => {
    server = await fakeServer((request) => {
      if (!hasOpt(request)) return [respond(request, { flags: ['AA'], answers: [ns] })];
      const plain = respond(request, { flags: [] });
      // One more record: OPT with the upper bits of BADVERS.
      const opt = Buffer.from('000029' + '04d0' + '01000000' + '0000', 'hex');
      const reply = Buffer.concat([plain, opt]);
      reply.writeUInt16BE(1, 10);
      return [new Uint8Array(reply)];
    });
    expect(await inspect(server, 'udp')).toMatchObject({ message: { rcode: 0 } });
  });

  it('the answer for a type that it does not know stays what it was', async () => {
    server = await fakeServer((request) => [
      respond(request, { flags: [], rcode: hasOpt(request) ? 1 : 4 }),
    ]);
    expect(await inspect(server, 'udp')).toMatchObject({ message: { rcode: 4 } });
  });

  it('a sweep accepts its answers, too', async () => {
    const soa = {
      ...{ owner: zone, type: 'SOA' as const },
      rdata: '00'.repeat(2) + '00000007'.repeat(5),
    };
    server = await fakeServer((request) => [
      hasOpt(request)
        ? respond(request, { flags: [], rcode: 1 })
        : respond(request, { flags: ['AA'], answers: [soa, ns] }),
    ]);
    const question = { zone, owner: zone, type: 'NS', now: 1_800_000_000, timeoutMs: 500 } as const;
    expect((await askAuthoritative(server, question)).answer.status).toBe('answered');
  });
});
