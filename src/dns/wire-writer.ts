// Grows a message octet by octet. Names are never compressed: TSIG digests and UPDATE need none,
// and queries are short.
import { fromHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { nameToWire } from './name-wire.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex } from './rrset.ts';

export class WireWriter {
  readonly #octets: number[] = [];

  u8(value: number): this {
    this.#octets.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }

  /** Seconds since 1970 in TSIG (RFC 8945 §4.2). */
  u48(value: number): this {
    return this.u16(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }

  bytes(bytes: Uint8Array): this {
    for (const octet of bytes) this.#octets.push(octet);
    return this;
  }

  name(name: Fqdn): this {
    return this.bytes(nameToWire(name));
  }

  record(owner: Fqdn, type: number, recordClass: number, ttl: number, rdata: RdataHex): this {
    const data = fromHex(rdata);
    if (data.length > 0xffff) throw new AppError('INPUT_INVALID', `${owner} has too long a record`);
    this.name(owner).u16(type).u16(recordClass).u32(ttl).u16(data.length);
    return this.bytes(data);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#octets);
  }
}
