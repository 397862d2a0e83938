// A DNS server in this process, on a free port of 127.0.0.1 over UDP and TCP, which answers with
// what a test gives it.
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { readQuestions, viewOf } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { CLASS, typeNumber } from '../../src/dns/record-type.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { ServerAddress } from '../../src/resolver/transport.ts';

export type Handler = (
  request: Uint8Array,
  transport: 'udp' | 'tcp',
  count: number,
) => readonly Uint8Array[];

export interface FakeServer extends ServerAddress {
  readonly requests: Uint8Array[];
  /** Source ports of the requests over UDP. */
  readonly peerPorts: number[];
  close(): Promise<void>;
}

export async function fakeServer(handler: Handler): Promise<FakeServer> {
  const requests: Uint8Array[] = [];
  const peerPorts: number[] = [];
  const answer = (request: Uint8Array, transport: 'udp' | 'tcp'): readonly Uint8Array[] => {
    requests.push(request);
    return handler(request, transport, requests.length);
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      // In two pieces, the first of which is half of the length.
      for (const reply of answer(new Uint8Array(data.subarray(2)), 'tcp')) {
        const frame = Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]);
        socket.write(frame.subarray(0, 1));
        setTimeout(() => socket.write(frame.subarray(1)), 5);
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (data, peer) => {
    peerPorts.push(peer.port);
    for (const reply of answer(new Uint8Array(data), 'udp'))
      udp.send(reply, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  return {
    address: '127.0.0.1',
    port,
    requests,
    peerPorts,
    close: async () => {
      udp.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

export interface FakeRecord {
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl?: number;
  readonly rdata: string;
}

export interface FakeResponse {
  readonly rcode?: number;
  /** AA, TC, RA, AD as in the header; `RA` alone by default. */
  readonly flags?: readonly ('AA' | 'TC' | 'RA' | 'AD')[];
  readonly answers?: readonly FakeRecord[];
  readonly authorities?: readonly FakeRecord[];
  readonly additionals?: readonly FakeRecord[];
}

const FLAG = { AA: 0x0400, TC: 0x0200, RA: 0x0080, AD: 0x0020 } as const;

/** The response to a request, with its id, opcode and question. */
export function respond(request: Uint8Array, response: FakeResponse): Uint8Array {
  const { rcode = 0, flags = ['RA'], answers = [], authorities = [], additionals = [] } = response;
  const { questions, end } = readQuestions(request);
  const opcode = viewOf(request).getUint16(2) & 0x7800;
  const out = new WireWriter()
    .u16(viewOf(request).getUint16(0))
    .u16(flags.reduce((bits, flag) => bits | FLAG[flag], 0x8000 | opcode | rcode));
  out.u16(questions.length).u16(answers.length).u16(authorities.length).u16(additionals.length);
  out.bytes(request.subarray(12, end));
  for (const { owner, type, ttl = 300, rdata } of [...answers, ...authorities, ...additionals]) {
    out.record(owner, typeNumber(type), CLASS.IN, ttl, rdata);
  }
  return out.finish();
}
