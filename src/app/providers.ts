// Which provider writes which zone. A provider is made when it is first needed: its secret is read then, and not before.
import { isIP } from 'node:net';
import { createRfc2136 } from '../../providers/rfc2136/rfc2136.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { readSecret, secretPlace } from '../config/secrets.ts';
import type { Config, ProviderConfig, ServerAddress, ZoneConfig } from '../config/schema.ts';
import { addressText } from '../dns/rdata.ts';
import { fqdn, isWithin, labelsOf } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';
import type { World } from '../engine/world.ts';
import { registerSecret } from '../observe/redact.ts';
import type { DnsProvider } from '../ports/provider.ts';
import type { Resolver } from '../ports/resolver.ts';

export type ProviderFor = World['providerFor'];

/** The configured zone that holds a zone found in DNS: the longest one at or above it. */
function zoneConfig(zone: Fqdn, zones: readonly ZoneConfig[]): ZoneConfig | undefined {
  return zones
    .filter(({ name }) => isWithin(zone, name))
    .sort((a, b) => labelsOf(b.name).length - labelsOf(a.name).length)[0];
}

export function providersOf(config: Config, resolver: Resolver, clock: Clock): ProviderFor {
  const made = new Map<string, DnsProvider>();
  return (zone, purpose, chosen) => {
    const configured = zoneConfig(zone, config.zones);
    const only = config.providers.length === 1 ? config.providers[0]?.name : undefined;
    const tlsa = configured?.provider ?? only;
    const name = chosen ?? (purpose === 'acme' ? (configured?.acmeProvider ?? tlsa) : tlsa);
    const provider = config.providers.find((item) => item.name === name);
    if (provider === undefined) {
      throw new AppError('CONFIG_INVALID', `no provider is configured for zone ${zone}`, {
        hint: `add [[zone]] name = "${zone.slice(0, -1)}" with provider = "…" to ${config.path}`,
      });
    }
    const known = made.get(provider.name) ?? lazily(() => makeRfc2136(provider, resolver, clock));
    made.set(provider.name, known);
    return known;
  };
}

function lazily(make: () => Promise<DnsProvider>): DnsProvider {
  let made: Promise<DnsProvider> | undefined;
  const get = (): Promise<DnsProvider> => (made ??= make());
  return {
    traits: { types: ['TXT', 'TLSA'], conditional: true },
    apply: async (edit, call) => (await get()).apply(edit, call),
    read: async (zone, owner, type, call) => (await get()).read(zone, owner, type, call),
  };
}

async function makeRfc2136(
  provider: ProviderConfig,
  resolver: Resolver,
  clock: Clock,
): Promise<DnsProvider> {
  const { tsig } = provider;
  if (tsig === undefined) {
    throw new AppError('CONFIG_INVALID', `provider "${provider.name}" has no tsig key`, {
      hint: 'unsigned updates are not supported; make a key with tsig-keygen',
    });
  }
  const text = (await readSecret(tsig.secret)).trim();
  registerSecret(text);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new AppError('SECRET_UNREADABLE', `${secretPlace(tsig.secret)} is no base64 text`, {
      hint: "it should hold the key's secret alone, as in the secret line of a BIND key file",
    });
  }
  const secret = new Uint8Array(Buffer.from(text, 'base64'));
  const servers = (
    await Promise.all(provider.servers.map((server) => addressesOf(server, resolver)))
  ).flat();
  return createRfc2136({ servers, tsig: { ...tsig, secret }, clock });
}

async function addressesOf(
  server: ServerAddress,
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
    hint: 'write its IP address into the configuration, or look at the resolver',
  });
}
