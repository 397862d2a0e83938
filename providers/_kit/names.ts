// Owner names in the spelling of providers, and the zone to which a name belongs.
import { hostOf, isWithin, labelsOf, parentOf } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';

/** The labels below the zone: `_25._tcp.mx1`; "" at its apex. */
export function below(owner: Fqdn, zone: Fqdn): string {
  const [name, apex] = [hostOf(owner), hostOf(zone)];
  return name === apex ? '' : name.slice(0, -(apex.length + 1));
}

/** The same, with `@` for the apex. */
export const belowOrAt = (owner: Fqdn, zone: Fqdn): string => below(owner, zone) || '@';

/**
 * Whether a provider of registered domains may have a zone of this name: no zone name contains
 * service labels or a wildcard.
 */
export const mayBeDomain = (name: Fqdn): boolean => !/[_*]/.test(name);

/**
 * Asks for the name and each name above it, until one is a zone. A single label is never a zone of
 * a provider.
 */
export async function closestZone<Z>(
  name: Fqdn,
  zoneAt: (name: Fqdn) => Promise<Z | undefined>,
): Promise<Z | undefined> {
  for (let at: Fqdn | undefined = name; at !== undefined; at = parentOf(at)) {
    if (labelsOf(at).length < 2) return undefined;
    const zone = await zoneAt(at);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** The closest of the zones of a list. */
export function closestIn<Z extends { readonly name: Fqdn }>(
  name: Fqdn,
  zones: readonly Z[],
): Z | undefined {
  return zones
    .filter((zone) => isWithin(name, zone.name))
    .sort((a, b) => labelsOf(b.name).length - labelsOf(a.name).length)[0];
}
