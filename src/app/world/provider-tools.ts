// What the program supplies to providers: the clock, HTTP clients, look-ups.
import { isIP } from 'node:net';
import type { ProviderTools, Server } from '../../../providers/_kit/kind.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { readPemFile } from '../../config/pem-file.ts';
import { addressText } from '../../dns/rdata.ts';
import { fqdn } from '../../dns/name.ts';
import { newestBySerial } from '../../dns/serial.ts';
import type { HttpClient } from '../../http/client.ts';
import { createHttpClient } from '../../http/client.ts';
import type { HandChange } from '../../ports/provider.ts';
import type { Resolver, Sweep } from '../../ports/resolver.ts';
import { proxyFromEnvironment } from './proxy.ts';

export interface ToolsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resolver: Resolver;
  readonly userAgent: string;
  readonly byHand: (change: HandChange) => void;
}

export function providerTools(options: ToolsOptions): ProviderTools & { close(): Promise<void> } {
  const { clock, resolver, userAgent } = options;
  const clients: HttpClient[] = [];
  return {
    clock,
    async http(caFile, secrets) {
      const trust = caFile === undefined ? {} : { caPem: await readPemFile('ca_file', caFile) };
      const client = createHttpClient({
        ...{ userAgent, secrets, proxy: proxyFromEnvironment() },
        ...trust,
      });
      clients.push(client);
      return client;
    },
    addressesOf: (server) => addressesOf(server, resolver),
    look: async (owner, type, call) => newest(await resolver.sweep(owner, type, call)),
    zoneOf: async (name, call) => (await resolver.place(name, 'SOA', call)).zone,
    byHand: options.byHand,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/**
 * The records of the server with the newest version of the zone. @throws AppError DNS_UNREACHABLE
 * if no server answers
 */
function newest({ owner, type, addresses }: Sweep): Awaited<ReturnType<ProviderTools['look']>> {
  const answers = addresses.flatMap(({ answer }) => (answer.status === 'answered' ? answer : []));
  const best = newestBySerial(answers);
  if (best === undefined) {
    throw new AppError('DNS_UNREACHABLE', `no server of the zone of ${owner} answers`);
  }
  const { ttl, rdata } = best;
  return rdata.length === 0 ? undefined : { owner, type, ttl, rdata };
}

async function addressesOf(
  server: Server,
  resolver: Resolver,
): Promise<{ readonly address: string; readonly port: number }[]> {
  if (isIP(server.host) !== 0) return [{ address: server.host, port: server.port }];
  const name = fqdn(server.host);
  const found = await Promise.all([
    resolver.lookup(name, 'AAAA', {}),
    resolver.lookup(name, 'A', {}),
  ]);
  const addresses = found.flatMap((lookup) =>
    lookup.status === 'found'
      ? lookup.rrset.rdata.map((rdata) => addressText(rdata.length === 8 ? 'A' : 'AAAA', rdata))
      : [],
  );
  if (addresses.length > 0) return addresses.map((address) => ({ address, port: server.port }));
  throw new AppError('DNS_UNREACHABLE', `no address was found for the DNS server ${server.host}`, {
    hint: 'write its IP address into the configuration, or check the resolver',
  });
}
