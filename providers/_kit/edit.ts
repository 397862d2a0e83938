// What an edit makes of the RRset that a hoster holds now.
import { rdataSet, sameRdata } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { RRsetEdit } from '../../src/ports/provider.ts';

export interface Held {
  readonly ttl: number;
  readonly rdata: readonly RdataHex[];
}

export type Change =
  | { readonly kind: 'none' | 'conflict' }
  | {
      readonly kind: 'write';
      /** Empty: the RRset goes. */
      readonly rdata: readonly RdataHex[];
      readonly add: readonly RdataHex[];
      readonly remove: readonly RdataHex[];
      /** Those that stay, where their TTL is to change. */
      readonly retimed: readonly RdataHex[];
    };

/** `held`: what is there; its TTL does not matter for whether it is what was judged. */
export function changeOf(edit: RRsetEdit, held: Held | undefined, ttl: number): Change {
  const now = rdataSet(held?.rdata ?? []);
  const add = rdataSet(edit.add);
  const remove = rdataSet(edit.remove).filter((rdata) => !add.includes(rdata));
  const rdata = rdataSet([...edit.expect.filter((item) => !remove.includes(item)), ...add]);
  const asWanted = sameRdata(now, rdata);
  const retimed =
    held !== undefined && held.ttl !== ttl ? now.filter((one) => rdata.includes(one)) : [];
  // An answer that was lost has left it as it should be.
  if (asWanted && retimed.length === 0) return { kind: 'none' };
  if (!asWanted && !sameRdata(now, rdataSet(edit.expect))) return { kind: 'conflict' };
  return {
    kind: 'write',
    rdata,
    add: rdata.filter((item) => !now.includes(item)),
    remove: now.filter((item) => !rdata.includes(item)),
    retimed,
  };
}
