// PEM as it comes from CAs, files and people (RFC 7468): CRLF, text around and between the blocks,
// missing last newline.
import { AppError } from '../base/errors.ts';
import { readElement, wholeOf } from './der.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

/** [^-]: no block reaches into the next one. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]+-----END (?:[A-Z]+ )?PRIVATE KEY-----/g;

/** The certificates of a PEM text, each as it is written there, with a newline at its end. */
export function certificateTexts(text: string): readonly string[] {
  return (text.match(CERTIFICATE) ?? []).map((pem) => `${pem}\n`);
}

/** The private keys of a PEM text, in the same way. */
export function privateKeyTexts(text: string): readonly string[] {
  return (text.match(KEY) ?? []).map((pem) => `${pem}\n`);
}

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

/** The certificates of a PEM text, in order, as DER. */
export function certificatesIn(text: string): readonly Uint8Array[] {
  return pemBlocks(text)
    .filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label))
    .map(({ label, der }) => (label.startsWith('TRUSTED ') ? firstElement(der) : der));
}

/** OpenSSL reads and writes both labels. */
const REQUEST = /^(NEW )?CERTIFICATE REQUEST$/;

/** The certificate requests of a PEM text, in order, as DER. */
export function requestsIn(text: string): readonly Uint8Array[] {
  return pemBlocks(text)
    .filter(({ label }) => REQUEST.test(label))
    .map(({ der }) => der);
}

/** What else is in it, for a message. */
export function pemLabels(text: string): readonly string[] {
  return pemBlocks(text).map(({ label }) => label);
}

/** A generation has a private key, or a request for one that is elsewhere. */
export function isRequest(keyOrRequest: string): boolean {
  return keyOrRequest.startsWith('-----BEGIN CERTIFICATE REQUEST-----');
}

/** Its certificates. @throws AppError INPUT_INVALID when there is none */
export function splitPem(text: string): readonly Uint8Array[] {
  const ders = certificatesIn(text);
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
