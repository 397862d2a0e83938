// The server of a provider: zones with records, a serial, and a history of everything that it ever
// served.
import { fqdn, isWithin } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';

export interface FarRecord {
  readonly id: string;
  readonly owner: Fqdn;
  readonly type: RecordType;
  rdata: RdataHex;
  ttl: number;
}

export interface FarZone {
  readonly name: Fqdn;
  readonly id: string;
  /** Where it differs from the provider's. */
  readonly leastTtl?: number;
  records: FarRecord[];
  serial: number;
}

export class FarSide {
  readonly zones: FarZone[] = [];
  /** RRsets, by "owner type", that existed, then did not: a query at that moment found none. */
  readonly emptied: string[] = [];
  /** Digests are answered in upper case with spaces in them, where this API may do so. */
  shouts = false;
  #next = 1000;

  addZone(name: string, leastTtl?: number): FarZone {
    const zone: FarZone = {
      ...{ name: fqdn(name), id: String((this.#next += 1)), records: [], serial: 1 },
      ...(leastTtl === undefined ? {} : { leastTtl }),
    };
    this.zones.push(zone);
    return zone;
  }

  zone(name: string): FarZone | undefined {
    return this.zones.find((zone) => zone.name === fqdn(name));
  }

  zoneById(id: string): FarZone | undefined {
    return this.zones.find((zone) => zone.id === id);
  }

  /** The zone that holds an owner. */
  zoneAbove(owner: Fqdn): FarZone | undefined {
    return this.zones
      .filter(({ name }) => isWithin(owner, name))
      .sort((a, b) => b.name.length - a.name.length)[0];
  }

  records(zone: FarZone, owner?: Fqdn, type?: string): FarRecord[] {
    return zone.records.filter(
      (record) =>
        (owner === undefined || record.owner === owner) &&
        (type === undefined || record.type === type),
    );
  }

  add(zone: FarZone, owner: Fqdn, type: RecordType, rdata: RdataHex, ttl: number): FarRecord {
    const record: FarRecord = { id: String((this.#next += 1)), owner, type, rdata, ttl };
    this.#change(zone, () => zone.records.push(record));
    return record;
  }

  remove(zone: FarZone, id: string): boolean {
    const there = zone.records.some((record) => record.id === id);
    this.#change(zone, () => (zone.records = zone.records.filter((record) => record.id !== id)));
    return there;
  }

  /** The whole RRset at once; empty: none. */
  replace(
    zone: FarZone,
    owner: Fqdn,
    type: RecordType,
    rdata: readonly RdataHex[],
    ttl: number,
  ): void {
    this.#change(zone, () => {
      const others = zone.records.filter((one) => one.owner !== owner || one.type !== type);
      const made = rdata.map((item) => ({
        id: String((this.#next += 1)),
        owner,
        type,
        rdata: item,
        ttl,
      }));
      zone.records = [...others, ...made];
    });
  }

  #change(zone: FarZone, act: () => unknown): void {
    const keys = (): Set<string> =>
      new Set(zone.records.map(({ owner, type }) => `${owner} ${type}`));
    const before = keys();
    act();
    zone.serial += 1;
    const after = keys();
    this.emptied.push(...[...before].filter((key) => !after.has(key)));
  }

  /** A digest as this API writes it. */
  hex(data: string): string {
    return this.shouts ? (data.toUpperCase().match(/.{1,16}/g) ?? []).join(' ') : data;
  }
}
