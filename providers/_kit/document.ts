// One question or one change as a JSON document, for programs and receivers that operators write.
// docs/providers/own.md shows it: its fields are part of the public interface.
import type { Seconds } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Held } from './edit.ts';
import type { Json } from './json.ts';
import { rdataFromText, rdataText } from './rdata.ts';

const SCHEMA = 1;

/** The place of a change, and the RRset before and after it. */
export interface Wanted {
  readonly zone: Fqdn;
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly ttl: Seconds;
  readonly now: readonly RdataHex[];
  readonly add: readonly RdataHex[];
  readonly remove: readonly RdataHex[];
  /** All records after the change. */
  readonly then: readonly RdataHex[];
  /** The records that stay and get another TTL. */
  readonly retimed: readonly RdataHex[];
}

export type Document = Readonly<Record<string, unknown>>;

export function changeDocument({ zone, owner, type, ttl, ...sets }: Wanted): Document {
  const texts = (set: readonly RdataHex[]): string[] => set.map((rdata) => rdataText(type, rdata));
  const { now, add, remove, then } = sets;
  return {
    ...{ schema: SCHEMA, operation: 'apply', zone, owner, type, ttl },
    ...{ now: texts(now), add: texts(add), remove: texts(remove), then: texts(then) },
  };
}

export function readDocument(zone: Fqdn, owner: Fqdn, type: RecordType): Document {
  return { schema: SCHEMA, operation: 'read', zone, owner, type };
}

export function zoneDocument(name: Fqdn): Document {
  return { schema: SCHEMA, operation: 'find-zone', name };
}

/** `{"ttl": 3600, "records": ["3 1 1 …"]}`; without records there is no RRset. */
export function heldIn(answer: Json, type: RecordType): Held | undefined {
  const rdata = answer
    .at('records')
    .list()
    .map((record) => rdataFromText(type, record.text()));
  if (rdata.length === 0) return undefined;
  return { ttl: answer.at('ttl').number(), rdata: rdataSet(rdata) };
}

/** `{"zone": "example.org"}`, or null. */
export function zoneIn(answer: Json): Fqdn | undefined {
  const zone = answer.at('zone');
  return zone.raw === null ? undefined : fqdn(zone.text());
}
