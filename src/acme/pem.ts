// The certificates in an answer of the CA (RFC 8555 §9.1): any line ends, and any text between and
// after the blocks.
import { X509Certificate } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { MOST_CERTIFICATES } from '../dane/chain.ts';
import { certificatesIn, pemOf } from '../x509/pem.ts';

/**
 * PEM blocks with 64 columns and \n, in the order sent. @throws AppError ACME_CERTIFICATE_WRONG if
 * there are none
 */
export function splitChain(text: string, url: string): readonly string[] {
  const blocks = certificatesIn(text)
    .filter((der) => der.length > 0)
    .map((der) => pemOf('CERTIFICATE', der));
  if (blocks.length === 0) {
    throw new AppError('ACME_CERTIFICATE_WRONG', `the CA sent no certificate at ${url}`, {
      details: { url },
    });
  }
  if (blocks.length > MOST_CERTIFICATES) {
    throw new AppError(
      'ACME_CERTIFICATE_WRONG',
      `the CA sent a chain of ${blocks.length} certificates at ${url}, more than the limit ` +
        `of ${MOST_CERTIFICATES}`,
      {
        hint: 'download the chain with curl and ask the CA why it is so long',
        details: { url },
      },
    );
  }
  return blocks;
}

/** The common name of the issuer of the last certificate: the name that CAs use for a chain. */
export function topIssuerOf(chain: readonly string[], url: string): string {
  try {
    const issuer = new X509Certificate(chain.at(-1) ?? '').issuer;
    return /^CN=(.*)$/m.exec(issuer)?.[1] ?? issuer.replaceAll('\n', ', ');
  } catch {
    throw new AppError(
      'ACME_CERTIFICATE_WRONG',
      `the chain at ${url} contains no readable certificate`,
      {
        details: { url },
      },
    );
  }
}
