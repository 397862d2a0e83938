// RDATA as text: zone file text of TLSA (RFC 6698 §2.2) and the form for every type (RFC 3597 §5).
import { fromHex } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { rdataOf } from './rdata.ts';
import type { RdataHex } from './rrset.ts';

function invalid(text: string, reason: string): AppError {
  return new AppError('INPUT_INVALID', `TLSA text "${text}" ${reason}`, {
    hint: 'write it as in a zone file, like 3 1 1 and the digest in hexadecimal',
  });
}

/**
 * RDATA of `3 1 1 AB12 cd…` or `\# 35 030101ab12…`: any case, white space inside the hexadecimal
 * digits.
 * @throws AppError INPUT_INVALID
 */
export function tlsaFromText(text: string): RdataHex {
  const words = text.trim().split(/\s+/);
  if (words[0] === '\\#') return tlsaFromGeneric(text);
  const numbers = words.slice(0, 3).map((word) => {
    if (!/^\d{1,10}$/.test(word)) throw invalid(text, `has "${word}" where a number should be`);
    if (Number(word) > 255) throw invalid(text, `has ${word}, but the largest number is 255`);
    return Number(word);
  });
  const data = words.slice(3).join('').toLowerCase();
  if (numbers.length < 3 || data === '') throw invalid(text, 'is not complete');
  if (!/^[0-9a-f]*$/.test(data)) throw invalid(text, 'has data that is not hexadecimal');
  if (data.length % 2 !== 0) throw invalid(text, 'has an odd number of hexadecimal digits');
  return numbers.map((number) => number.toString(16).padStart(2, '0')).join('') + data;
}

function tlsaFromGeneric(text: string): RdataHex {
  const rdata = genericFromText(text);
  if (rdata.length < 8) throw invalid(text, 'is shorter than a TLSA record');
  return rdataOf('TLSA', fromHex(rdata));
}

/** RDATA of `\# length hex`, of any type (RFC 3597 §5). @throws AppError INPUT_INVALID */
export function genericFromText(text: string): RdataHex {
  const [marker, length, ...rest] = text.trim().split(/\s+/);
  const data = rest.join('').toLowerCase();
  if (marker !== '\\#' || length === undefined || !/^\d{1,5}$/.test(length)) {
    throw new AppError('INPUT_INVALID', `"${text}" is not of the form \\# LENGTH HEX`);
  }
  if (!/^([0-9a-f]{2})*$/.test(data) || data.length / 2 !== Number(length)) {
    throw new AppError(
      'INPUT_INVALID',
      `"${text}" does not have ${length} octets of hexadecimal data`,
    );
  }
  return data;
}

/** `\# 4 00000000`. */
export function genericText(rdata: RdataHex): string {
  return `\\# ${rdata.length / 2}${rdata === '' ? '' : ` ${rdata}`}`;
}

/** `3 1 1 ab12…` of RDATA that passed the reader. */
export function tlsaRdataText(rdata: RdataHex): string {
  const [usage = 0, selector = 0, matchingType = 0] = fromHex(rdata.slice(0, 6));
  return `${usage} ${selector} ${matchingType} ${rdata.slice(6)}`;
}
