// Which [[zone]] a name is in, and where TLSA records would be of no use.
import { PROVIDERS } from '../../providers/index.ts';
import { hostOf, isWithin, labelsOf } from '../dns/name.ts';
import type { Fqdn } from '../dns/name.ts';
import type { ProviderTraits } from '../ports/provider.ts';
import type { Config, ZoneConfig } from './schema.ts';

/** The configured zone that holds a name: the longest one at or above it. */
export function zoneConfig(name: Fqdn, zones: readonly ZoneConfig[]): ZoneConfig | undefined {
  return zones
    .filter((zone) => isWithin(name, zone.name))
    .sort((a, b) => labelsOf(b.name).length - labelsOf(a.name).length)[0];
}

/** One sentence for each provider that would write TLSA records of these names, and in vain. */
export function vainProviders(
  owners: readonly Fqdn[],
  { zones, providers }: Pick<Config, 'zones' | 'providers'>,
): string[] {
  return providers.flatMap(({ name, type }) => {
    const isOnly = providers.length === 1;
    const own = owners.filter((owner) => {
      const named = zoneConfig(owner, zones)?.provider;
      return named === undefined ? isOnly : named.includes(name);
    });
    const kind = PROVIDERS.find((one) => one.type === type);
    if (own.length === 0 || kind === undefined) return [];
    const because = whyInVain(kind.traits, [...new Set(own)].map(hostOf).join(', '));
    return because === undefined ? [] : [`provider "${name}" (${kind.title}) ${because}`];
  });
}

/**
 * Where nothing is signed, a CNAME is not either, and what it leads to is as insecure as itself.
 */
export function whyInVain(
  { types, signs }: Pick<ProviderTraits, 'types' | 'signs'>,
  owners: string,
): string | undefined {
  if (signs === 'never') {
    return `signs no zone, and TLSA records in an unsigned zone count for no client (RFC 6698 §4.1): those of ${owners} would protect nothing. Move the zone to a provider that signs, or give the service a name in a signed zone; a CNAME into a signed zone at another provider is the way only where the zone that it stands in is signed, too`;
  }
  if (types.includes('TLSA')) return undefined;
  return `has no TLSA records: let ${owners} be a CNAME into a signed zone at another provider, and name that zone in a [[zone]]`;
}
