// What a service reads from a PEM file: certificates in their order, and keys. Two files with the
// same content are equal, whatever their line lengths and the text between the blocks: an adopted
// file is not rewritten for its line lengths.
import type { GenerationPems } from '../ports/store.ts';
import { certificateFacts } from '../x509/chain.ts';
import { spkiOfKey } from '../x509/keys.ts';
import { certificatesIn, certificateTexts, privateKeyTexts } from '../x509/pem.ts';

/**
 * The certificates alone, as PEM: a chain as a service would send it. Undefined if there is none.
 */
export function chainIn(text: string): string | undefined {
  const certificates = certificateTexts(text);
  return certificates.length === 0 ? undefined : certificates.join('');
}

const bodyOf = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');

/** Public keys, so that the same private key in another encoding (PKCS#1, SEC 1) is the same. */
export function publicKeysIn(text: string): string[] {
  return privateKeyTexts(text).map((pem) => {
    try {
      return spkiOfKey(pem);
    } catch {
      // Encrypted, or not a key: equal only if the text is equal.
      return bodyOf(pem);
    }
  });
}

/** Of a generation: where its private key is elsewhere, as its certificate has it. */
export function publicKeyOf({ privkey, cert }: GenerationPems): string | undefined {
  if (privkey !== undefined) return publicKeysIn(privkey)[0];
  const [leaf] = certificatesIn(cert);
  return leaf && certificateFacts(leaf, false).spki;
}

export function holdsTheSame(text: string, wanted: string): boolean {
  if (text === wanted) return true;
  const contentOf = (pem: string): string =>
    [...certificateTexts(pem).map(bodyOf), ...publicKeysIn(pem)].join(' ');
  return contentOf(text) !== '' && contentOf(text) === contentOf(wanted);
}
