// Certificates in a file as people keep them: PEM with text or a key around it, or DER; in any
// order, some of them twice. Which one the server presents as its own is found out and not taken
// from the order: a chain in reverse begins with a CA.
import { X509Certificate } from 'node:crypto';
import { AppError, reasonOf } from '../base/errors.ts';
import { fromHex } from '../base/bytes.ts';
import type { Chain, ChainCertificate } from '../dane/chain.ts';
import { keyMatches, labelOf } from './certificate.ts';
import { chainFromDer, isSignedBy } from './chain.ts';
import { readElement, wholeOf } from './der.ts';
import { certificateFields } from './fields.ts';
import { pemOf, privateKeyTexts, splitPem } from './pem.ts';

/** The first octet of every certificate in DER: a SEQUENCE. */
const SEQUENCE = 0x30;

export interface CertificateFile {
  /**
   * The leaf first, then the others in their order; in the order of the file if no leaf was found.
   */
  readonly chain: Chain;
  /** Why the first certificate is not known to be what a server presents as its own. */
  readonly doubt?: { readonly because: string; readonly kind: 'authority' | 'several' };
}

/**
 * `text`: each character is one octet. @throws AppError INPUT_INVALID if there is no certificate
 */
export function readCertificates(text: string): CertificateFile {
  const isDer = text.charCodeAt(0) === SEQUENCE && !text.includes('-----BEGIN ');
  const all = isDer ? elementsOf(new Uint8Array(Buffer.from(text, 'latin1'))) : splitPem(text);
  const ders = unique(all);
  for (const der of ders) mustBeCertificate(der);
  return leafFirst(ders, privateKeyTexts(text)[0]);
}

/** Certificates in DER may follow one another, as in PEM. */
function elementsOf(octets: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  try {
    for (let offset = 0; offset < octets.length;) {
      const element = readElement(octets, offset);
      elements.push(wholeOf(octets, element));
      offset = element.end;
    }
  } catch (error) {
    throw notCertificates(error);
  }
  return elements;
}

/**
 * Usage 3, selector 0 accepts any octets: a PKCS#12 file, a key or a request would get a record
 * that never matches.
 */
function mustBeCertificate(der: Uint8Array): void {
  try {
    certificateFields(der);
  } catch (error) {
    throw notCertificates(error);
  }
}

function notCertificates(cause: unknown): AppError {
  return new AppError(
    'INPUT_INVALID',
    `the file holds something that is not a certificate: ${reasonOf(cause)}`,
    {
      hint:
        'extract the certificates first: openssl pkcs12 -in FILE -nokeys, or openssl pkcs7 ' +
        '-inform DER -in FILE -print_certs',
      cause,
    },
  );
}

/**
 * The certificate of a key first: what a server with this key presents as its own. As it is, where
 * none of them is for it.
 */
export function certificateOfKeyFirst(pem: string, privkeyPem: string): string {
  if (!pem.includes('CERTIFICATE-----')) return pem;
  const ders = unique(splitPem(pem));
  const own = ders.findIndex((der) => fits(privkeyPem, der));
  if (own <= 0) return pem;
  return moved(ders, own)
    .map((der) => pemOf('CERTIFICATE', der))
    .join('');
}

/** An encrypted key, or a certificate that cannot be read, says nothing about the others. */
function fits(privkeyPem: string, der: Uint8Array): boolean {
  try {
    return keyMatches(privkeyPem, der);
  } catch {
    return false;
  }
}

function leafFirst(ders: readonly Uint8Array[], key: string | undefined): CertificateFile {
  const { certificates } = chainFromDer(ders);
  const ofKey = key === undefined ? -1 : ders.findIndex((der) => fits(key, der));
  if (ofKey >= 0) return { chain: chainFromDer(moved(ders, ofKey)) };
  const own = certificates.flatMap(({ canSign }, position) => (canSign ? [] : [position]));
  const [only, another] = own;
  if (only !== undefined && another === undefined)
    return { chain: chainFromDer(moved(ders, only)) };
  const chain = chainFromDer(ders);
  if (only !== undefined) {
    const subjects = own.map((position) => subjectOf(ders[position])).join('; ');
    const because = `the file holds ${own.length} certificates that are not those of a CA (${subjects}), and nothing says which one is meant`;
    return { chain, doubt: { kind: 'several', because } };
  }
  const [first] = certificates;
  if (certificates.length === 1 && first !== undefined && isServersOwn(first)) return { chain };
  const bottom = certificates.findIndex((_, at) => signsNone(certificates, at));
  const from = Math.max(bottom, 0);
  const because = `the file holds CA certificates only (${subjectOf(ders[from])})`;
  return { chain: chainFromDer(moved(ders, from)), doubt: { kind: 'authority', because } };
}

/**
 * `openssl req -x509` makes certificates of servers that may sign others: such a certificate is
 * alone in the file, signs itself and names a host.
 */
function isServersOwn({ der, names }: ChainCertificate): boolean {
  const native = new X509Certificate(fromHex(der));
  const namesHost = names.some((name) => name === 'localhost' || /^[\w*-]+(\.[\w-]+)+$/.test(name));
  return namesHost && isSignedBy(native, native);
}

function signsNone(certificates: readonly ChainCertificate[], position: number): boolean {
  return certificates.every(({ signedBy }) => !signedBy.includes(position));
}

function moved(ders: readonly Uint8Array[], first: number): readonly Uint8Array[] {
  return [...ders.slice(first, first + 1), ...ders.filter((_, position) => position !== first)];
}

function unique(ders: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(ders.map((der) => [Buffer.from(der).toString('base64'), der])).values()];
}

function subjectOf(der: Uint8Array | undefined): string {
  return der === undefined ? '' : labelOf(der).subject;
}

/**
 * For records of usages 1 and 3. @throws AppError INPUT_INVALID when the leaf is not known, unless
 * a CA is what is meant
 */
export function leafIn({ chain, doubt }: CertificateFile, caAsLeaf: boolean): Chain {
  if (doubt === undefined || (doubt.kind === 'authority' && caAsLeaf)) return chain;
  throw new AppError('INPUT_INVALID', doubt.because, {
    hint:
      doubt.kind === 'authority'
        ? 'for a record of the CA: --usage 2; if a server presents this very certificate as its own: --ca-as-leaf; else give the file with the certificate of the server'
        : 'give a file with the chain of one server',
  });
}
