// The fields of a certificate (RFC 5280 §4.1) as they lie in its DER. Nothing is decoded that is
// not needed.
import type { Instant } from '../base/clock.ts';
import { toHex } from '../base/bytes.ts';
import { childrenOf, contentOf, expectElement, TAG, wholeOf } from './der.ts';
import type { Element } from './der.ts';

export interface Validity {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export interface CertificateFields {
  /**
   * Content octets of the serial number, with the leading 00 that keeps it positive (RFC 9773 §4.1
   * needs it).
   */
  readonly serial: Uint8Array;
  /** DER of the issuer and subject names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Undefined when the dates cannot be read. */
  readonly validity: Validity | undefined;
  /** DER of SubjectPublicKeyInfo, cut out (RFC 6698 §2.1.2). */
  readonly spki: Uint8Array;
  /**
   * extnValue by object identifier (content octets in hex); a repeated extension keeps its first
   * value. Undefined when they are malformed: the key and the dates are still right, and 3 x x asks
   * for no more.
   */
  readonly extensions: ReadonlyMap<string, Uint8Array> | undefined;
}

const EXPLICIT_VERSION = 0xa0;
const EXPLICIT_EXTENSIONS = 0xa3;

/** @throws RangeError when the octets are not a certificate in DER */
export function certificateFields(der: Uint8Array): CertificateFields {
  const certificate = expectElement(der, 0, TAG.sequence);
  if (certificate.end !== der.length) throw new RangeError('octets after the certificate');
  const tbs = expectElement(der, certificate.body, TAG.sequence, certificate.end);
  const parts = childrenOf(der, tbs);
  const base = parts[0]?.tag === EXPLICIT_VERSION ? 1 : 0;
  const part = (index: number, tag: number): Element => {
    const element = parts[base + index];
    if (element?.tag !== tag)
      throw new RangeError('the fields of the certificate are not in order');
    return element;
  };
  const serial = part(0, TAG.integer);
  const extensions = parts.find((element) => element.tag === EXPLICIT_EXTENSIONS);
  return {
    serial: contentOf(der, serial),
    issuer: wholeOf(der, part(2, TAG.sequence)),
    validity: attempt(() => validityOf(der, part(3, TAG.sequence))),
    subject: wholeOf(der, part(4, TAG.sequence)),
    spki: wholeOf(der, part(5, TAG.sequence)),
    extensions: extensions === undefined ? new Map() : attempt(() => extensionsOf(der, extensions)),
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function validityOf(der: Uint8Array, element: Element): Validity | undefined {
  const [from, to] = childrenOf(der, element).map((child) => timeOf(der, child));
  return from === undefined || to === undefined ? undefined : { notBefore: from, notAfter: to };
}

/**
 * UTCTime or GeneralizedTime in the only form RFC 5280 §4.1.2.5 allows; undefined for any other.
 */
function timeOf(der: Uint8Array, element: Element): Instant | undefined {
  const text = Buffer.from(contentOf(der, element)).toString('latin1');
  const short = element.tag === TAG.utcTime;
  if (!short && element.tag !== TAG.generalizedTime) return undefined;
  if (!/^\d+Z$/.test(text) || text.length !== (short ? 13 : 15)) return undefined;
  const two = Number(text.slice(0, 2));
  const year = short ? two + (two < 50 ? 2000 : 1900) : Number(text.slice(0, 4));
  const rest = text.slice(short ? 2 : 4);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
    Number(rest.slice(at, at + 2)),
  ) as [number, number, number, number, number];
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; the example of RFC 9773 is from year 1.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime() / 1000;
}

function extensionsOf(der: Uint8Array, explicit: Element): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const list = expectElement(der, explicit.body, TAG.sequence, explicit.end);
  for (const extension of childrenOf(der, list)) {
    const fields = childrenOf(der, extension);
    const oid = fields[0];
    const value = fields.at(-1);
    if (oid?.tag !== TAG.oid || value?.tag !== TAG.octetString) {
      throw new RangeError('an extension is malformed');
    }
    const key = toHex(contentOf(der, oid));
    if (!found.has(key)) found.set(key, contentOf(der, value));
  }
  return found;
}
