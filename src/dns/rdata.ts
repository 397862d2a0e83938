// Single fields of RDATA. Accepts only RDATA that wire-reader.ts, or `rdataOf` here, has put into
// canonical form.
import dnsPacket from 'dns-packet';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { nameToWire, readName } from './name-wire.ts';
import { canonicalRdata } from './rdata-wire.ts';
import { typeNumber } from './record-type.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex, RecordType } from './rrset.ts';
import { viewOf } from './wire-reader.ts';

export interface Soa {
  readonly serial: number;
  readonly minimum: number;
}

export interface Rrsig {
  readonly typeCovered: number;
  readonly algorithm: number;
  readonly labels: number;
  readonly originalTtl: number;
  /** 32-bit times; `instantOfSerial` makes instants of them. */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Fqdn;
}

/** RDATA of one record, checked and in canonical form. @throws AppError DNS_MALFORMED */
export function rdataOf(type: RecordType, bytes: Uint8Array): RdataHex {
  return canonicalRdata(bytes, typeNumber(type), 0, bytes.length);
}

/** The name that NS, CNAME or PTR data consists of. @throws AppError DNS_MALFORMED */
export function targetName(rdata: RdataHex): Fqdn {
  return readName(fromHex(rdata), 0).name;
}

export function targetRdata(name: Fqdn): RdataHex {
  return toHex(nameToWire(name)).toLowerCase();
}

/** @throws AppError DNS_MALFORMED */
export function soaOf(rdata: RdataHex): Soa {
  const bytes = fromHex(rdata);
  // MNAME and RNAME come first (RFC 1035 §3.3.13).
  const { end } = readName(bytes, readName(bytes, 0).end);
  const view = viewOf(bytes);
  return { serial: view.getUint32(end), minimum: view.getUint32(end + 16) };
}

/** @throws AppError DNS_MALFORMED */
export function rrsigOf(rdata: RdataHex): Rrsig {
  const bytes = fromHex(rdata);
  const view = viewOf(bytes);
  return {
    typeCovered: view.getUint16(0),
    algorithm: view.getUint8(2),
    labels: view.getUint8(3),
    originalTtl: view.getUint32(4),
    expiration: view.getUint32(8),
    inception: view.getUint32(12),
    keyTag: view.getUint16(16),
    signer: readName(bytes, 18).name,
  };
}

/**
 * The two parts of RRSIG data: what the signature covers, and the signature (RFC 4034 §3.1.8.1).
 * @throws AppError DNS_MALFORMED
 */
export function rrsigParts(rdata: RdataHex): {
  readonly covered: Uint8Array;
  readonly signature: Uint8Array;
} {
  const bytes = fromHex(rdata);
  const { end } = readName(bytes, 18);
  return { covered: bytes.subarray(0, end), signature: bytes.subarray(end) };
}

/** @throws AppError DNS_MALFORMED */
export function mxOf(rdata: RdataHex): { readonly preference: number; readonly exchange: Fqdn } {
  const bytes = fromHex(rdata);
  return { preference: viewOf(bytes).getUint16(0), exchange: readName(bytes, 2).name };
}

export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: Fqdn;
}

/** RFC 2782. @throws AppError DNS_MALFORMED */
export function srvOf(rdata: RdataHex): Srv {
  const bytes = fromHex(rdata);
  const view = viewOf(bytes);
  return {
    priority: view.getUint16(0),
    weight: view.getUint16(2),
    port: view.getUint16(4),
    target: readName(bytes, 6).name,
  };
}

/** `192.0.2.1` or `2001:db8::1` of A or AAAA data. */
export function addressText(type: 'A' | 'AAAA', rdata: RdataHex): string {
  const answer = decoded(type, rdata);
  if (answer.type !== type) throw unreadable(type);
  return answer.data;
}

/** The A or AAAA data of an address that was checked before (`node:net` isIP). */
export function addressRdata(type: 'A' | 'AAAA', address: string): RdataHex {
  const response: dnsPacket.Packet = {
    type: 'response',
    answers: [{ type, name: '.', data: address }],
  };
  return toHex(dnsPacket.encode(response).subarray(12 + 1 + 10)); // header, root name, fields of the record
}

/**
 * The value of TXT data: its character-strings one after another (RFC 7208 §3.3, RFC 8555 §8.4).
 */
export function txtValue(rdata: RdataHex): string {
  const answer = decoded('TXT', rdata);
  if (answer.type !== 'TXT' || !Array.isArray(answer.data)) throw unreadable('TXT');
  return Buffer.concat(answer.data.map((part) => Buffer.from(part))).toString('latin1');
}

/** TXT data of a value, in character-strings of at most 255 octets. */
export function txtRdata(value: string): RdataHex {
  const bytes = new Uint8Array(Buffer.from(value, 'latin1'));
  const parts: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return toHex(concatBytes(...parts));
}

/** @throws AppError DNS_MALFORMED */
export function caaOf(rdata: RdataHex): {
  readonly critical: boolean;
  readonly tag: string;
  readonly value: string;
} {
  const answer = decoded('CAA', rdata);
  if (answer.type !== 'CAA') throw unreadable('CAA');
  const { flags, tag, value } = answer.data;
  return { critical: ((flags ?? 0) & 0x80) !== 0, tag: tag.toLowerCase(), value: String(value) };
}

/** dns-packet decodes only whole messages, so the RDATA is put into a minimal one. */
function decoded(type: RecordType, rdata: RdataHex): dnsPacket.Answer {
  const data = fromHex(rdata);
  canonicalRdata(data, typeNumber(type), 0, data.length);
  const message = new Uint8Array(23 + data.length);
  const view = viewOf(message);
  view.setUint16(2, 0x8000);
  view.setUint16(6, 1);
  view.setUint16(13, typeNumber(type));
  view.setUint16(15, 1);
  view.setUint16(21, data.length);
  message.set(data, 23);
  const [answer] = dnsPacket.decode(Buffer.from(message)).answers ?? [];
  if (answer === undefined) throw unreadable(type);
  return answer;
}

function unreadable(type: string): AppError {
  return new AppError('DNS_MALFORMED', `${type} data cannot be read`);
}
