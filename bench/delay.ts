// A slow path: TCP connections and UDP queries go through this process, each direction delayed by
// so many milliseconds.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Path {
  /** Each direction; may be changed while the path is open. */
  delayMs: number;
}

/** What comes in on one side goes out on the other, in its order, later. */
function later(from: Socket, to: Socket, path: Path): void {
  from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), path.delayMs));
  from.on('end', () => setTimeout(() => to.end(), path.delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), path.delayMs + 1000).unref());
}

export async function relayTcp(
  addresses: readonly string[],
  port: number,
  to: { readonly host: string; readonly port: number },
  path: Path,
): Promise<readonly Server[]> {
  const servers = addresses.map((host) =>
    createServer((client) => {
      client.setNoDelay(true);
      const server = connect({ ...to, noDelay: true });
      later(client, server, path);
      later(server, client, path);
    }).listen({ host, port, backlog: 512 }),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return servers;
}

export async function relayDns(at: string, to: string, path: Path): Promise<{ close(): void }> {
  const front = createSocket('udp4').bind(53, at);
  await once(front, 'listening');
  front.on('message', (query, client) => {
    const back = createSocket('udp4');
    back.on('error', () => undefined);
    setTimeout(() => back.send(query, 53, to), path.delayMs);
    back.once('message', (answer) => {
      back.close();
      setTimeout(() => front.send(answer, client.port, client.address), path.delayMs);
    });
  });
  const [tcp] = await relayTcp([at], 53, { host: to, port: 53 }, path);
  return {
    close: () => {
      front.close();
      tcp?.close();
    },
  };
}
