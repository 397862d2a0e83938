import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { signMessage, TSIG_ALGORITHMS, verifyMessage, type TsigKey } from '../../src/dns/tsig.ts';
import { viewOf } from '../../src/dns/wire-reader.ts';

const now = 1_800_000_000;
const key: TsigKey = {
  name: fqdn('holger'),
  algorithm: 'hmac-sha256',
  secret: new Uint8Array(32).fill(7),
};
const message = encodeQuery({
  id: 77,
  name: fqdn('example.org'),
  type: 'SOA',
  recursionDesired: false,
});
const requestMac = new Uint8Array(32).fill(9);
const verify = (bytes: Uint8Array, other: Partial<TsigKey> = {}, mac = requestMac, at = now) =>
  verifyMessage(bytes, { ...key, ...other }, mac, at);
const response = (values: object = {}): Uint8Array =>
  signMessage(message, key, { timeSigned: now, requestMac, ...values }).bytes;

describe('verifyMessage', () => {
  it.each(TSIG_ALGORITHMS)('accepts what the holder of the key sent, with %s', (algorithm) => {
    const { bytes } = signMessage(message, { ...key, algorithm }, { timeSigned: now, requestMac });
    expect(verify(bytes, { algorithm })).toEqual({ status: 'verified' });
  });

  it('refuses every change of one bit, TSIG record included', () => {
    const signed = response();
    // Upper and lower case of a key or algorithm name are the same name.
    const caseOnly = (at: number, bit: number): boolean => bit === 5 && (signed[at] ?? 0) > 0x40;
    for (let at = 0; at < signed.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        if (at < 2 || caseOnly(at, bit)) continue; // the id is not covered: the original id is (RFC 8945 §5.1)
        const changed = signed.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(verify(changed).status, `octet ${at} bit ${bit}`).toBe('failed');
      }
    }
  });

  it('covers the original id, also when forwarders changed the id', () => {
    const signed = response();
    viewOf(signed).setUint16(0, 4242);
    expect(verify(signed).status).toBe('verified');
  });

  it.each([
    ['another request', {}, new Uint8Array(32)],
    ['another key name', { name: fqdn('other') }, requestMac],
    ['another algorithm', { algorithm: 'hmac-sha384' as const }, requestMac],
    ['another secret', { secret: new Uint8Array(32) }, requestMac],
  ])('refuses a response for %s', (_, other, mac) => {
    expect(verify(response(), other, mac).status).toBe('failed');
  });

  it('accepts no unsigned message as a proof', () => {
    expect(verify(message)).toEqual({
      status: 'failed',
      reason: 'the message (NOERROR) is not signed',
      unsigned: 0,
    });
    expect(verify(new Uint8Array(5)).status).toBe('failed');
  });

  it('refuses a shortened signature, even a correct one', () => {
    const signed = response();
    // 16 of 32 octets of the MAC, with both lengths made to fit.
    const macStart = signed.length - 6 - 32;
    const short = Uint8Array.from([...signed.slice(0, macStart + 16), ...signed.slice(-6)]);
    const view = viewOf(short);
    view.setUint16(macStart - 2, 16);
    const rdlength = macStart - 10 - 13 - 2;
    view.setUint16(rdlength, view.getUint16(rdlength) - 16);
    expect(verify(short)).toEqual({
      status: 'failed',
      reason: 'its signature has the wrong length',
    });
  });

  it('reports the clock of a server that answers BADTIME', () => {
    const other = Uint8Array.of(0, 0, 0x6b, 0x49, 0xd2, 0x00);
    const signed = response({ error: 18, other, timeSigned: now });
    expect(verify(signed)).toEqual({ status: 'bad-time', serverTime: 0x6b49d200 });
  });

  it('refuses a response that was recorded earlier', () => {
    const signed = response({ timeSigned: now - 301 });
    expect(verify(signed)).toEqual({ status: 'bad-time', serverTime: now - 301 });
    expect(verify(response({ timeSigned: now - 300 })).status).toBe('verified');
  });
});
