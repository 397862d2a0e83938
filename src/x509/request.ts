// Certificate requests that were made elsewhere (PKCS #10, RFC 2986): which names they are for, and
// whether a CA would take them. Their octets go to the CA as they are.
import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { childrenOf, contentOf, expectElement, TAG, wholeOf } from './der.ts';
import type { Element } from './der.ts';
import type { KeyType } from './keys.ts';
import { isRequest, pemLabels, pemOf, requestsIn } from './pem.ts';

export interface CertificateRequest {
  readonly der: Uint8Array;
  /** One block, as the state stores it. */
  readonly pem: string;
  /** SubjectPublicKeyInfo, DER in hex. */
  readonly spki: string;
  readonly keyType: KeyType;
  /** Lower case: those of subjectAltName and common names (RFC 8555 §7.4). */
  readonly names: readonly string[];
}

const OID = {
  commonName: '550403',
  extensionRequest: '2a864886f70d01090e',
  subjectAltName: '551d11',
} as const;

/** Signatures that public CAs accept under a request. */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

const ATTRIBUTES = 0xa0;
const DNS_NAME = 0x82;

/**
 * The one request in a text, PEM or DER (each character one octet), with its signature verified.
 * @param label for messages: its file
 * @throws AppError INPUT_INVALID
 */
export function requestFrom(text: string, label: string): CertificateRequest {
  const bad = (why: string, hint: string = MAKE_ANOTHER): AppError =>
    new AppError('INPUT_INVALID', `the certificate request in ${label} ${why}`, { hint });
  const der = derIn(text, label);
  const fields = attempt(() => fieldsOf(der));
  if (fields === undefined) throw bad('cannot be read: it is not PKCS #10 in DER');
  const { key, others, names } = fields;
  const publicKey = attempt(() =>
    createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
  );
  const keyType = publicKey && keyTypeOf(publicKey);
  if (publicKey === undefined || keyType === undefined) {
    throw bad(
      'has a key that CAs do not accept',
      'use RSA with 2048, 3072 or 4096 bits, or EC on P-256 or P-384',
    );
  }
  // A CA writes the key in its usual form into the certificate, and a record is a digest of that.
  if (!isUsualForm(key, publicKey)) {
    throw bad('has its key in an unusual form', 'name the curve, and do not compress the point');
  }
  if (HASHES[fields.algorithm] === undefined) {
    throw bad('has a signature that CAs do not accept', 'sign it with SHA-256, SHA-384 or SHA-512');
  }
  if (!isSigned(fields, publicKey)) throw bad('is not signed by its own key');
  if (others) throw bad('asks for more than DNS names', 'leave out e-mail and IP addresses');
  return { der, pem: pemOf('CERTIFICATE REQUEST', der), spki: toHex(key), keyType, names };
}

const MAKE_ANOTHER = 'make it again, with openssl req for example';

/** Of a request that the state stores: it was checked before. */
function storedRequest(pem: string): CertificateRequest {
  return requestFrom(pem, 'the state');
}

/** Empty where it cannot be read. */
export function namesOfRequest(der: Uint8Array): readonly string[] {
  return attempt(() => fieldsOf(der))?.names ?? [];
}

/** Whichever of the two a generation has. */
export function requestOrKey<T>(
  text: string,
  { request, key }: { request: (of: CertificateRequest) => T; key: (pem: string) => T },
): T {
  return isRequest(text) ? request(storedRequest(text)) : key(text);
}

function derIn(text: string, label: string): Uint8Array {
  if (!text.includes('-----BEGIN ')) return new Uint8Array(Buffer.from(text, 'latin1'));
  const [first, ...more] = requestsIn(text);
  if (first !== undefined && more.length === 0) return first;
  const found = [...new Set(pemLabels(text))].join(', ');
  throw new AppError(
    'INPUT_INVALID',
    first === undefined
      ? `${label} contains no certificate request${found === '' ? '' : `, but ${found}`}`
      : `${label} contains more than one certificate request`,
    { hint: 'name a file with one request: -----BEGIN CERTIFICATE REQUEST-----' },
  );
}

interface RequestFields {
  /** What is signed. */
  readonly info: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  readonly key: Uint8Array;
  readonly names: readonly string[];
  /** Other kinds of names are asked for, too. */
  readonly others: boolean;
}

