// An RRset together with its signatures, and the octets that such a signature covers.
import { concatBytes, fromHex } from '../base/bytes.ts';
import { nameToWire } from './name-wire.ts';
import { labelsOf, type Fqdn } from './name.ts';
import { rrsigOf } from './rdata.ts';
import { CLASS, typeNumber } from './record-type.ts';
import { rdataSet, type RdataHex, type RecordType } from './rrset.ts';
import { WireWriter } from './wire-writer.ts';
import type { Seconds } from '../base/clock.ts';
import type { WireRecord } from './wire-reader.ts';

export interface SignedSet {
  readonly owner: Fqdn;
  readonly type: number;
  /** As received; the longest, if they differ. */
  readonly ttl: Seconds;
  /** In canonical order, no duplicates (RFC 4034 §6.3). */
  readonly rdata: readonly RdataHex[];
  /** RDATA of the RRSIG records that cover the set. */
  readonly signatures: readonly RdataHex[];
}

/** The RRset at `owner` with its signatures; undefined if the records contain none. */
export function signedSetIn(
  records: readonly WireRecord[],
  owner: Fqdn,
  type: RecordType,
): SignedSet | undefined {
  const own = records.filter((record) => record.owner === owner);
  return signedSetsIn(own, [typeNumber(type)])[0];
}

/** All RRsets of these types, in the order of the section. */
export function signedSetsIn(
  records: readonly WireRecord[],
  types: readonly number[],
): readonly SignedSet[] {
  const sets = new Map<string, WireRecord[]>();
  const signatures = new Map<string, RdataHex[]>();
  for (const record of records) {
    if (record.class !== CLASS.IN) continue;
    if (types.includes(record.type)) {
      push(sets, `${record.type} ${record.owner}`, record);
    } else if (record.type === typeNumber('RRSIG')) {
      push(signatures, `${rrsigOf(record.rdata).typeCovered} ${record.owner}`, record.rdata);
    }
  }
  return [...sets].flatMap(([key, [first, ...more]]) => {
    if (first === undefined) return [];
    const { owner, type } = first;
    const ttl = more.reduce((longest, record) => Math.max(longest, record.ttl), first.ttl);
    const rdata = rdataSet([first, ...more].map((record) => record.rdata));
    return [{ owner, type, ttl, rdata, signatures: rdataSet(signatures.get(key) ?? []) }];
  });
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}

/**
 * The name that was signed if the RRSIG counts `labels` labels: the owner, or the wildcard that it
 * was made from (RFC 4035 §5.3.2); undefined if the owner has fewer labels (§5.3.1).
 */
export function signedName(owner: Fqdn, labels: number): Fqdn | undefined {
  const all = labelsOf(owner);
  if (labels > all.length) return undefined;
  if (labels === all.length) return owner;
  return wildcardBelow(`${all.slice(all.length - labels).join('.')}.` as Fqdn);
}

/** `*.example.org.` of `example.org.`. */
export function wildcardBelow(encloser: Fqdn): Fqdn {
  return `*.${encloser === '.' ? '' : encloser}` as Fqdn;
}

/**
 * What a signature covers: RRSIG data without the signature, then the records in canonical form
 * (RFC 4034 §3.1.8.1, §6).
 */
export function signedData(
  { type, rdata }: SignedSet,
  name: Fqdn,
  originalTtl: Seconds,
  coveredRrsig: Uint8Array,
): Uint8Array {
  const owner = nameToWire(name);
  const fixed = new WireWriter().u16(type).u16(CLASS.IN).u32(originalTtl).finish();
  const records = rdata.flatMap((item) => {
    const data = fromHex(item);
    return [owner, fixed, Uint8Array.of(data.length >>> 8, data.length & 0xff), data];
  });
  return concatBytes(coveredRrsig, ...records);
}
