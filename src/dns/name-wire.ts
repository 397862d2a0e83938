// Names between wire form and `Fqdn`. An octet that a `Fqdn` cannot contain is written as \DDD (RFC
// 1035 §5.1), so a dot inside a label never looks like a border between labels, and every name of
// the wire has exactly one text.
import { AppError } from '../base/errors.ts';
import { labelsOf, type Fqdn } from './name.ts';

/** The error for a malformed message: nothing of the message may be used. */
export function malformed(reason: string): AppError {
  return new AppError('DNS_MALFORMED', `DNS message is malformed: ${reason}`);
}

// Honest senders use no longer chains of pointers than a name can have labels; without this limit,
// the names of a 64 kB message full of pointers would cost quadratic time.
const MAX_POINTERS = 127;

export interface ReadName {
  readonly name: Fqdn;
  /** The offset after the name, whatever pointers were followed. */
  readonly end: number;
}

function labelText(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    const plain = octet > 0x20 && octet < 0x7f && octet !== 0x2e && octet !== 0x5c;
    text += plain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
  }
  return text.toLowerCase();
}

/**
 * The name at `start`. `limit` is the end of the data there (RDLENGTH, for example); pointers must
 * point backwards, to before the part that they end (RFC 1035 §4.1.4), so every chain ends. @throws
 * AppError DNS_MALFORMED
 */
export function readName(message: Uint8Array, start: number, limit = message.length): ReadName {
  let labels = '';
  let octets = 1;
  let pointers = 0;
  let partStart = start;
  let at = start;
  let bound = limit;
  let end: number | undefined;
  for (;;) {
    const length = at < bound ? message[at] : undefined;
    if (length === undefined) throw malformed('a name runs past the end');
    if (length === 0) return { name: (labels === '' ? '.' : labels) as Fqdn, end: end ?? at + 1 };
    if (length >= 0xc0) {
      const low = at + 1 < bound ? message[at + 1] : undefined;
      if (low === undefined) throw malformed('a name runs past the end');
      const target = ((length & 0x3f) << 8) | low;
      if (target >= partStart) throw malformed('a compression pointer does not point backwards');
      if (++pointers > MAX_POINTERS) throw malformed('a name has too many compression pointers');
      end ??= at + 2;
      at = partStart = target;
      bound = message.length;
      continue;
    }
    if (length > 63) throw malformed('a label has an unknown type');
    octets += length + 1;
    if (octets > 255) throw malformed('a name is longer than 255 octets');
    if (at + 1 + length > bound) throw malformed('a label runs past the end');
    labels += `${labelText(message.subarray(at + 1, at + 1 + length))}.`;
    at += 1 + length;
  }
}

/**
 * Wire form, uncompressed, in the letters of the text. @throws AppError INPUT_INVALID for a
 * backslash that is not part of \DDD, and for names that are too long once unescaped
 */
export function nameToWire(name: Fqdn): Uint8Array {
  const octets: number[] = [];
  for (const label of labelsOf(name)) {
    const from = octets.length;
    octets.push(0);
    for (let i = 0; i < label.length; i += 1) {
      if (label[i] !== '\\') {
        octets.push(label.charCodeAt(i));
        continue;
      }
      const digits = label.slice(i + 1, i + 4);
      if (!/^\d{3}$/.test(digits) || Number(digits) > 255) throw unwritable(name);
      octets.push(Number(digits));
      i += 3;
    }
    const length = octets.length - from - 1;
    if (length < 1 || length > 63) throw unwritable(name);
    octets[from] = length;
  }
  octets.push(0);
  if (octets.length > 255) throw unwritable(name);
  return Uint8Array.from(octets);
}

function unwritable(name: string): AppError {
  return new AppError('INPUT_INVALID', `domain name "${name}" cannot be written in wire form`, {
    hint: 'write special octets as \\DDD, and keep labels within 63 and names within 255 octets',
  });
}
