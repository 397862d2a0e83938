// What a service finds in a PEM file: certificates in their order, and keys. Two files that hold
// the same are the same, however they are wrapped and whatever stands between the blocks: an
// adopted file is not rewritten for its line lengths.
import { spkiOfKey } from '../x509/keys.ts';

/**
 * [^-]: no block reaches into the next one. A combined file holds a key too, which is read nowhere
 * else.
 */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]+-----END (?:[A-Z]+ )?PRIVATE KEY-----/g;

/**
 * The certificates alone, as PEM: a chain as a service would send it. Undefined when there is none.
 */
export function chainIn(text: string): string | undefined {
  return text
    .match(CERTIFICATE)
    ?.map((pem) => `${pem}\n`)
    .join('');
}

const bodyOf = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');

/** Public keys, so that the same private key in another encoding (PKCS#1, SEC 1) is the same. */
export function publicKeysIn(text: string): string[] {
  return (text.match(KEY) ?? []).map((pem) => {
    try {
      return spkiOfKey(pem);
    } catch {
      // Encrypted, or no key at all: the same only as the same text.
      return bodyOf(pem);
    }
  });
}

export function holdsTheSame(text: string, wanted: string): boolean {
  if (text === wanted) return true;
  const contentOf = (pem: string): string =>
    [...(pem.match(CERTIFICATE) ?? []).map(bodyOf), ...publicKeysIn(pem)].join(' ');
  return contentOf(text) !== '' && contentOf(text) === contentOf(wanted);
}
