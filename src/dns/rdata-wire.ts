// RDATA in canonical form (RFC 4034 §6.2, as corrected by RFC 6840 §5.1): names inside it
// uncompressed and in lower case, so that two servers' answers compare as text and signatures
// verify; and structure checked, so that code that reads single fields later needs no bounds of its
// own.
import { concatBytes, toHex } from '../base/bytes.ts';
import { malformed, nameToWire, readName } from './name-wire.ts';
import type { RdataHex } from './rrset.ts';

/** Octets before the names, number of names, octets after them ('rest': any number). */
type Layout = readonly [before: number, names: number, after: number | 'rest'];

// Types whose names may be compressed or are compared without case: RFC 3597 §4, RFC 4034 §6.2. The
// rest is opaque.
const LAYOUT: Readonly<Record<number, Layout>> = {
  2: [0, 1, 0], // NS
  3: [0, 1, 0], // MD
  4: [0, 1, 0], // MF
  5: [0, 1, 0], // CNAME
  6: [0, 2, 20], // SOA
  7: [0, 1, 0], // MB
  8: [0, 1, 0], // MG
  9: [0, 1, 0], // MR
  12: [0, 1, 0], // PTR
  14: [0, 2, 0], // MINFO
  15: [2, 1, 0], // MX
  17: [0, 2, 0], // RP
  18: [2, 1, 0], // AFSDB
  21: [2, 1, 0], // RT
  24: [18, 1, 'rest'], // SIG
  26: [2, 2, 0], // PX
  33: [6, 1, 0], // SRV
  36: [2, 1, 0], // KX
  39: [0, 1, 0], // DNAME
  46: [18, 1, 'rest'], // RRSIG
};
const NSEC = 47;

// Exact or least lengths of types without names.
const EXACT: Readonly<Record<number, number>> = { 1: 4, 28: 16 };
// The shortest that the format of a type allows. TLSA (52), SMIMEA (53): three numbers and at least
// one octet of data (RFC 6698 §2.1).
const LEAST: Readonly<Record<number, number>> = {
  27: 6,
  35: 8,
  43: 5,
  48: 5,
  52: 4,
  53: 4,
  256: 5,
};
// Types that are nothing but character-strings: HINFO, TXT, GPOS.
const STRINGS: ReadonlySet<number> = new Set([13, 16, 27]);

/**
 * The RDATA of `type` between `start` and `end` of a message (or of a lone piece of RDATA).
 * @throws AppError DNS_MALFORMED when its fields do not fill RDLENGTH exactly
 */
export function canonicalRdata(
  message: Uint8Array,
  type: number,
  start: number,
  end: number,
): RdataHex {
  const layout = LAYOUT[type];
  if (layout !== undefined) return withNames(message, start, end, layout);
  const length = end - start;
  if (length !== (EXACT[type] ?? length) || length < (LEAST[type] ?? 0)) {
    throw malformed(`a record of type ${type} has ${length} octets of data`);
  }
  const rdata = message.subarray(start, end);
  if (type === NSEC) checkNsec(message, start, end);
  if (STRINGS.has(type)) checkStrings(rdata);
  if (type === 257) checkCaa(rdata);
  return toHex(rdata);
}

function withNames(message: Uint8Array, start: number, end: number, layout: Layout): RdataHex {
  const [before, names, after] = layout;
  if (start + before > end) throw malformed('a record has too little data');
  const parts = [message.subarray(start, start + before)];
  let at = start + before;
  for (let i = 0; i < names; i += 1) {
    const read = readName(message, at, end);
    parts.push(nameToWire(read.name));
    at = read.end;
  }
  if (after !== 'rest' && end - at !== after) {
    throw malformed(`a record has ${end - at} octets after its names instead of ${after}`);
  }
  return toHex(concatBytes(...parts, message.subarray(at, end)));
}

/**
 * The next name keeps its letters, which the signature covers (RFC 6840 §5.1), and is never
 * compressed (RFC 4034 §4.1.1).
 */
function checkNsec(message: Uint8Array, start: number, end: number): void {
  const next = readName(message, start, end);
  if (next.end - start !== nameToWire(next.name).length) {
    throw malformed('the next name of an NSEC record is compressed');
  }
}

/** One or more character-strings that fill the data exactly (RFC 1035 §3.3.14). */
function checkStrings(rdata: Uint8Array): void {
  if (rdata.length === 0) throw malformed('a record has no character-string');
  let at = 0;
  while (at < rdata.length) at += 1 + (rdata[at] ?? 0);
  if (at !== rdata.length) throw malformed('a character-string runs past its record');
}

function checkCaa(rdata: Uint8Array): void {
  const tag = rdata[1] ?? 0;
  if (tag === 0 || 2 + tag > rdata.length) throw malformed('the tag of a CAA record is cut off');
}
