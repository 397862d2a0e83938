import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/base/bytes.ts';
import { digestOf, dnskeyOf, type Ds } from '../../src/dns/dnskey.ts';
import { keyObjectOf } from '../../src/dns/dnssec-algorithm.ts';
import { authenticateKeys } from '../../src/dns/key-set.ts';
import { fqdn } from '../../src/dns/name.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetIn, type SignedSet } from '../../src/dns/signed-set.ts';
import { keyOfSameTag, keyWith, makeKey, signed, type SigningOptions } from './signer.ts';
import { record } from './zone-text.ts';

const zone = fqdn('example.org');
const owner = fqdn('_25._tcp.mx.example.org');
const now = 1_800_000_000;
const DAY = 86_400;
const key = makeKey();
const by = { zone, keys: [key.dnskey] };
const good: SigningOptions = { zone, key, from: now - DAY, until: now + DAY };
const set = { owner, type: 52, ttl: 3600, rdata: ['0301010a', '0301010b'] };

const verdict = (...options: readonly Partial<SigningOptions>[]) =>
  verifySet(signed(set, ...options.map((each) => ({ ...good, ...each }))), by, now);

describe('verifySet', () => {
  it.each([8, 13, 15] as const)('accepts a good signature of algorithm %i', (algorithm) => {
    const other = makeKey(algorithm, 256);
    const made = signed(set, { ...good, key: other });
    expect(verifySet(made, { zone, keys: [key.dnskey, other.dnskey] }, now)).toMatchObject({
      status: 'valid',
      from: good.from,
      until: good.until,
      algorithm,
      keyTag: other.dnskey.keyTag,
      ttl: 3600,
      ttlAboveOriginal: false,
    });
  });

  it('reports what is wrong, each in its own way', () => {
    const revoked = makeKey(15, 257 | 0x80);
    const noZoneKey = makeKey(15, 0);
    const keys = [...by.keys, revoked.dnskey, noZoneKey.dnskey];
    const judge = (options: Partial<SigningOptions>) =>
      verifySet(signed(set, { ...good, ...options }), { zone, keys }, now);
    expect(verifySet({ ...set, signatures: [] }, by, now).status).toBe('unsigned');
    expect(judge({ until: now - 1 })).toMatchObject({
      status: 'expired',
      detail: expect.stringContaining('expired at 2027-01-15T07:59:59Z') as string,
    });
    expect(judge({ from: now + 1 })).toMatchObject({
      status: 'not-yet-valid',
      detail: expect.stringContaining('begins at 2027-01-15T08:00:01Z') as string,
    });
    expect(judge({ name: fqdn('other.example.org') }).status).toBe('wrong-signature');
    expect(judge({ key: makeKey() })).toMatchObject({
      status: 'no-such-key',
      detail: expect.stringContaining('is not among the DNSKEY records of example.org.') as string,
    });
    expect(judge({ key: revoked })).toMatchObject({
      status: 'no-such-key',
      detail: expect.stringContaining('has revoked') as string,
    });
    expect(judge({ key: noZoneKey })).toMatchObject({
      status: 'no-such-key',
      detail: expect.stringContaining('may not sign') as string,
    });
    expect(judge({ algorithm: 5 })).toMatchObject({
      status: 'unsupported-algorithm',
      detail: expect.stringContaining('algorithm 5') as string,
    });
    expect(judge({ zone: fqdn('mx.example.org') }).status).toBe('wrong-signer');
    expect(judge({ zone: fqdn('org') }).status).toBe('wrong-signer');
    expect(judge({ labels: 6 }).status).toBe('malformed');
    expect(judge({ from: now + 5, until: now + 1 }).status).toBe('malformed');
  });

  it('is exact to the second', () => {
    expect(verdict({ from: now, until: now }).status).toBe('valid');
  });

  it('reads times beyond 2106 by serial arithmetic', () => {
    const late = 2 ** 32 - 100;
    const made = signed(set, { ...good, from: late - 1000, until: late + 1000 });
    expect(verifySet(made, by, late)).toMatchObject({ status: 'valid', until: late + 1000 });
    expect(verifySet(made, by, late + 1001).status).toBe('expired');
    expect(verifySet(made, by, late - 1001).status).toBe('not-yet-valid');
  });

  it('needs one good signature, and reports what is wrong with the others', () => {
    const until = now + 2 * DAY;
    const many = verdict({ until: now - 1 }, {}, { until }, { name: fqdn('x.example.org') });
    expect(many).toMatchObject({ status: 'valid', until });
    expect(many.signatures.map(({ status }) => status).sort()).toEqual(
      ['expired', 'valid', 'valid', 'wrong-signature'].sort(),
    );
  });

  it('reports the most specific failure when all fail', () => {
    expect(verdict({ key: makeKey() }, { until: now - 1 }).status).toBe('expired');
  });

  it('signs with the original TTL, and reports a longer one', () => {
    const made = signed(set, good);
    const at = (ttl: number) => verifySet({ ...made, ttl }, by, now);
    expect(at(60)).toMatchObject({ status: 'valid', ttl: 60, ttlAboveOriginal: false });
    expect(at(3601)).toMatchObject({ status: 'valid', ttl: 3600, ttlAboveOriginal: true });
    expect(verifySet(made, by, now + DAY - 5)).toMatchObject({ status: 'valid', ttl: 5 });
  });

  it('recognises an answer from a wildcard by its labels', () => {
    const name = fqdn('*.example.org');
    expect(verdict({ labels: 2, name })).toMatchObject({ status: 'valid', wildcard: name });
    expect(verdict({ labels: 3, name }).status).toBe('wrong-signature');
    expect(verdict({ labels: 1, name: fqdn('*.org') }).status).toBe('malformed');
    const itself = verifySet(signed({ ...set, owner: name }, good), by, now);
    expect(itself.status).toBe('valid');
    expect(itself).not.toHaveProperty('wildcard');
  });

  it('does bounded work for many signatures and many keys of one tag', () => {
    const wrong = { ...good, name: fqdn('x.example.org') };
    const keys = Array.from({ length: 500 }, (_, turn) => keyOfSameTag(key.dnskey, turn));
    expect(new Set(keys.map(({ keyTag }) => keyTag))).toEqual(new Set([key.dnskey.keyTag]));
    const made = signed(
      set,
      ...Array.from({ length: 200 }, (_, i) => ({ ...wrong, until: good.until + i })),
    );
    const start = performance.now();
    expect(verifySet(made, { zone, keys: keys.slice(1) }, now).status).toBe('too-much-work');
    expect(performance.now() - start).toBeLessThan(500);
    const ofOneKey = verifySet(made, by, now).signatures.map(({ status }) => status);
    expect(ofOneKey.filter((status) => status === 'wrong-signature')).toHaveLength(8);
    expect(ofOneKey.filter((status) => status === 'too-much-work')).toHaveLength(192);
    const second = [keyOfSameTag(key.dnskey, 3), key.dnskey];
    expect(verifySet(signed(set, good), { zone, keys: second }, now).status).toBe('valid');
  });
});

