// A relay before a name server that loses what a bad path loses: large answers over UDP, or TCP
// altogether. Or it fails like servers that do not know a type.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Loss {
  /** Answers over UDP that are larger are lost. */
  readonly udpUpTo: number;
  /** `silent`: the connection is accepted and nothing comes back. */
  readonly tcp: 'open' | 'silent' | 'refused';
  /** Queries for this type get SERVFAIL over UDP. */
  readonly failsAt?: number;
}

export interface DnsRelay {
  /** Of every answer over UDP that came from the server. */
  readonly sizes: number[];
  close(): void;
}

export async function startDnsRelay(at: string, to: string, loss: Loss): Promise<DnsRelay> {
  const sizes: number[] = [];
  const open = new Set<{ destroy(): unknown }>();
  const udp = createSocket('udp4').bind(53, at);
  await once(udp, 'listening');
  udp.on('message', (query, client) => {
    if (loss.failsAt !== undefined && typeAsked(query) === loss.failsAt) {
      return udp.send(servfail(query), client.port, client.address);
    }
    const back = createSocket('udp4');
    const end = { destroy: () => back.close() };
    open.add(end);
    back.send(query, 53, to);
    back.once('message', (answer) => {
      sizes.push(answer.length);
      if (answer.length <= loss.udpUpTo) udp.send(answer, client.port, client.address);
      open.delete(end);
      back.close();
    });
  });
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('error', () => undefined);
  };
  const tcp = createServer((client) => {
    keep(client);
    if (loss.tcp === 'silent') return void client.resume();
    const server = keep(connect(53, to));
    client.pipe(server).pipe(client);
  });
  if (loss.tcp !== 'refused') {
    tcp.listen(53, at);
    await once(tcp, 'listening');
  }
  return {
    sizes,
    close: () => {
      udp.close();
      tcp.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** After the labels of the only query (RFC 1035 §4.1.2). */
function typeAsked(query: Buffer): number {
  let at = 12;
  while (query.readUInt8(at) !== 0) at += query.readUInt8(at) + 1;
  return query.readUInt16BE(at + 1);
}

function servfail(query: Buffer): Buffer {
  const answer = Buffer.from(query);
  answer.writeUInt8(answer.readUInt8(2) | 0x80, 2);
  answer.writeUInt8(2, 3);
  return answer;
}
