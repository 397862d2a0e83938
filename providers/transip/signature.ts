// A request for a token is signed with the private key of the account: SHA-512 with RSA (RFC 8017
// §8.2) over the body as it is sent.
import { createPrivateKey, sign } from 'node:crypto';
import { AppError } from '../../src/base/errors.ts';

/** @throws AppError SECRET_UNREADABLE if the text is not a private key in PEM */
export function signer(pem: string): (body: string) => string {
  const key = keyOf(pem);
  return (body) => sign('sha512', Buffer.from(body, 'utf8'), key).toString('base64');
}

function keyOf(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The message of the parser may quote the key.
  }
  throw new AppError('SECRET_UNREADABLE', 'the private key for TransIP is not an RSA key in PEM', {
    hint: 'use the whole text that the control panel showed, with the lines BEGIN and END',
  });
}
