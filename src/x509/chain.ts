// DER certificates as a handshake sent them → the facts that DANE matching needs (dane/chain.ts).
import { createHash, X509Certificate } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { defined } from '../base/defined.ts';
import { memo } from '../base/memo.ts';
import { MOST_CERTIFICATES } from '../dane/chain.ts';
import type { Chain, ChainCertificate } from '../dane/chain.ts';
import { allowsServerAuth, dnsNamesOf, signingRightsOf } from './extensions.ts';
import { certificateFields } from './fields.ts';
import { splitPem } from './pem.ts';
import { verifies } from './verify.ts';

/** The parsed certificate, or undefined: a server may send anything, and OpenSSL refuses some. */
export function parseNative(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/**
 * Names agree (issuer, key identifiers, key usage) and the signature verifies. A certificate counts
 * as its own issuer too.
 */
export function isSignedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  return names(subject, issuer) && hasSigned(subject, issuer);
}

function names(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer);
  } catch {
    return false;
  }
}

function hasSigned(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return verifies(subject, issuer.publicKey);
  } catch {
    // A key of an algorithm that this OpenSSL does not know: nothing is proven.
    return false;
  }
}

/**
 * A chain from DER certificates in wire order. Never throws: one certificate that cannot be parsed
 * must not hide that a 3 x x record matches another; such a certificate has no names, signs nothing
 * and is valid at no time.
 */
export function chainFromDer(ders: readonly Uint8Array[]): Chain {
  const looked = ders.slice(0, MOST_CERTIFICATES);
  const native = looked.map(parseNative);
  const hash = createHash('sha256');
  for (const der of ders) hash.update(der);
  const signers = signersIn(native);
  const certificates = looked.map((der, index) => ({
    ...certificateFacts(der, native[index] !== undefined),
    signedBy: signers[index] ?? [],
  }));
  const more = ders.length - looked.length;
  return { id: hash.digest('hex'), certificates, ...(more === 0 ? {} : { more }) };
}

/**
 * How many signatures of one chain are verified. Each of sixteen certificates has one issuer among
 * the others, or two if a key is cross-signed; only a chain that was made to cost time has more
 * with the right name.
 */
const MOST_VERIFICATIONS = 32;

/**
 * Who signed whom, by position: from the leaf upwards, so that what leads to it is verified first.
 * No pair twice.
 */
function signersIn(native: readonly (X509Certificate | undefined)[]): readonly number[][] {
  const signers: number[][] = native.map(() => []);
  const waiting = [...native.keys()];
  const done = new Set<number>();
  let left = MOST_VERIFICATIONS;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const own = native[next];
    if (done.has(next) || own === undefined) continue;
    done.add(next);
    for (const [position, issuer] of native.entries()) {
      if (position === next || issuer === undefined || !names(own, issuer)) continue;
      if (left === 0) return signers;
      left -= 1;
      if (hasSigned(own, issuer)) signers[next]?.push(position);
    }
    waiting.unshift(...(signers[next] ?? []));
  }
  return signers;
}

/** Chains that are looked at again and again while their certificates move at the same time. */
const MOST_CHAINS = 64;

/** @throws AppError INPUT_INVALID when the text holds no certificate */
export const chainFromPem = memo(MOST_CHAINS, (text): Chain => chainFromDer(splitPem(text)));

/**
 * The facts of one certificate, without the others of its chain. `parsed`: OpenSSL could read it.
 */
export function certificateFacts(
  der: Uint8Array,
  parsed: boolean,
): Omit<ChainCertificate, 'signedBy'> {
  const nothing = { names: [], canSign: false };
  // Dates that end where they begin are valid at no time; association.ts lets nothing match an
  // empty key.
  let bare = { der: toHex(der), spki: '', notBefore: 0, notAfter: 0 };
  try {
    const fields = certificateFields(der);
    bare = { ...bare, spki: toHex(fields.spki), ...fields.validity };
    if (!parsed) return { ...bare, ...nothing };
    const { canSign, pathLength } = signingRightsOf(fields);
    return {
      ...bare,
      names: dnsNamesOf(fields),
      canSign,
      ...defined({ pathLength }),
      ...(allowsServerAuth(fields) ? {} : { serverAuth: false }),
    };
  } catch {
    return { ...bare, ...nothing };
  }
}
