// The [[zone]] of a name, and zones where TLSA records would have no effect.
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

/** One sentence for each provider that would write TLSA records of these names without effect. */
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

/** In an unsigned zone a CNAME is insecure, too, and so is everything that it leads to. */
export function whyInVain(
  { types, signs }: Pick<ProviderTraits, 'types' | 'signs'>,
  owners: string,
): string | undefined {
  if (signs === 'never') {
    return (
      'signs no zone, and clients ignore TLSA records in an unsigned zone (RFC 6698 §4.1): ' +
      `those of ${owners} would protect nothing. Move the zone to a provider that signs, ` +
      'or give the service a name in a signed zone. A CNAME into a signed zone at another ' +
      'provider helps only if the zone of the CNAME is signed, too'
    );
  }
  if (types.includes('TLSA')) return undefined;
  return (
    `does not support TLSA records: make ${owners} a CNAME into a signed zone at another ` +
    'provider, and name that zone in a [[zone]]'
  );
}
