// PEM as it comes from CAs, files and people (RFC 7468): CRLF, text around and between the blocks,
// missing last newline.
import { AppError } from '../base/errors.ts';
import { readElement, wholeOf } from './der.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

/**
 * All blocks of a text, in order. Text outside of blocks, and blocks with headers (old encrypted
 * keys), are passed over.
 */
function pemBlocks(text: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([, label = '', body = '']) => ({
    label,
    der: new Uint8Array(Buffer.from(body, 'base64')),
  }));
}

/**
 * The certificates of a PEM text, in order, as DER.
 * @throws AppError INPUT_INVALID when there is none
 */
export function splitPem(text: string): readonly Uint8Array[] {
  const ders = pemBlocks(text)
    .filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label))
    .map(({ label, der }) => (label.startsWith('TRUSTED ') ? firstElement(der) : der));
  if (ders.length === 0) {
    throw new AppError('INPUT_INVALID', 'the text holds no PEM certificate', {
      hint: 'give a file with -----BEGIN CERTIFICATE----- blocks, the leaf first',
    });
  }
  return ders;
}

/** What OpenSSL trusts a certificate for follows it in the same block. */
function firstElement(der: Uint8Array): Uint8Array {
  try {
    return wholeOf(der, readElement(der, 0));
  } catch {
    return der;
  }
}

/** One PEM block with lines of 64 characters and a newline at the end. */
export function pemOf(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
