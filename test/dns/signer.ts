// Signs RRsets as a zone's primary would, with keys made by the test.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { dnskeyOf, type Dnskey } from '../../src/dns/dnskey.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { labelsOf, type Fqdn } from '../../src/dns/name.ts';
import { signedData, type SignedSet } from '../../src/dns/signed-set.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';

export interface TestKey {
  readonly dnskey: Dnskey;
  readonly privateKey: KeyObject;
}

const HASH: Readonly<Record<number, string | null>> = { 8: 'sha256', 13: 'sha256', 15: null };

export function makeKey(algorithm: 8 | 13 | 15 = 15, flags = 257): TestKey {
  const pair =
    algorithm === 8
      ? generateKeyPairSync('rsa', { modulusLength: 1024 })
      : algorithm === 13
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const octets = (text = ''): Uint8Array => Buffer.from(text, 'base64url');
  const exponent = octets(jwk.e);
  const publicKey =
    algorithm === 8
      ? concatBytes(Uint8Array.of(exponent.length), exponent, octets(jwk.n))
      : concatBytes(octets(jwk.x), octets(jwk.y));
  return { dnskey: keyWith(algorithm, flags, publicKey), privateKey: pair.privateKey };
}

export function keyWith(algorithm: number, flags: number, publicKey: Uint8Array): Dnskey {
  const out = new WireWriter().u16(flags).u8(3).u8(algorithm).bytes(publicKey);
  return dnskeyOf(toHex(out.finish()));
}

export interface SigningOptions {
  readonly zone: Fqdn;
  readonly key: TestKey;
  readonly from: number;
  readonly until: number;
  readonly labels?: number;
  readonly keyTag?: number;
  readonly algorithm?: number;
  readonly originalTtl?: number;
  /** The name in the signed data, where it is a wildcard. */
  readonly name?: Fqdn;
}

/** RDATA of an RRSIG over the set. */
export function rrsigOver(set: Omit<SignedSet, 'signatures'>, options: SigningOptions): string {
  const { zone, key, from, until } = options;
  const labels = labelsOf(set.owner);
  const count = labels.length - (labels[0] === '*' ? 1 : 0);
  const originalTtl = options.originalTtl ?? set.ttl;
  const covered = new WireWriter()
    .u16(set.type)
    .u8(options.algorithm ?? key.dnskey.algorithm)
    .u8(options.labels ?? count)
    .u32(originalTtl)
    .u32(until >>> 0)
    .u32(from >>> 0)
    .u16(options.keyTag ?? key.dnskey.keyTag)
    .bytes(nameToWire(zone))
    .finish();
  const whole: SignedSet = { ...set, signatures: [] };
  const data = signedData(whole, options.name ?? set.owner, originalTtl, covered);
  const hash = HASH[key.dnskey.algorithm] ?? null;
  const signature = sign(hash, data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return toHex(concatBytes(covered, signature));
}

export function signed(
  set: Omit<SignedSet, 'signatures'>,
  ...options: readonly SigningOptions[]
): SignedSet {
  return { ...set, signatures: options.map((each) => rrsigOver(set, each)) };
}

/**
 * The key itself at turn 0, then others of the same tag: the tag is a sum of 16-bit words, in any
 * order (RFC 4034 App. B).
 */
export function keyOfSameTag({ rdata }: Dnskey, turn: number): Dnskey {
  const bytes = fromHex(rdata);
  const words = Array.from({ length: (bytes.length - 4) / 2 }, (_, i) =>
    bytes.subarray(4 + 2 * i, 6 + 2 * i),
  );
  let rest = turn;
  for (let at = 0; at < words.length; at += 1) {
    const left = words.length - at;
    const [word] = words.splice(at + (rest % left), 1);
    words.splice(at, 0, word ?? new Uint8Array());
    rest = Math.floor(rest / left);
  }
  return dnskeyOf(toHex(concatBytes(bytes.subarray(0, 4), ...words)));
}
