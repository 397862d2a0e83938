// A signed zone as a name server would send it: records of a section, and messages.
import { rdataOf } from '../../src/dns/rdata.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { META_TYPE, typeNumber } from '../../src/dns/record-type.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { SignedSet } from '../../src/dns/signed-set.ts';
import type { WireRecord } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { rrsigOver, signed, type SigningOptions } from './signer.ts';
import { nsec3Records, nsecRecords, type Nodes, type Nsec3Options } from './zone-model.ts';

export interface SignedZone {
  readonly soa: SignedSet;
  readonly nsec: readonly SignedSet[];
  readonly nsec3: readonly SignedSet[];
}

export function signZone(nodes: Nodes, nsec3: Nsec3Options, options: SigningOptions): SignedZone {
  const { zone } = options;
  const soa = new WireWriter().name(zone).name(zone).u32(1).u32(2).u32(3).u32(4).u32(5).finish();
  const one = (owner: Fqdn, type: number, rdata: string): SignedSet =>
    signed({ owner, type, ttl: 300, rdata: [rdata] }, options);
  return {
    soa: one(zone, typeNumber('SOA'), Buffer.from(soa).toString('hex')),
    nsec: nsecRecords(nodes, zone).map((it) => one(it.owner, META_TYPE.NSEC, it.rdata)),
    nsec3: nsec3Records(nodes, zone, nsec3).map((it) => one(it.owner, META_TYPE.NSEC3, it.rdata)),
  };
}

/** The sets as records of a section, each followed by its signatures. */
export function sectionOf(...sets: readonly SignedSet[]): readonly WireRecord[] {
  const place = { class: 1, offset: 0, rdataOffset: 0 };
  return sets.flatMap(({ owner, type, ttl, rdata, signatures }) => [
    ...rdata.map((item) => ({ owner, type, ttl, rdata: item, ...place })),
    ...signatures.map((item) => ({
      owner,
      type: typeNumber('RRSIG'),
      ttl,
      rdata: rdataOf('RRSIG', fromHex(item)),
      ...place,
    })),
  ]);
}

export const resigned = (set: SignedSet, options: SigningOptions): SignedSet => ({
  ...set,
  signatures: [rrsigOver(set, options)],
});

export function responseOf(
  rcode: number,
  question: { readonly name: Fqdn; readonly type: RecordType },
  answers: readonly WireRecord[],
  authorities: readonly WireRecord[],
): Uint8Array {
  const out = new WireWriter().u16(1).u16(0x8400 | rcode);
  out.u16(1).u16(answers.length).u16(authorities.length).u16(0);
  out.name(question.name).u16(typeNumber(question.type)).u16(1);
  for (const { owner, type, ttl, rdata } of [...answers, ...authorities]) {
    out.record(owner, type, 1, ttl, rdata);
  }
  return out.finish();
}
