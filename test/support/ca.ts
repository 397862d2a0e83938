// A certificate authority for tests: roots, intermediates and leaves of any shape, with real keys
// and signatures.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { pemOf } from '../../src/x509/pem.ts';

x509.cryptoProvider.set(webcrypto);

/** The tests' present: 2026-11-21T12:00:00Z. */
export const NOW = 1_795_262_400;
const DAY = 86_400;

export interface Party {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly keyPem: string;
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface Wish {
  /** Common name; default: the first DNS name. */
  readonly name?: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  /** Absent: self-signed. */
  readonly issuer?: Party;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly algorithm?: 'ec' | 'rsa';
  /** Certify this party's key again. */
  readonly keysOf?: Party;
  /** Object identifiers of extended key usage. */
  readonly purposes?: readonly string[];
  /** Hex. */
  readonly serial?: string;
}

const ALGORITHM = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

let counter = 0;
let rsaKeys: Promise<webcrypto.CryptoKeyPair> | undefined;

/** RSA keys take long to find: all parties of a process that want one have the same. */
function newKeys(kind: keyof typeof ALGORITHM): Promise<webcrypto.CryptoKeyPair> {
  const made = (): Promise<webcrypto.CryptoKeyPair> =>
    webcrypto.subtle.generateKey(ALGORITHM[kind], true, ['sign', 'verify']);
  return kind === 'rsa' ? (rsaKeys ??= made()) : made();
}

export async function issue(wish: Wish): Promise<Party> {
  const keys = wish.keysOf?.keys ?? (await newKeys(wish.algorithm ?? 'ec'));
  const subject = `CN=${wish.name ?? wish.dns?.[0] ?? 'unnamed'}`;
  const signing = wish.issuer?.keys ?? keys;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: wish.serial ?? `01${(++counter).toString(16).padStart(6, '0')}`,
    subject,
    issuer: wish.issuer?.subject ?? subject,
    notBefore: new Date((wish.notBefore ?? NOW - DAY) * 1000),
    notAfter: new Date((wish.notAfter ?? NOW + 60 * DAY) * 1000),
    publicKey: keys.publicKey,
    signingKey: signing.privateKey,
    signingAlgorithm: { name: signing.privateKey.algorithm.name, hash: 'SHA-256' },
    extensions: await extensionsOf(wish, keys, signing),
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const der = new Uint8Array(certificate.rawData);
  return {
    der,
    pem: pemOf('CERTIFICATE', der),
    keyPem: pemOf('PRIVATE KEY', new Uint8Array(pkcs8)),
    subject,
    keys,
  };
}

async function extensionsOf(
  wish: Wish,
  keys: webcrypto.CryptoKeyPair,
  signing: webcrypto.CryptoKeyPair,
): Promise<x509.Extension[]> {
  const { dns = [], addresses = [], purposes } = wish;
  const names = [
    ...dns.map((value) => ({ type: 'dns', value }) as const),
    ...addresses.map((value) => ({ type: 'ip', value }) as const),
  ];
  return [
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ...(wish.ca === undefined
      ? []
      : [new x509.BasicConstraintsExtension(wish.ca, wish.pathLength, true)]),
    ...(wish.ca === true
      ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)]
      : []),
    ...(purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...purposes])]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signing.publicKey),
  ];
}

export interface Family {
  readonly root: Party;
  readonly intermediate: Party;
  readonly leaf: Party;
}

/** Root → intermediate → leaf for the given names. */
export async function family(
  dns: readonly string[],
  leaf: Omit<Wish, 'dns' | 'issuer'> = {},
): Promise<Family> {
  const root = await issue({ name: 'Test Root', ca: true, notAfter: NOW + 3650 * DAY });
  const intermediate = await issue({
    name: 'Test Intermediate',
    ca: true,
    pathLength: 0,
    issuer: root,
    notAfter: NOW + 1000 * DAY,
  });
  return { root, intermediate, leaf: await issue({ ...leaf, dns, issuer: intermediate }) };
}
