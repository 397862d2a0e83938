// RSA keys for tests: to find the primes of one takes a tenth of a second and more, so all tests of
// a process that want any key of a kind have the same.
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';

const made = new Map<string, KeyPairKeyObjectResult>();

function once(kind: string, make: () => KeyPairKeyObjectResult): KeyPairKeyObjectResult {
  const pair = made.get(kind) ?? make();
  made.set(kind, pair);
  return pair;
}

export const rsaPair = (): KeyPairKeyObjectResult =>
  once('rsa', () => generateKeyPairSync('rsa', { modulusLength: 2048 }));

export const rsaPssPair = (): KeyPairKeyObjectResult =>
  once('rsa-pss', () =>
    generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm: 'sha256',
    }),
  );

/** `rsaPair` as PEM. */
export const rsaPem = (): { readonly publicKey: string; readonly privateKey: string } => ({
  publicKey: rsaPair().publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: rsaPair().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
