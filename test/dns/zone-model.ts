// A small zone, its NSEC and NSEC3 chains, and what is true of a name in it, computed in the
// simplest way.
import { nsecOf, type Nsec } from '../../src/dns/nsec.ts';
import { hashedName, nsec3Of, type Nsec3 } from '../../src/dns/nsec3.ts';
import { compareNames } from '../../src/dns/canonical-order.ts';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { isWithin, parentOf, type Fqdn } from '../../src/dns/name.ts';
import { typeNumber } from '../../src/dns/record-type.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { toBase32Hex, typeBits } from './zone-text.ts';

/** Types at each name that has records; the apex has SOA and NS. */
export type Nodes = ReadonlyMap<Fqdn, readonly RecordType[]>;

export interface Nsec3Options {
  readonly iterations: number;
  readonly salt: string;
  readonly optOut: boolean;
}

export type Truth =
  | { readonly is: 'nxdomain' }
  | { readonly is: 'data' | 'alias' | 'nodata'; readonly wildcard?: Fqdn }
  /** The zone delegates the requested name. */
  | { readonly is: 'referral' };

const isCut = (types: readonly RecordType[]): boolean =>
  types.includes('NS') && !types.includes('SOA');

function* ancestors(name: Fqdn, zone: Fqdn): Generator<Fqdn> {
  for (let up = parentOf(name); up !== undefined && isWithin(up, zone); up = parentOf(up)) yield up;
}

/** Names below a delegation are not in the zone. */
export function authoritative(nodes: Nodes, zone: Fqdn): Nodes {
  return new Map(
    [...nodes].filter(([name]) =>
      [...ancestors(name, zone)].every((up) => !isCut(nodes.get(up) ?? [])),
    ),
  );
}

export function truthOf(all: Nodes, zone: Fqdn, name: Fqdn, type: RecordType): Truth {
  const nodes = authoritative(all, zone);
  const exists = (at: Fqdn): boolean => [...nodes.keys()].some((other) => isWithin(other, at));
  const above = [...ancestors(name, zone)];
  if (above.some((up) => isCut(nodes.get(up) ?? []))) return { is: 'referral' };
  const what = (at: Fqdn): 'data' | 'alias' | 'nodata' | 'referral' => {
    const types = nodes.get(at) ?? [];
    if (isCut(types) && type !== 'DS') return 'referral';
    if (types.includes(type)) return 'data';
    return types.includes('CNAME') ? 'alias' : 'nodata';
  };
  if (exists(name)) return { is: what(name) };
  const encloser = above.find(exists) ?? zone;
  const wildcard = `*.${encloser}` as Fqdn;
  return exists(wildcard) ? { is: what(wildcard), wildcard } : { is: 'nxdomain' };
}

const bits = (types: readonly RecordType[], more: readonly number[]): Uint8Array =>
  typeBits(...types.map(typeNumber), ...more);

export function nsecRecords(all: Nodes, zone: Fqdn): readonly { owner: Fqdn; rdata: string }[] {
  const nodes = [...authoritative(all, zone)].sort(([a], [b]) => compareNames(a, b));
  return nodes.map(([owner, types], index) => {
    const [next] = nodes[index + 1] ?? [zone];
    return { owner, rdata: toHex(concatBytes(nameToWire(next), bits(types, [46, 47]))) };
  });
}

export function nsec3Records(
  all: Nodes,
  zone: Fqdn,
  { iterations, salt, optOut }: Nsec3Options,
): readonly { owner: Fqdn; rdata: string }[] {
  const nodes = new Map<Fqdn, readonly RecordType[]>();
  for (const [name, types] of authoritative(all, zone)) {
    if (optOut && isCut(types) && !types.includes('DS')) continue;
    nodes.set(name, types);
    for (const up of ancestors(name, zone)) if (!nodes.has(up)) nodes.set(up, all.get(up) ?? []);
  }
  const hashed = [...nodes]
    .map(([name, types]) => ({ hash: hashedName(name, iterations, salt), types }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  return hashed.map(({ hash, types }, index) => {
    const next = fromHex((hashed[index + 1] ?? hashed[0])?.hash ?? '');
    const saltOctets = fromHex(salt);
    const out = new WireWriter()
      .u8(1)
      .u8(optOut ? 1 : 0)
      .u16(iterations);
    out.u8(saltOctets.length).bytes(saltOctets).u8(next.length).bytes(next);
    out.bytes(
      bits(types, types.length === 0 || (isCut(types) && !types.includes('DS')) ? [] : [46]),
    );
    return { owner: `${toBase32Hex(fromHex(hash))}.${zone}` as Fqdn, rdata: toHex(out.finish()) };
  });
}

export const nsecChain = (nodes: Nodes, zone: Fqdn): readonly Nsec[] =>
  nsecRecords(nodes, zone).map(({ owner, rdata }) => nsecOf(owner, rdata));

export const nsec3Chain = (nodes: Nodes, zone: Fqdn, options: Nsec3Options): readonly Nsec3[] =>
  nsec3Records(nodes, zone, options).map(({ owner, rdata }) => nsec3Of(owner, rdata, zone));
