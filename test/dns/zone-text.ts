// Records of zone file text, as far as examples of RFCs need it, and of values, as the reader of
// messages gives them.
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { fqdn } from '../../src/dns/name.ts';
import { rdataOf } from '../../src/dns/rdata.ts';
import { META_TYPE, typeNumber } from '../../src/dns/record-type.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { WireRecord } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';

const EXTRA: Readonly<Record<string, number>> = { ...META_TYPE, HINFO: 13, NSEC3PARAM: 51 };

export const numberOf = (type: string): number => EXTRA[type] ?? typeNumber(type as RecordType);

export function record(owner: string, type: string, ttl: number, rdata: RdataHex): WireRecord {
  const canonical = rdataOf(type as RecordType, fromHex(rdata));
  const place = { class: 1, offset: 0, rdataOffset: 0 };
  return { owner: fqdn(owner), type: numberOf(type), ttl, rdata: canonical, ...place };
}

/** One record on each line: owner, TTL, type, data. */
export function recordsOf(text: string): readonly WireRecord[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [owner = '', ttl = '', type = '', ...fields] = line.trim().split(/\s+/);
      return {
        ...record(owner, 'TXT', Number(ttl), '00'),
        type: numberOf(type),
        rdata: toHex(rdataOfText(type, fields)),
      };
    });
}

export function typeBits(...types: readonly number[]): Uint8Array {
  const windows = new Map<number, Uint8Array>();
  for (const type of types) {
    const bits = windows.get(type >>> 8) ?? new Uint8Array(32);
    const at = (type & 0xff) >>> 3;
    bits[at] = (bits[at] ?? 0) | (0x80 >> (type & 7));
    windows.set(type >>> 8, bits);
  }
  const blocks = [...windows]
    .sort(([a], [b]) => a - b)
    .map(([window, bits]) => {
      const length = bits.findLastIndex((octet) => octet !== 0) + 1;
      return Uint8Array.of(window, length, ...bits.subarray(0, length));
    });
  return concatBytes(...blocks);
}

export function fromBase32Hex(text: string): Uint8Array {
  const bits = [...text].map((digit) => parseInt(digit, 32).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => parseInt(octet, 2));
}

export function toBase32Hex(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => parseInt(five, 2).toString(32)).join('');
}

/** 20300101000000, or seconds. */
function timeOf(text: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return parts.length === 0 ? Number(text) : Date.UTC(year, month - 1, ...rest) / 1000;
}

function rdataOfText(type: string, fields: readonly string[]): Uint8Array {
  const out = new WireWriter();
  const number = (at: number): number => Number(fields[at]);
  const text = (at: number): string => fields[at] ?? '';
  const base64 = (from: number): Uint8Array => Buffer.from(fields.slice(from).join(''), 'base64');
  switch (type) {
    case 'A':
      return Uint8Array.from(text(0).split('.'), Number);
    case 'MX':
      return out
        .u16(number(0))
        .name(fqdn(text(1)))
        .finish();
    case 'DNSKEY':
      return out.u16(number(0)).u8(number(1)).u8(number(2)).bytes(base64(3)).finish();
    case 'DS':
      out.u16(number(0)).u8(number(1)).u8(number(2));
      return out.bytes(fromHex(fields.slice(3).join(''))).finish();
    case 'RRSIG':
      out
        .u16(numberOf(text(0)))
        .u8(number(1))
        .u8(number(2))
        .u32(number(3));
      out
        .u32(timeOf(text(4)))
        .u32(timeOf(text(5)))
        .u16(number(6));
      return out
        .name(fqdn(text(7)))
        .bytes(base64(8))
        .finish();
    case 'NSEC':
      return concatBytes(nameToWire(fqdn(text(0))), typeBits(...fields.slice(1).map(numberOf)));
    case 'NSEC3': {
      const salt = text(3) === '-' ? new Uint8Array() : fromHex(text(3));
      const next = fromBase32Hex(text(4));
      out.u8(number(0)).u8(number(1)).u16(number(2)).u8(salt.length).bytes(salt);
      out.u8(next.length).bytes(next);
      return out.bytes(typeBits(...fields.slice(5).map(numberOf))).finish();
    }
    default:
      throw new RangeError(`no text of ${type} is read here`);
  }
}
