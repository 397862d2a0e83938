// DER certificates as a handshake sent them → the facts that DANE matching needs (dane/chain.ts).
import { createHash, X509Certificate } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import type { Chain, ChainCertificate } from '../dane/chain.ts';
import { allowsServerAuth, dnsNamesOf, signingRightsOf } from './extensions.ts';
import { certificateFields } from './fields.ts';
import { splitPem } from './pem.ts';

/** The parsed certificate, or undefined: a server may send anything, and OpenSSL refuses some. */
export function parseNative(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** Names agree (issuer, key identifiers, key usage) and the signature verifies. A certificate counts as its own issuer too. */
export function isSignedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
  } catch {
    // Keys of algorithms that this OpenSSL does not know: nothing is proven.
    return false;
  }
}

/**
 * A chain from DER certificates in wire order. Never throws: one certificate that cannot be parsed must not hide that a
 * 3 x x record matches another; such a certificate has no names, signs nothing and is valid at no time.
 */
export function chainFromDer(ders: readonly Uint8Array[]): Chain {
  const native = ders.map(parseNative);
  const hash = createHash('sha256');
  for (const der of ders) hash.update(der);
  const certificates = ders.map((der, index) => {
    const own = native[index];
    const signedBy = native.flatMap((issuer, position) =>
      position !== index && own !== undefined && issuer !== undefined && isSignedBy(own, issuer)
        ? [position]
        : [],
    );
    return { ...certificateFacts(der, own !== undefined), signedBy };
  });
  return { id: hash.digest('hex'), certificates };
}

/** @throws AppError INPUT_INVALID when the text holds no certificate */
export function chainFromPem(text: string): Chain {
  return chainFromDer(splitPem(text));
}

/** The facts of one certificate, without the others of its chain. `parsed`: OpenSSL could read it. */
export function certificateFacts(
  der: Uint8Array,
  parsed: boolean,
): Omit<ChainCertificate, 'signedBy'> {
  const nothing = { names: [], canSign: false };
  // Dates that end where they begin are valid at no time; association.ts lets nothing match an empty key.
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
      ...(pathLength === undefined ? {} : { pathLength }),
      ...(allowsServerAuth(fields) ? {} : { serverAuth: false }),
    };
  } catch {
    return { ...bare, ...nothing };
  }
}
