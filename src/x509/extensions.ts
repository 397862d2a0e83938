// The extensions that a DANE client checks (RFC 5280 §4.2): the names of the certificate, and
// whether it may sign others.
import { toHex } from '../base/bytes.ts';
import { childrenOf, contentOf, expectElement, TAG } from './der.ts';
import type { Element } from './der.ts';
import type { CertificateFields } from './fields.ts';

const OID = {
  commonName: '550403',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  anyExtendedKeyUsage: '551d2500',
} as const;

/**
 * Context tag [2] dNSName of GeneralName, context tag [0] keyIdentifier of AuthorityKeyIdentifier.
 */
const DNS_NAME = 0x82;
const KEY_IDENTIFIER = 0x80;

/** @throws RangeError when the extensions cannot be read: absence must not be made of that */
function extensionOf(fields: CertificateFields, oid: string): Uint8Array | undefined {
  if (fields.extensions === undefined) throw new RangeError('the extensions are malformed');
  return fields.extensions.get(oid);
}

function sequenceIn(value: Uint8Array): readonly Element[] {
  return childrenOf(value, expectElement(value, 0, TAG.sequence));
}

function textOf(der: Uint8Array, element: Element): string {
  return Buffer.from(contentOf(der, element)).toString('latin1');
}

/**
 * The DNS names a client may match, lower case, without trailing dot: those of subjectAltName, and
 * only where it holds none the common name (RFC 6125 §6.4.4). A name with an octet that no host
 * name has is left out: "a\0.example" must not read as "a".
 */
export function dnsNamesOf(fields: CertificateFields): readonly string[] {
  const alternative = extensionOf(fields, OID.subjectAltName);
  const names =
    alternative === undefined
      ? []
      : sequenceIn(alternative)
          .filter((element) => element.tag === DNS_NAME)
          .map((element) => textOf(alternative, element));
  const candidates = names.length > 0 ? names : commonNamesOf(fields.subject);
  return [
    ...new Set(
      candidates
        .map((name) => name.toLowerCase().replace(/\.$/, ''))
        .filter((name) => /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name)),
    ),
  ];
}

/** The common names of a name in DER; the last is the most specific. */
function commonNamesOf(name: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (const set of sequenceIn(name)) {
    for (const attribute of childrenOf(name, set)) {
      const [type, value] = childrenOf(name, attribute);
      if (type === undefined || value === undefined) continue;
      if (toHex(contentOf(name, type)) === OID.commonName) found.push(textOf(name, value));
    }
  }
  return found.slice(-1);
}

export interface SigningRights {
  readonly canSign: boolean;
  readonly pathLength: number | undefined;
}

/**
 * Basic constraints say CA, and key usage, where present, holds keyCertSign (RFC 5280 §4.2.1.9,
 * §4.2.1.3).
 */
export function signingRightsOf(fields: CertificateFields): SigningRights {
  const constraints = extensionOf(fields, OID.basicConstraints);
  if (constraints === undefined) return { canSign: false, pathLength: undefined };
  const parts = sequenceIn(constraints);
  const isCa = parts[0]?.tag === TAG.boolean && constraints[parts[0].body] !== 0;
  const length = parts.find((part) => part.tag === TAG.integer);
  const usage = extensionOf(fields, OID.keyUsage);
  return {
    canSign: isCa && (usage === undefined || holdsKeyCertSign(usage)),
    pathLength: length === undefined ? undefined : numberOf(contentOf(constraints, length)),
  };
}

function numberOf(octets: Uint8Array): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function holdsKeyCertSign(usage: Uint8Array): boolean {
  const bits = expectElement(usage, 0, TAG.bitString);
  // The first content octet counts unused bits; keyCertSign is bit 5 from the left.
  return ((usage[bits.body + 1] ?? 0) & 0x04) !== 0;
}

/**
 * False when extended key usage is present and allows neither TLS servers nor everything (RFC 5280
 * §4.2.1.12).
 */
export function allowsServerAuth(fields: CertificateFields): boolean {
  const value = extensionOf(fields, OID.extendedKeyUsage);
  if (value === undefined) return true;
  const purposes = sequenceIn(value).map((element) => toHex(contentOf(value, element)));
  return purposes.includes(OID.serverAuth) || purposes.includes(OID.anyExtendedKeyUsage);
}

/** keyIdentifier of the authority key identifier, undefined when there is none. */
export function authorityKeyIdentifierOf(fields: CertificateFields): Uint8Array | undefined {
  const value = extensionOf(fields, OID.authorityKeyIdentifier);
  if (value === undefined) return undefined;
  const element = sequenceIn(value).find((part) => part.tag === KEY_IDENTIFIER);
  return element === undefined ? undefined : contentOf(value, element);
}
