// The RRset after an edit, computed from the one that the provider has now.
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
      /** Empty: the RRset is removed. */
      readonly rdata: readonly RdataHex[];
      readonly add: readonly RdataHex[];
      readonly remove: readonly RdataHex[];
      /** The records that stay, if their TTL changes. */
      readonly retimed: readonly RdataHex[];
    };

/**
 * `held`: the present RRset; its TTL is ignored when it is compared with the one that was judged.
 */
export function changeOf(edit: RRsetEdit, held: Held | undefined, ttl: number): Change {
  const now = rdataSet(held?.rdata ?? []);
  const add = rdataSet(edit.add);
  const remove = rdataSet(edit.remove).filter((rdata) => !add.includes(rdata));
  const rdata = rdataSet([...edit.expect.filter((item) => !remove.includes(item)), ...add]);
  const asWanted = sameRdata(now, rdata);
  const retimed =
    held !== undefined && held.ttl !== ttl ? now.filter((one) => rdata.includes(one)) : [];
  // A former write whose answer was lost has already made the change.
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
