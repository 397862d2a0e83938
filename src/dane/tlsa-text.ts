// TLSA records as text: input from zone files, `dig` and control panels, and our output.
import { AppError } from '../base/errors.ts';
import type { Seconds } from '../base/clock.ts';
import { entryOf } from '../base/table.ts';
import type { Fqdn } from '../dns/name.ts';
import { tlsaFromRdata, tlsaText, tlsaToRdata } from './tlsa.ts';
import type { TlsaRecord } from './tlsa.ts';

/** The acronyms of RFC 7218, accepted in place of numbers. */
const ACRONYMS: Readonly<Record<string, number>> = {
  'pkix-ta': 0,
  'pkix-ee': 1,
  'dane-ta': 2,
  'dane-ee': 3,
  cert: 0,
  spki: 1,
  full: 0,
  'sha2-256': 1,
  'sha2-512': 2,
};

/**
 * One record's data: `3 1 1 ab12 cd34…` (RFC 6698 §2.2) or `\# 35 030101…` (RFC 3597 §5).
 * Parameters may be unassigned and digests may have any length: usable.ts decides whether a client
 * can use the record. @throws AppError INPUT_INVALID
 */
export function tlsaFromText(text: string): TlsaRecord {
  const fields = text.replace(/[()]/g, ' ').trim().split(/\s+/);
  if (fields[0] === '\\#') return fromGeneric(text, fields);
  const [usage, selector, matchingType, ...data] = fields;
  const hex = data.join('').toLowerCase();
  if (hex === '') throw invalid(text, 'has too few fields');
  if (!/^([0-9a-f]{2})+$/.test(hex))
    throw invalid(text, 'has data that is not complete hexadecimal');
  return {
    usage: octetOf(text, 'certificate usage', usage),
    selector: octetOf(text, 'selector', selector),
    matchingType: octetOf(text, 'matching type', matchingType),
    data: hex,
  };
}

function fromGeneric(text: string, fields: readonly string[]): TlsaRecord {
  const hex = fields.slice(2).join('').toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(hex))
    throw invalid(text, 'has data that is not complete hexadecimal');
  if (!/^\d+$/.test(fields[1] ?? '') || hex.length / 2 !== Number(fields[1])) {
    throw invalid(text, `says ${fields[1] ?? 'no'} octets but has ${hex.length / 2}`);
  }
  const record = tlsaFromRdata(hex);
  if (record === undefined || record.data === '') throw invalid(text, 'is too short for a record');
  return record;
}

function octetOf(text: string, what: string, field = ''): number {
  const value =
    entryOf(ACRONYMS, field.toLowerCase()) ?? (/^\d{1,3}$/.test(field) ? Number(field) : 256);
  if (value > 255)
    throw invalid(text, `has "${field}" as ${what}, which is not a number up to 255`);
  return value;
}

function invalid(text: string, reason: string): AppError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new AppError('INPUT_INVALID', `TLSA record "${shown}" ${reason}`, {
    hint: 'write it like "3 1 1 <hexadecimal digest>" or "\\# 35 <hexadecimal>"',
  });
}

export interface WrittenRecord {
  /** The owner as written; undefined if the line has only data. */
  readonly owner: string | undefined;
  readonly ttl: Seconds | undefined;
  readonly record: TlsaRecord;
}

/**
 * The TLSA records of a text: bare data, zone file lines or the output of dig. Comments,
 * parentheses over several lines and other record types are skipped. @throws AppError INPUT_INVALID
 * for a TLSA record that cannot be read
 */
export function parseTlsaText(text: string): readonly WrittenRecord[] {
  const found: WrittenRecord[] = [];
  for (const line of logicalLines(text)) {
    const owned =
      /^(?:(\S+)\s+|\s+)?(?:(\d+)\s+)?(?:IN\s+)?(?:(\d+)\s+)?(?:TLSA|TYPE52)\s+(.*)$/i.exec(line);
    if (owned !== null) {
      const [, owner, before, after, data = ''] = owned;
      const ttl = before ?? after;
      found.push({
        owner: owner === undefined || /^in$/i.test(owner) ? undefined : owner,
        ttl: ttl === undefined ? undefined : Number(ttl),
        record: tlsaFromText(data),
      });
    } else if (/^\s*(\d|\\#|(pkix|dane)-(ta|ee)\b)/i.test(line)) {
      found.push({ owner: undefined, ttl: undefined, record: tlsaFromText(line) });
    }
  }
  return found;
}

/** Lines without comments, with text in parentheses joined (RFC 1035 §5.1). */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/;.*$/, '');
    const joined = open === undefined ? line : `${open} ${line}`;
    if (joined.lastIndexOf('(') > joined.lastIndexOf(')')) {
      open = joined;
      continue;
    }
    open = undefined;
    if (joined.trim() !== '') lines.push(joined);
  }
  if (open !== undefined) lines.push(open);
  return lines;
}

/** `\# 35 030101…`, for servers and panels that do not support TLSA (RFC 3597 §5). */
export function tlsaGenericText(record: TlsaRecord): string {
  const rdata = tlsaToRdata(record);
  return `\\# ${rdata.length / 2} ${rdata}`;
}

export interface Publication {
  readonly owner: Fqdn;
  readonly ttl: Seconds;
  readonly records: readonly TlsaRecord[];
}

export const TLSA_FORMATS = ['zone', 'generic', 'nsupdate', 'json'] as const;
export type TlsaFormat = (typeof TLSA_FORMATS)[number];

/** The records in one of the input forms of other tools; with a newline at the end. */
export function formatRecords(publication: Publication, format: TlsaFormat): string {
  const { owner, ttl, records } = publication;
  switch (format) {
    case 'zone':
      return lines(records.map((record) => `${owner} ${ttl} IN TLSA ${tlsaText(record)}`));
    case 'generic':
      return lines(records.map((record) => `${owner} ${ttl} IN TYPE52 ${tlsaGenericText(record)}`));
    case 'nsupdate':
      // Additions only: a pasted "update delete" of the RRset would break running clients.
      return lines([
        ...records.map((record) => `update add ${owner} ${ttl} IN TLSA ${tlsaText(record)}`),
        'send',
      ]);
    case 'json':
      return lines([JSON.stringify({ schema: 1, owner, ttl, type: 'TLSA', records }, null, 2)]);
  }
}

function lines(parts: readonly string[]): string {
  return parts.map((part) => `${part}\n`).join('');
}
