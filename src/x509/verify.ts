// Signatures over certificates, within limits: chains come from any server, and keys can be made to
// cost time.
import type { KeyObject, X509Certificate } from 'node:crypto';

/**
 * CAs have 2048 and 4096 bits. OpenSSL takes up to 16,384, and a verification then takes
 * milliseconds.
 */
const MOST_RSA_BITS = 8192;
/**
 * It is 65537 everywhere. One as long as its modulus makes a verification fifty times as expensive.
 */
const MOST_RSA_EXPONENT = 2n ** 64n;

/**
 * False also for keys that are too expensive, or that OpenSSL does not know: nothing is proven by
 * them.
 */
export function verifies(subject: X509Certificate, key: KeyObject): boolean {
  try {
    return isAffordable(key) && subject.verify(key);
  } catch {
    return false;
  }
}

function isAffordable(key: KeyObject): boolean {
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return (
        (modulusLength ?? Infinity) <= MOST_RSA_BITS && (publicExponent ?? 0n) <= MOST_RSA_EXPONENT
      );
    case 'ec':
      // Curves over binary fields are slow, and no CA has them; one without a name has parameters
      // of the sender's choice.
      return namedCurve !== undefined && !/^(sect|c2|wap-wsg)/.test(namedCurve);
    case 'dsa':
      return (modulusLength ?? Infinity) <= MOST_RSA_BITS / 2;
    default:
      return true;
  }
}
