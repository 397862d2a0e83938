// RDATA in the spellings of providers: TLSA in upper or lower case and with spaces, TXT with or
// without quotation marks.
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { tlsaFromText, tlsaRdataText } from '../../src/dns/rdata-text.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';

export interface TlsaFields {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  /** Lower-case hexadecimal. */
  readonly data: string;
}

export function tlsaFields(rdata: RdataHex): TlsaFields {
  const [usage = 0, selector = 0, matchingType = 0] = fromHex(rdata.slice(0, 6));
  return { usage, selector, matchingType, data: rdata.slice(6) };
}

export function tlsaFromFields({ usage, selector, matchingType, data }: TlsaFields): RdataHex {
  return rdataFromText('TLSA', `${usage} ${selector} ${matchingType} ${data}`);
}

/** The text of a TXT record as one: its character-strings joined (RFC 1035 §3.3.14). */
export function txtValue(rdata: RdataHex): string {
  return Buffer.concat(strings(rdata)).toString('utf8');
}

/** Its character-strings, for providers that use a list. */
export function txtStrings(rdata: RdataHex): readonly string[] {
  return strings(rdata).map((part) => Buffer.from(part).toString('utf8'));
}

/** The reverse; a text that is too long for one string is cut. */
export function txtFromStrings(parts: readonly string[]): RdataHex {
  return txtRdata(parts.map((part) => new Uint8Array(Buffer.from(part, 'utf8'))));
}

/** `"one" "two"`, as in a zone file (RFC 1035 §5.1). */
export function txtText(rdata: RdataHex): string {
  return strings(rdata).map(quoted).join(' ');
}

function strings(rdata: RdataHex): Uint8Array[] {
  const bytes = fromHex(rdata);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    found.push(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return found;
}

function quoted(bytes: Uint8Array): string {
  const text = [...bytes].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    const isPlain = byte >= 0x20 && byte <= 0x7e;
    return isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${text.join('')}"`;
}

/** A value without quotation marks: it is cut where character-strings end. */
export function txtFromValue(value: string): RdataHex {
  return txtRdata([new Uint8Array(Buffer.from(value, 'utf8'))]);
}

/** TXT as providers return it: quoted strings, or the bare value. */
export function txtFromText(text: string): RdataHex {
  const trimmed = text.trim();
  if (!trimmed.startsWith('"')) return txtFromValue(trimmed);
  const found: Uint8Array[] = [];
  let rest = trimmed;
  while (rest !== '') {
    const match = /^"((?:[^"\\]|\\.)*)"\s*/s.exec(rest);
    if (match === null) throw unreadable('TXT', text);
    found.push(unescaped(match[1] ?? ''));
    rest = rest.slice(match[0].length);
  }
  return txtRdata(found);
}

function unescaped(text: string): Uint8Array {
  const parts = [...text.matchAll(/\\(\d{3})|\\(.)|([^\\]+)/gs)].map(([, octet, char, plain]) =>
    octet === undefined ? Buffer.from(char ?? plain ?? '', 'utf8') : Buffer.from([Number(octet)]),
  );
  return new Uint8Array(Buffer.concat(parts));
}

function txtRdata(parts: readonly Uint8Array[]): RdataHex {
  return parts
    .flatMap((part) => (part.length === 0 ? [part] : pieces(part)))
    .map((piece) => toHex(new Uint8Array([piece.length])) + toHex(piece))
    .join('');
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) found.push(bytes.subarray(at, at + 255));
  return found;
}

/**
 * The text between the quotation marks of a zone file, for providers that add the marks: one
 * string, however long.
 */
export function txtInside(rdata: RdataHex): string {
  return quoted(Buffer.concat(strings(rdata))).slice(1, -1);
}

/** The same in answers, with or without the quotation marks that another writer set. */
export function txtFromInside(text: string): RdataHex {
  const isEscaped = /^(?:[^"\\]|\\.)*$/s.test(text);
  return isEscaped ? txtFromText(`"${text}"`) : txtFromText(text);
}

/** Zone file text of the two types that providers carry. */
export function rdataText(type: RecordType, rdata: RdataHex): string {
  return type === 'TLSA' ? tlsaRdataText(rdata) : txtText(rdata);
}

/** @throws AppError PROVIDER_FAILED for text that is not valid for the type */
export function rdataFromText(type: RecordType, text: string): RdataHex {
  if (type !== 'TLSA') return txtFromText(text);
  try {
    return tlsaFromText(text);
  } catch {
    throw unreadable(type, text);
  }
}

function unreadable(type: string, text: string): AppError {
  return new AppError(
    'PROVIDER_FAILED',
    `the provider returns a ${type} record that cannot be read: ${text.slice(0, 80)}`,
    {
      hint: 'check the record in its control panel',
    },
  );
}
