// Providers whose API has whole RRsets: one request changes all of it.
import type { Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, EditOutcome, ProviderTraits } from '../../src/ports/provider.ts';
import { changeOf } from './edit.ts';
import type { Held } from './edit.ts';
import { noZone } from './failures.ts';
import { closestZone } from './names.ts';

export interface ZoneRef {
  readonly name: Fqdn;
  /** If the provider has a minimum of its own for this zone. */
  readonly leastTtl?: Seconds;
}

/** Which RRset of a zone. */
export interface RRsetKey {
  readonly owner: Fqdn;
  readonly type: RecordType;
}

export interface RRsetApi<Z extends ZoneRef, H extends Held = Held> {
  readonly host: string;
  readonly traits: ProviderTraits;
  /** The zone of exactly this name. */
  zoneAt(name: Fqdn, call: Call): Promise<Z | undefined>;
  read(zone: Z, owner: Fqdn, type: RecordType, call: Call): Promise<H | undefined>;
  /**
   * `rdata` is never empty; `held` is what is replaced. `conflict`: the provider found other
   * records than `held`.
   */
  replace(
    zone: Z,
    set: RRsetKey & { readonly ttl: Seconds; readonly rdata: readonly RdataHex[] },
    held: H | undefined,
    call: Call,
  ): Promise<EditOutcome | void>;
  remove(zone: Z, set: RRsetKey, held: H, call: Call): Promise<EditOutcome | void>;
}

/** What a provider writes: its name and its traits are said elsewhere. */
export type RRsetVerbs<Z extends ZoneRef, H extends Held = Held> = Omit<
  RRsetApi<Z, H>,
  'host' | 'traits'
>;

export function overRRsets<Z extends ZoneRef, H extends Held = Held>(
  api: RRsetApi<Z, H>,
): DnsProvider {
  const zones = zonesOf(api);
  return {
    traits: api.traits,
    findZone: zones.find,
    ttlFor: zones.ttlFor,
    async read(name, owner, type, call) {
      const held = await api.read(await zones.get(name, call), owner, type, call);
      if (held === undefined || held.rdata.length === 0) return undefined;
      return { owner, type, ttl: held.ttl, rdata: rdataSet(held.rdata) };
    },
    async apply(edit, call) {
      const zone = await zones.get(edit.zone, call);
      const { owner, type } = edit;
      const held = await api.read(zone, owner, type, call);
      const ttl = await zones.ttlFor(edit.zone, edit.ttl, call);
      const change = changeOf(edit, held, ttl);
      if (change.kind !== 'write') return change.kind === 'none' ? 'accepted' : 'conflict';
      const { rdata } = change;
      const outcome =
        rdata.length > 0
          ? await api.replace(zone, { owner, type, ttl, rdata }, held, call)
          : held && (await api.remove(zone, { owner, type }, held, call));
      return outcome ?? 'accepted';
    },
  };
}

/** What both kinds of providers do with zones. */
export function zonesOf<Z extends ZoneRef>(api: {
  readonly host: string;
  readonly traits: ProviderTraits;
  zoneAt(name: Fqdn, call: Call): Promise<Z | undefined>;
}): {
  get(name: Fqdn, call: Call): Promise<Z>;
  find: DnsProvider['findZone'];
  ttlFor: DnsProvider['ttlFor'];
} {
  const known = new Map<Fqdn, Z>();
  const get = async (name: Fqdn, call: Call): Promise<Z> => {
    const zone = known.get(name) ?? (await api.zoneAt(name, call));
    if (zone === undefined) throw noZone(api.host, name);
    known.set(name, zone);
    return zone;
  };
  return {
    get,
    find: async (name, call) => {
      const found = await closestZone(name, (at) => api.zoneAt(at, call));
      if (found !== undefined) known.set(found.name, found);
      return found?.name;
    },
    ttlFor: async (name, ttl, call) => {
      const { least, zone } = api.traits.ttl;
      const own = (await get(name, call)).leastTtl ?? least;
      return zone ? own : Math.max(ttl, own);
    },
  };
}