describe('signedSetIn', () => {
  it('selects records of the name, type and class, and the signatures over them', () => {
    const a = record(owner, 'TLSA', 60, '0301010b');
    const rrsig = record(owner, 'RRSIG', 60, signed(set, good).signatures[0] ?? '');
    const overTxt = { ...set, type: 16, rdata: ['0161'] };
    const other = record(owner, 'RRSIG', 60, signed(overTxt, good).signatures[0] ?? '');
    const records = [
      a,
      record(owner, 'TLSA', 3600, '0301010a'),
      a,
      { ...record(owner, 'TLSA', 60, '0301010c'), class: 3 },
      record('x.example.org', 'TLSA', 60, '0301010d'),
      other,
      rrsig,
    ];
    const expected: SignedSet = { ...set, signatures: [rrsig.rdata] };
    expect(signedSetIn(records, owner, 'TLSA')).toEqual(expected);
    expect(signedSetIn(records, owner, 'MX')).toBeUndefined();
  });
});

describe('keyObjectOf', () => {
  const modulus = new Uint8Array(128).fill(0xa5);
  const rsa = (...start: readonly number[]): Uint8Array =>
    concatBytes(Uint8Array.from(start), modulus);

  it('reads both forms of an RSA exponent (RFC 3110 §2)', () => {
    const details = { modulusLength: 1024, publicExponent: 65_537n };
    for (const octets of [rsa(3, 1, 0, 1), rsa(0, 0, 3, 1, 0, 1)]) {
      expect(keyObjectOf(keyWith(8, 256, octets))?.asymmetricKeyDetails).toEqual(details);
    }
  });

  it.each([
    ['RSA without a modulus', 8, rsa(3, 1, 0, 1).subarray(0, 4)],
    ['RSA whose exponent runs over', 10, Uint8Array.of(0, 255, 255, 1)],
    ['RSA without an exponent', 8, rsa(0)],
    ['RSA of more than 4096 bits', 8, concatBytes(rsa(1, 3), new Uint8Array(512))],
    [
      'K24: RSA with an exponent as long as its modulus',
      8,
      concatBytes(Uint8Array.of(128), modulus, modulus),
    ],
    ['a point that is not on P-256', 13, new Uint8Array(64).fill(7)],
    ['P-384 too short', 14, new Uint8Array(95)],
    ['ED25519 too long', 15, new Uint8Array(33)],
    ['ED448 too short', 16, new Uint8Array(56)],
    ['RSASHA1', 5, rsa(3, 1, 0, 1)],
  ])('does not read %s', (_, algorithm, octets) => {
    expect(keyObjectOf(keyWith(algorithm, 256, octets))).toBeUndefined();
  });
});

