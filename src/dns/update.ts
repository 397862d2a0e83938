// Encodes RFC 2136 UPDATE. "Delete an RR from an RRset" is class NONE with its RDATA (RFC 2136
// §2.5.4); dns-packet does not support that, so the sections are written here. "Delete an RRset"
// (§2.5.2) is never sent: foreign records would be deleted with it.
import { AppError } from '../base/errors.ts';
import { CLASS, typeNumber } from './record-type.ts';
import { WireWriter } from './wire-writer.ts';
import type { Seconds } from '../base/clock.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex, RecordType } from './rrset.ts';

export type Prerequisite =
  /** The RRset exists and has exactly these records (RFC 2136 §2.4.2). The TTL is not compared. */
  | {
      readonly kind: 'rrset-is';
      readonly owner: Fqdn;
      readonly type: RecordType;
      readonly rdata: readonly RdataHex[];
    }
  /** RFC 2136 §2.4.3. */
  | { readonly kind: 'rrset-absent'; readonly owner: Fqdn; readonly type: RecordType };

export type Change =
  | {
      readonly kind: 'add';
      readonly owner: Fqdn;
      readonly type: RecordType;
      readonly ttl: Seconds;
      readonly rdata: RdataHex;
    }
  | {
      readonly kind: 'delete';
      readonly owner: Fqdn;
      readonly type: RecordType;
      readonly rdata: RdataHex;
    };

export interface Update {
  readonly id: number;
  readonly zone: Fqdn;
  readonly prerequisites: readonly Prerequisite[];
  /** Applied in this order, all or none (RFC 2136 §3.4). */
  readonly changes: readonly Change[];
}

const OPCODE_UPDATE = 5 << 11;

/** @throws AppError INPUT_INVALID when it does not fit into one message */
export function encodeUpdate({ id, zone, prerequisites, changes }: Update): Uint8Array {
  const count = prerequisites.reduce(
    (sum, item) => sum + (item.kind === 'rrset-is' ? item.rdata.length : 1),
    0,
  );
  const out = new WireWriter().u16(id).u16(OPCODE_UPDATE);
  out.u16(1).u16(count).u16(changes.length).u16(0);
  out.name(zone).u16(typeNumber('SOA')).u16(CLASS.IN);
  for (const prerequisite of prerequisites) writePrerequisite(out, prerequisite);
  for (const change of changes) writeChange(out, change);
  const message = out.finish();
  if (message.length > 0xffff - 1024) {
    // The rest is left for TSIG, whose other data and MAC are far below it.
    throw new AppError('INPUT_INVALID', `the update of zone ${zone} does not fit into one message`);
  }
  return message;
}

function writePrerequisite(out: WireWriter, item: Prerequisite): void {
  switch (item.kind) {
    case 'rrset-is':
      for (const rdata of item.rdata) {
        out.record(item.owner, typeNumber(item.type), CLASS.IN, 0, rdata);
      }
      return;
    case 'rrset-absent':
      out.record(item.owner, typeNumber(item.type), CLASS.NONE, 0, '');
      return;
  }
}

function writeChange(out: WireWriter, item: Change): void {
  switch (item.kind) {
    case 'add':
      out.record(item.owner, typeNumber(item.type), CLASS.IN, item.ttl, item.rdata);
      return;
    case 'delete':
      out.record(item.owner, typeNumber(item.type), CLASS.NONE, 0, item.rdata);
      return;
  }
}
