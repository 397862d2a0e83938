// Chains that are made to cost time: the work on a chain from a server is bounded.
import { X509Certificate, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MOST_CERTIFICATES } from '../../src/dane/chain.ts';
import { matchRRset } from '../../src/dane/match.ts';
import { pathsFromLeaf } from '../../src/dane/path.ts';
import { anchorOf } from '../../src/x509/anchor.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { trustStore } from '../../src/x509/trust-store.ts';
import { verifies } from '../../src/x509/verify.ts';
import { NOW } from '../support/ca.ts';
import { certify, keyOf, type Identity } from '../support/certificates.ts';

const key = keyOf('ed25519');
const root = certify({ subject: 'CA', key, ca: true });
const leaf = certify({
  subject: 'leaf',
  key: keyOf('ed25519'),
  issuer: root,
  dns: ['mx1.example.org'],
});
/** All of one name and one key: each is signed by each. */
const crossed = (count: number): readonly Identity[] =>
  Array.from({ length: count }, () => certify({ subject: 'CA', key, ca: true }));
const ders = (all: readonly Identity[]): readonly Uint8Array[] => all.map(({ der }) => der);

/** Counts the verifications of signatures over certificates. */
function counted(work: () => void): number {
  const spy = vi.spyOn(X509Certificate.prototype, 'verify');
  work();
  return spy.mock.calls.length;
}
afterEach(() => vi.restoreAllMocks());

describe('K24: the work on a chain is bounded', () => {
  const long = ders([leaf, ...crossed(299)]);

  it('300 certificates that all sign each other cost 32 verifications, and 284 of them none', () => {
    let chain = chainFromDer([]);
    expect(counted(() => (chain = chainFromDer(long)))).toBe(32);
    expect(chain.certificates).toHaveLength(MOST_CERTIFICATES);
    expect(chain.more).toBe(284);
    // What leads up from the leaf was first.
    expect(chain.certificates[0]?.signedBy).toHaveLength(MOST_CERTIFICATES - 1);
    expect(pathsFromLeaf(chain, { at: NOW, until: NOW }).depths.size).toBe(MOST_CERTIFICATES);
  });

  it('chains that differ after the sixteenth certificate are different', () => {
    expect(chainFromDer(long).id).not.toBe(chainFromDer(long.slice(0, -1)).id);
  });

  it('no pair is verified twice, and an ordinary chain costs one verification a link', () => {
    const middle = certify({ subject: 'Sub', key: keyOf('ecdsa'), issuer: root, ca: true });
    const own = certify({ subject: 'leaf', key: keyOf('ecdsa'), issuer: middle });
    let chain = chainFromDer([]);
    // The root is its own issuer, which is not asked.
    expect(counted(() => (chain = chainFromDer(ders([own, middle, root]))))).toBe(2);
    expect(chain.certificates.map(({ signedBy }) => signedBy)).toEqual([[1], [2], []]);
    expect(chain.more).toBeUndefined();
  });

  it('a chain in reverse order is recognised all the same', () => {
    const chain = chainFromDer(ders([root, leaf]));
    expect(chain.certificates.map(({ signedBy }) => signedBy)).toEqual([[], [0]]);
  });

  it('a store of public CAs is searched for sixteen certificates at most', () => {
    const store = trustStore([root.der]);
    expect(counted(() => store.issuersOf([chainFromDer(long)]))).toBeLessThanOrEqual(32 + 16);
  });

  it('hundreds of records with full data are not all tried', () => {
    const spki = createPublicKey(generateKeyPairSync('ed25519').privateKey);
    const data = spki.export({ type: 'spki', format: 'der' }).toString('hex');
    const records = Array.from({ length: 200 }, () => ({
      ...{ usage: 2, selector: 1, matchingType: 0, data },
    }));
    const chain = chainFromDer(long);
    const context = { names: ['mx1.example.org'], smtpLike: true, at: NOW, anchorOf };
    const verdict = { accepted: true };
    const count = counted(() => Object.assign(verdict, matchRRset(records, chain, context)));
    expect(verdict.accepted).toBe(false);
    expect(count).toBeLessThanOrEqual(4 * MOST_CERTIFICATES);
  });
});

describe('K24: keys that are made to cost time are not used', () => {
  const jwk = (modulus: Buffer, exponent: Buffer) =>
    createPublicKey({
      key: { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') },
      format: 'jwk',
    });
  const odd = (octets: number): Buffer => Buffer.alloc(octets, 0xff);
  const subject = new X509Certificate(leaf.der);
  it.each([
    ['RSA with 16,384 bits', jwk(odd(2048), Buffer.from('010001', 'hex'))],
    ['RSA with an exponent as long as its modulus', jwk(odd(384), Buffer.alloc(383, 0x7f))],
    [
      'a curve over a binary field',
      generateKeyPairSync('ec', { namedCurve: 'sect571r1' }).publicKey,
    ],
  ])('%s', (_, expensive) => {
    const spy = vi.spyOn(X509Certificate.prototype, 'verify');
    expect(verifies(subject, expensive)).toBe(false);
    expect(spy).not.toHaveBeenCalled();
  });

  it('all keys that CAs have are accepted', () => {
    expect(verifies(subject, createPublicKey(key))).toBe(true);
  });
});