describe('authenticateKeys', () => {
  const second = makeKey(13, 256);
  const dsFor = (of = key, digestType = 2): Ds => ({
    keyTag: of.dnskey.keyTag,
    algorithm: of.dnskey.algorithm,
    digestType,
    digest: digestOf(zone, of.dnskey, digestType) ?? '',
  });
  const rdata = [key.dnskey.rdata, second.dnskey.rdata].sort();
  const keys = { owner: zone, type: 48, ttl: 3600, rdata };
  const judge = (ds: readonly Ds[], ...options: readonly Partial<SigningOptions>[]) =>
    authenticateKeys(signed(keys, ...options.map((each) => ({ ...good, ...each }))), ds, now);

  it('accepts a set that the key of a DS has signed', () => {
    for (const digestType of [1, 2, 4]) {
      expect(judge([dsFor(key, digestType)], {})).toMatchObject({
        status: 'valid',
        keys: rdata.map(dnskeyOf),
        anchors: [key.dnskey],
        set: { until: good.until },
      });
    }
  });

  it('distinguishes a broken chain from a broken signature', () => {
    const stranger = dsFor(makeKey());
    expect(judge([stranger], {})).toMatchObject({
      status: 'no-key-of-ds',
      detail: `the DS records of example.org. name no key of its DNSKEY records (key ${stranger.keyTag})`,
    });
    expect(judge([dsFor(key, 3), { ...dsFor(), algorithm: 5 }], {}).status).toBe('no-usable-ds');
    expect(judge([], {}).status).toBe('no-usable-ds');
    expect(judge([dsFor()]).status).toBe('unsigned');
    expect(judge([dsFor()], { until: now - 1 }).status).toBe('expired');
    expect(judge([dsFor()], { key: second })).toMatchObject({
      status: 'no-such-key',
      detail: `the DNSKEY records of example.org. are not signed by the key that its DS records name (key ${key.dnskey.keyTag})`,
    });
  });

  it('ignores SHA-1 where a better digest is present (RFC 4509 §3)', () => {
    const wrong = { ...dsFor(), digest: 'ab'.repeat(32) };
    expect(judge([dsFor(key, 1), wrong], {}).status).toBe('no-key-of-ds');
  });

  it('trusts neither revoked keys nor keys that are not zone keys', () => {
    for (const flags of [257 | 0x80, 1]) {
      const bad = makeKey(15, flags);
      const made = signed({ ...keys, rdata: [bad.dnskey.rdata] }, { ...good, key: bad });
      expect(authenticateKeys(made, [dsFor(bad)], now).status).toBe('no-key-of-ds');
    }
  });

  it('hashes each key once, for any number of DS records that name it', () => {
    const many = Array.from({ length: 1500 }, (_, i) => ({
      ...dsFor(),
      digest: toHex(Uint8Array.of(i >>> 8, i)).padEnd(64, '0'),
    }));
    const same = Array.from({ length: 1500 }, (_, turn) => keyOfSameTag(key.dnskey, turn).rdata);
    const start = performance.now();
    const made = signed({ ...keys, rdata: same }, good);
    expect(authenticateKeys(made, many, now).status).toBe('no-key-of-ds');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
