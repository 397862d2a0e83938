import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn, labelsOf } from '../../src/dns/name.ts';
import { nameToWire, readName } from '../../src/dns/name-wire.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { typeNumber } from '../../src/dns/record-type.ts';
import { readMessage, viewOf } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { hostName, wireName } from './names.ts';

const owner = fqdn('_25._tcp.mx.example.org');

function response(...records: readonly [type: number, rdata: string][]): Uint8Array {
  const out = new WireWriter().u16(1).u16(0x8580).u16(1).u16(records.length).u16(0).u16(0);
  out.name(owner).u16(52).u16(1);
  for (const [type, rdata] of records) out.record(owner, type, 1, 300, rdata);
  return out.finish();
}

const malformed = (bytes: Uint8Array): void =>
  expect(() => readMessage(bytes)).toThrow(expect.objectContaining({ code: 'DNS_MALFORMED' }));

describe('readName', () => {
  it('gives every wire name one text, from which the name can be made again', () => {
    fc.assert(
      fc.property(wireName, (wire) => {
        const { name, end } = readName(wire, 0);
        expect(end).toBe(wire.length);
        expect(readName(nameToWire(name), 0).name).toBe(name);
        expect(toHex(nameToWire(name)).length).toBe(toHex(wire).length);
      }),
    );
  });

  it('never takes a dot inside a label as a separator', () => {
    const { name } = readName(fromHex('03612e62026f6700'), 0);
    expect(name).toBe('a\\046b.og.');
    expect(labelsOf(name)).toEqual(['a\\046b', 'og']);
  });
});

describe('readMessage', () => {
  it('reads what was asked for', () => {
    fc.assert(
      fc.property(hostName, fc.nat(0xffff), (name, id) => {
        fc.pre(name.length < 254);
        const bytes = encodeQuery({ id, name, type: 'TLSA', recursionDesired: true });
        const message = readMessage(bytes);
        expect(message).toMatchObject({ id, isResponse: false, rcode: 0, opcode: 0 });
        expect(message.questions).toEqual([{ name, type: 52, class: 1 }]);
        expect(message.opt).toMatchObject({ owner: '.', class: 1232 });
      }),
    );
  });

  it('decompresses names inside RDATA, in lower case', () => {
    const out = new WireWriter().u16(1).u16(0x8580).u16(1).u16(1).u16(0).u16(0);
    out.bytes(fromHex('074558414d504c45036f726700')).u16(2).u16(1);
    out.bytes(fromHex('c00c')).u16(2).u16(1).u32(300).u16(5).bytes(fromHex('024e53c00c'));
    const [record] = readMessage(out.finish()).answers;
    expect(record?.owner).toBe('example.org.');
    expect(record?.rdata).toBe(toHex(nameToWire(fqdn('ns.example.org'))));
  });

  it('keeps the letters of the next name of NSEC, which signatures cover (RFC 6840 §5.1)', () => {
    const next = '024d78074558414d504c45036f726700';
    const [record] = readMessage(response([47, `${next}0006400000000003`])).answers;
    expect(record?.rdata).toBe(`${next}0006400000000003`);
    malformed(response([47, 'c00c0006400000000003']));
    malformed(response([47, '024d7803']));
  });

  it('combines the extended response code', () => {
    const out = new WireWriter().u16(1).u16(0x8000).u16(0).u16(0).u16(0).u16(1);
    out.u8(0).u16(41).u16(1232).u32(0x01000000).u16(0);
    expect(readMessage(out.finish()).rcode).toBe(16);
  });

  it('reads a TTL with the highest bit as zero (RFC 2181 §8)', () => {
    const bytes = response([52, '03010100']);
    viewOf(bytes).setUint32(bytes.length - 10, 0x80000000);
    expect(readMessage(bytes).answers[0]?.ttl).toBe(0);
  });

  it.each([
    ['TLSA without data', 52, '030101'],
    ['A of five octets', 1, '0a00000100'],
    ['AAAA of four octets', 28, '0a000001'],
    ['TXT whose string runs over', 16, '0561'],
    ['TXT without a string', 16, ''],
    ['NS with more than a name', 2, '016100ff'],
    ['CNAME that ends within its name', 5, '0161'],
    ['SOA without its numbers', 6, '0000'],
    ['RRSIG without a signer', 46, '00'.repeat(18)],
    ['CAA whose tag is cut off', 257, '000969737375'],
  ])('refuses %s', (_, type, rdata) => malformed(response([type, rdata])));

  it('refuses what does not end where it should', () => {
    const bytes = response([52, `030101${'ab'.repeat(32)}`]);
    for (let length = 0; length < bytes.length; length += 1) malformed(bytes.slice(0, length));
    malformed(Uint8Array.from([...bytes, 0]));
    const more = bytes.slice();
    viewOf(more).setUint16(6, 2);
    malformed(more);
    const counts = new WireWriter().u16(1).u16(0x8000).u16(0xffff).u16(0xffff).u16(0xffff);
    malformed(counts.u16(0xffff).finish());
  });

  it('refuses a second OPT, and TSIG that is not last', () => {
    const opt = '0000290400000000000000';
    const tsig = '0000fa00ff000000000000';
    const message = (...records: readonly string[]): Uint8Array =>
      fromHex(
        `000180000000000000000${records.length.toString(16).padStart(3, '0')}${records.join('')}`,
      );
    expect(readMessage(message(opt, tsig)).opt).toBeDefined();
    malformed(message(opt, opt));
    malformed(message(tsig, opt));
    malformed(message(tsig, tsig));
  });

  it('ends quickly and with the one error, for any octets', () => {
    const seed = response([52, '0301010a'], [2, '036e7331c00c'], [6, `c00cc00c${'00'.repeat(20)}`]);
    const changes = fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(seed.length), (edits, cut) => {
        const bytes = seed.slice(0, seed.length - (cut % 7));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        survives(bytes);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 2000 });
  });

  it('does bounded work for chains of pointers', () => {
    const bytes = new Uint8Array(65_535);
    for (let at = 12; at + 1 < bytes.length; at += 2)
      viewOf(bytes).setUint16(at, 0xc000 | ((at - 2) & 0x3fff));
    viewOf(bytes).setUint16(4, 0xffff);
    const start = performance.now();
    malformed(bytes);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

function survives(bytes: Uint8Array): void {
  try {
    for (const { type, rdata } of readMessage(bytes).answers) {
      if (type === typeNumber('TLSA')) expect(rdata.length).toBeGreaterThanOrEqual(8);
    }
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'DNS_MALFORMED')) throw error;
    expect(error.cause).toBeUndefined(); // every reason is one that the reader reports itself
  }
}
