// Certificates that are signed here (RFC 5280): those of a private CA, and self-signed ones.
import type { webcrypto } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import type { Instant } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { keyPairOf, loadX509, signingOf } from './csr.ts';
import { readPrivateKey } from './keys.ts';
import { namesOfRequest } from './request.ts';
import { permittedNames } from './name-constraints.ts';

/** The smaller of the two clocks may be wrong by so much. */
const BACKDATED = 3600;
/** RFC 5280 §4.1.2.2: positive, at most 20 octets. The first one is not 0, and has no high bit. */
const SERIAL_OCTETS = 16;

export interface CaWish {
  readonly commonName: string;
  readonly notAfter: Instant;
  /** How many CA certificates may follow below it (RFC 5280 §4.2.1.9). */
  readonly pathLength: number;
  /** The only domains below which it may issue (RFC 5280 §4.2.1.10); empty: all. */
  readonly permitted: readonly string[];
}

/** The certificate of a CA with this key, signed by itself, in DER. */
export async function createCaCertificate(
  keyPem: string,
  { commonName, notAfter, pathLength, permitted }: CaWish,
  now: Instant,
): Promise<Uint8Array> {
  const x509 = await loadX509();
  const { publicKey } = await keyPairOf(readPrivateKey(keyPem));
  const name = [{ CN: [commonName] }];
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  return signed(
    keyPem,
    { subject: name, issuer: name, publicKey, notAfter },
    [
      new x509.BasicConstraintsExtension(true, pathLength, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ...(permitted.length === 0
        ? []
        : [new x509.Extension(NAME_CONSTRAINTS, true, permittedNames(permitted))]),
    ],
    now,
  );
}

const NAME_CONSTRAINTS = '2.5.29.30';

export interface Signer {
  readonly keyPem: string;
  /** DER; absent: the certificate is signed by its own key. */
  readonly certificate?: Uint8Array;
}

/**
 * A certificate for a service, for key and names of a request. @throws AppError INPUT_INVALID for a
 * request that its key has not signed, or without names
 */
export async function signRequest(
  csrDer: Uint8Array,
  { keyPem, certificate }: Signer,
  notAfter: Instant,
  now: Instant,
): Promise<Uint8Array> {
  const x509 = await loadX509();
  const request = new x509.Pkcs10CertificateRequest(csrDer);
  const domains = namesOfRequest(csrDer);
  if (domains.length === 0 || !(await request.verify())) {
    throw new AppError(
      'INPUT_INVALID',
      'the certificate request has no names, or a wrong signature',
    );
  }
  const ca = certificate === undefined ? undefined : new x509.X509Certificate(certificate);
  const subject = domains.find((domain) => domain.length <= LONGEST_NAME);
  const name = subject === undefined ? [] : [{ CN: [subject] }];
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const isRsa = request.publicKey.algorithm.name.startsWith('RSA');
  return signed(
    keyPem,
    {
      subject: name,
      issuer: ca === undefined ? name : ca.subjectName.toJSON(),
      publicKey: await request.publicKey.export(),
      notAfter,
    },
    [
      new x509.SubjectAlternativeNameExtension(
        domains.map((value) => ({ type: 'dns' as const, value })),
        name.length === 0,
      ),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | (isRsa ? keyEncipherment : 0), true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
      ...(ca === undefined ? [] : [await x509.AuthorityKeyIdentifierExtension.create(ca)]),
    ],
    now,
  );
}

/** Of a common name (RFC 5280 appendix A.1). */
const LONGEST_NAME = 64;

interface Wish {
  readonly subject: X509.JsonName;
  readonly issuer: X509.JsonName;
  readonly publicKey: webcrypto.CryptoKey;
  readonly notAfter: Instant;
}

async function signed(
  keyPem: string,
  { subject, issuer, publicKey, notAfter }: Wish,
  extensions: X509.Extension[],
  now: Instant,
): Promise<Uint8Array> {
  const x509 = await loadX509();
  const key = readPrivateKey(keyPem);
  const { privateKey } = await keyPairOf(key);
  const { importing, hash } = signingOf(key);
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ serialNumber: serial(), subject, issuer, publicKey, extensions },
    notBefore: new Date((now - BACKDATED) * 1000),
    notAfter: new Date(notAfter * 1000),
    signingKey: privateKey,
    signingAlgorithm: { name: importing.name, hash },
  });
  return new Uint8Array(certificate.rawData);
}

function serial(): string {
  const octets = randomBytes(SERIAL_OCTETS);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.toString('hex');
}
