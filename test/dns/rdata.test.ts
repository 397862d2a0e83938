import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fqdn } from '../../src/dns/name.ts';
import {
  genericFromText,
  genericText,
  tlsaFromText,
  tlsaRdataText,
} from '../../src/dns/rdata-text.ts';
import {
  addressRdata,
  addressText,
  caaOf,
  rdataOf,
  rrsigOf,
  srvOf,
  targetName,
  targetRdata,
  txtRdata,
  txtValue,
} from '../../src/dns/rdata.ts';
import { instantOfSerial, newestBySerial, serialGreater } from '../../src/dns/serial.ts';
import { hostName } from './names.ts';

describe('rdata', () => {
  it('encodes and decodes names, TXT values and addresses', () => {
    fc.assert(
      fc.property(hostName, (name) => {
        expect(targetName(targetRdata(name))).toBe(name);
      }),
    );
    const latin1 = fc
      .uint8Array({ maxLength: 700 })
      .map((it) => Buffer.from(it).toString('latin1'));
    fc.assert(
      fc.property(latin1, (value) => {
        expect(txtValue(txtRdata(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        const rdata = toHex(octets);
        expect(addressRdata('AAAA', addressText('AAAA', rdata))).toBe(rdata);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(addressText('A', addressRdata('A', address))).toBe(address);
      }),
    );
  });

  it('reads the numbers of SRV in the order of RFC 2782, and its target without case', () => {
    const target = Buffer.from('\x04XMPP\x07example\x03org\x00', 'latin1');
    const bytes = new Uint8Array([0, 5, 1, 0, 0x14, 0x66, ...target]);
    const expected = { priority: 5, weight: 256, port: 5222, target: 'xmpp.example.org.' };
    expect(srvOf(rdataOf('SRV', bytes))).toEqual(expected);
    const none = srvOf(rdataOf('SRV', new Uint8Array(7)));
    expect(none).toEqual({ priority: 0, weight: 0, port: 0, target: '.' });
    expect(() => rdataOf('SRV', bytes.subarray(0, 6))).toThrow(/DNS|too little|name/);
    expect(() => rdataOf('SRV', new Uint8Array([...bytes, 0]))).toThrow(/octets after its names/);
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:53', '2001:db8::53'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['::', '::'],
  ])('writes address %s as %s', (given, expected) => {
    expect(addressText('AAAA', addressRdata('AAAA', given))).toBe(expected);
  });

  it('reads CAA and RRSIG', () => {
    const caa = `8005${Buffer.from('ISSUEletsencrypt.org').toString('hex')}`;
    expect(caaOf(caa)).toEqual({ critical: true, tag: 'issue', value: 'letsencrypt.org' });
    const signer = targetRdata(fqdn('example.org'));
    expect(rrsigOf(`00340d03000000ff6a0000006900000012ab${signer}abcd`)).toEqual({
      typeCovered: 52,
      algorithm: 13,
      labels: 3,
      originalTtl: 255,
      expiration: 0x6a000000,
      inception: 0x69000000,
      keyTag: 0x12ab,
      signer: 'example.org.',
    });
  });

  it('refuses data that does not have its form', () => {
    expect(() => rdataOf('A', Uint8Array.of(1, 2, 3))).toThrow('malformed');
    expect(() => txtValue('05ab')).toThrow('malformed');
  });
});

describe('TLSA text', () => {
  it('is read in any case, with spaces in the data, and in the generic form', () => {
    expect(tlsaFromText(' 3 1  1 AB cd\tEF ')).toBe('030101abcdef');
    expect(tlsaFromText('\\# 6 030101 ABCDEF')).toBe('030101abcdef');
    expect(tlsaRdataText('030101abcdef')).toBe('3 1 1 abcdef');
  });

  it('is encoded and decoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 80 }), (octets) => {
        const rdata = toHex(octets);
        expect(tlsaFromText(tlsaRdataText(rdata))).toBe(rdata);
        expect(tlsaFromText(genericText(rdata))).toBe(rdata);
        expect(genericFromText(genericText(rdata))).toBe(rdata);
      }),
    );
  });

  it.each([
    ['', 'where a number should be'],
    ['3 1 1', 'is not complete'],
    ['3 256 1 ab', 'the largest number is 255'],
    ['3 1 1 abc', 'odd number'],
    ['3 1 1 0x12', 'not hexadecimal'],
    ['-3 1 1 ab', 'where a number should be'],
    ['\\# 3 030101', 'shorter than a TLSA record'],
    ['\\# 5 030101ab', 'does not have 5 octets'],
  ])('"%s" is refused', (text, reason) => {
    expect(() => tlsaFromText(text)).toThrow(reason);
  });
});

describe('serial numbers', () => {
  it.each([
    [2, 1, true],
    [1, 2, false],
    [7, 7, false],
    [0, 0xffffffff, true],
    [0x80000000, 0, false],
    [0, 0x80000000, false],
  ])('%s is later than %s: %s', (a, b, expected) => {
    expect(serialGreater(a, b)).toBe(expected);
  });

  it('the newest version of a zone is the first with the latest serial', () => {
    const versions = [0xfffffffe, 1, 0xffffffff, 1].map((serial, at) => ({ serial, at }));
    expect(newestBySerial(versions)).toEqual({ serial: 1, at: 1 });
    expect(newestBySerial([])).toBeUndefined();
  });

  it('finds the instant of a 32-bit time', () => {
    const now = 1_800_000_000;
    expect(instantOfSerial(now + 5, now)).toBe(now + 5);
    expect(instantOfSerial(now - 5, now)).toBe(now - 5);
    const late = 2 ** 32 - 10; // in 2106 the times wrap
    expect(instantOfSerial(20, late)).toBe(2 ** 32 + 20);
    expect(instantOfSerial(2 ** 32 - 20, 2 ** 32 + 10)).toBe(2 ** 32 - 20);
  });
});