/** @throws RangeError */
function fieldsOf(der: Uint8Array): RequestFields {
  const whole = expectElement(der, 0, TAG.sequence);
  if (whole.end !== der.length) throw new RangeError('octets after the request');
  const [info, algorithm, signature] = threeOf(childrenOf(der, whole));
  const parts = childrenOf(der, info);
  const [version, subject, key] = threeOf(parts);
  const isOrdered =
    version.tag === TAG.integer && subject.tag === TAG.sequence && key.tag === TAG.sequence;
  if (!isOrdered || signature.tag !== TAG.bitString) throw new RangeError('wrong fields');
  const [type] = childrenOf(der, algorithm);
  const alternative = extensionsIn(der, parts[3]).flatMap((value) => namesIn(value));
  const dns = alternative.filter(({ tag }) => tag === DNS_NAME).map(({ text }) => text);
  const names = [...dns, ...commonNamesIn(der, subject)].map((name) => name.toLowerCase());
  return {
    info: wholeOf(der, info),
    algorithm: type === undefined ? '' : toHex(contentOf(der, type)),
    // The first content octet counts unused bits: none.
    signature: contentOf(der, signature).subarray(1),
    key: wholeOf(der, key),
    names: [...new Set(names)],
    others: dns.length < alternative.length,
  };
}

function threeOf(parts: readonly Element[]): [Element, Element, Element] {
  const [first, second, third] = parts;
  if (first === undefined || second === undefined || third === undefined) {
    throw new RangeError('a field is missing');
  }
  return [first, second, third];
}

/** The values of every subjectAltName in the attribute extensionRequest (PKCS #9). */
function extensionsIn(der: Uint8Array, attributes: Element | undefined): Uint8Array[] {
  if (attributes?.tag !== ATTRIBUTES) return [];
  const requested = childrenOf(der, attributes).flatMap((attribute) => {
    const [type, values] = childrenOf(der, attribute);
    if (type === undefined || values === undefined) throw new RangeError('a malformed attribute');
    return toHex(contentOf(der, type)) === OID.extensionRequest ? childrenOf(der, values) : [];
  });
  return requested.flatMap((list) =>
    childrenOf(der, list).flatMap((extension) => {
      const fields = childrenOf(der, extension);
      const [type, value] = [fields[0], fields.at(-1)];
      if (type === undefined || value?.tag !== TAG.octetString) {
        throw new RangeError('a malformed extension');
      }
      const isNames = toHex(contentOf(der, type)) === OID.subjectAltName;
      return isNames ? [contentOf(der, value)] : [];
    }),
  );
}

function namesIn(value: Uint8Array): { readonly tag: number; readonly text: string }[] {
  const list = expectElement(value, 0, TAG.sequence);
  return childrenOf(value, list).map((one) => ({ tag: one.tag, text: textOf(value, one) }));
}

function commonNamesIn(der: Uint8Array, subject: Element): string[] {
  return childrenOf(der, subject).flatMap((set) =>
    childrenOf(der, set).flatMap((attribute) => {
      const [type, value] = childrenOf(der, attribute);
      if (type === undefined || value === undefined) throw new RangeError('a malformed name');
      return toHex(contentOf(der, type)) === OID.commonName ? [textOf(der, value)] : [];
    }),
  );
}

function textOf(der: Uint8Array, element: Element): string {
  return Buffer.from(contentOf(der, element)).toString('latin1');
}

function isSigned({ info, algorithm, signature }: RequestFields, key: KeyObject): boolean {
  return attempt(() => verify(HASHES[algorithm], info, key, signature)) === true;
}

function keyTypeOf({
  asymmetricKeyType,
  asymmetricKeyDetails = {},
}: KeyObject): KeyType | undefined {
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'rsa') return RSA[modulusLength ?? 0];
  return asymmetricKeyType === 'ec' ? EC[namedCurve ?? ''] : undefined;
}

/** Of a key on a named curve whose point is not compressed: OpenSSL exports others as they came. */
const EC_HEAD: Readonly<Record<string, string>> = {
  prime256v1: '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  secp384r1: '3076301006072a8648ce3d020106052b8104002203620004',
};

function isUsualForm(spki: Uint8Array, key: KeyObject): boolean {
  const head = EC_HEAD[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (head !== undefined) return toHex(spki).startsWith(head);
  return toHex(key.export({ type: 'spki', format: 'der' })) === toHex(spki);
}

const RSA: Readonly<Record<number, KeyType>> = {
  2048: 'rsa-2048',
  3072: 'rsa-3072',
  4096: 'rsa-4096',
};
const EC: Readonly<Record<string, KeyType>> = { prime256v1: 'ec-p256', secp384r1: 'ec-p384' };

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
