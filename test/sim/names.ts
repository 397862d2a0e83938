// Which names of the zone exist, and what its wildcards answer for the others (RFC 4592). Shares no
// code with holger.
import { fqdn, isWithin, parentOf } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';

/** RRsets by `owner TYPE`. */
export type Contents = ReadonlyMap<string, readonly RdataHex[]>;

export interface Named {
  readonly rdata: readonly RdataHex[];
  readonly exists: boolean;
}

export function answerIn(contents: Contents, zone: Fqdn, name: Fqdn, type: RecordType): Named {
  const owners = [...contents].flatMap(([key, rdata]) =>
    rdata.length === 0 ? [] : [key.slice(0, key.indexOf(' ')) as Fqdn],
  );
  const exists = (at: Fqdn): boolean => at === zone || owners.some((owner) => isWithin(owner, at));
  if (exists(name)) return { rdata: contents.get(`${name} ${type}`) ?? [], exists: true };
  let encloser = parentOf(name) ?? zone;
  while (!exists(encloser)) encloser = parentOf(encloser) ?? zone;
  const wildcard = fqdn(`*.${encloser}`);
  return exists(wildcard)
    ? { rdata: contents.get(`${wildcard} ${type}`) ?? [], exists: true }
    : { rdata: [], exists: false };
}

/** What clients may query beside the records of holger. */
export interface Asked {
  readonly name: Fqdn;
  readonly type: RecordType;
}

/** Queries that had an answer and have none any more. */
export function lostBetween(
  before: Contents,
  after: Contents,
  zone: Fqdn,
  asked: readonly Asked[],
): readonly Asked[] {
  return asked.filter(
    ({ name, type }) =>
      answerIn(before, zone, name, type).rdata.length > 0 &&
      answerIn(after, zone, name, type).rdata.length === 0,
  );
}
