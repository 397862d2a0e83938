// The one place where bytes from the network become messages. dns-packet reads on past RDLENGTH and
// past the end without an error, so messages are checked here, and dns-packet gets only RDATA that
// passed this check (rdata.ts).
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import { malformed, readName } from './name-wire.ts';
import { canonicalRdata } from './rdata-wire.ts';
import { CLASS, META_TYPE } from './record-type.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex } from './rrset.ts';

export interface Question {
  readonly name: Fqdn;
  readonly type: number;
  readonly class: number;
}

export interface WireRecord {
  readonly owner: Fqdn;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly rdata: RdataHex;
  /** The offsets of the record in the message, and of its RDATA. */
  readonly offset: number;
  readonly rdataOffset: number;
}

export interface Header {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionAvailable: boolean;
  readonly authentic: boolean;
  /** The four bits of the header; `Message` has the complete code. */
  readonly rcode: number;
  readonly counts: readonly [questions: number, answers: number, authorities: number, more: number];
}

export interface Message extends Header {
  readonly questions: readonly Question[];
  readonly answers: readonly WireRecord[];
  readonly authorities: readonly WireRecord[];
  /** Without OPT and TSIG. */
  readonly additionals: readonly WireRecord[];
  readonly opt?: WireRecord;
  readonly tsig?: WireRecord;
}

const OPCODE_UPDATE = 5;

/** @throws AppError DNS_MALFORMED */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 12) throw malformed('it is shorter than a header');
  const view = viewOf(bytes);
  const flags = view.getUint16(2);
  return {
    id: view.getUint16(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authentic: (flags & 0x0020) !== 0,
    rcode: flags & 0xf,
    counts: [view.getUint16(4), view.getUint16(6), view.getUint16(8), view.getUint16(10)],
  };
}

/**
 * Header and questions only: the reliable part of a truncated message. @throws AppError
 * DNS_MALFORMED
 */
export function readQuestions(bytes: Uint8Array): { questions: Question[]; end: number } {
  const [count] = readHeader(bytes).counts;
  const view = viewOf(bytes);
  const questions: Question[] = [];
  let at = 12;
  for (let i = 0; i < count; i += 1) {
    const { name, end } = readName(bytes, at);
    if (end + 4 > bytes.length) throw malformed('a question runs past the end');
    questions.push({ name, type: view.getUint16(end), class: view.getUint16(end + 2) });
    at = end + 4;
  }
  return { questions, end: at };
}

/**
 * A whole message: every count, length and pointer must fit, and nothing may be left over.
 * @throws AppError DNS_MALFORMED
 */
export function readMessage(bytes: Uint8Array): Message {
  try {
    return walk(bytes);
  } catch (error) {
    if (error instanceof AppError && error.code === 'DNS_MALFORMED') throw error;
    throw new AppError('DNS_MALFORMED', 'DNS message is malformed', { cause: error });
  }
}

function walk(bytes: Uint8Array): Message {
  const header = readHeader(bytes);
  const { questions, end } = readQuestions(bytes);
  const sections: WireRecord[][] = [];
  let at = end;
  for (const count of header.counts.slice(1)) {
    const section: WireRecord[] = [];
    for (let i = 0; i < count; i += 1) {
      const { record, end: next } = readRecord(bytes, at, header.opcode);
      section.push(record);
      at = next;
    }
    sections.push(section);
  }
  if (at !== bytes.length) throw malformed(`${bytes.length - at} octets follow the last record`);
  const [answers = [], authorities = [], all = []] = sections;
  const { opt, tsig, additionals } = splitAdditionals(answers, authorities, all);
  const rcode = header.rcode | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4); // RFC 6891 §6.1.3
  return {
    ...header,
    rcode,
    questions,
    answers,
    authorities,
    additionals,
    ...defined({ opt, tsig }),
  };
}

function readRecord(
  bytes: Uint8Array,
  offset: number,
  opcode: number,
): { record: WireRecord; end: number } {
  const { name: owner, end: at } = readName(bytes, offset);
  if (at + 10 > bytes.length) throw malformed('a record runs past the end');
  const view = viewOf(bytes);
  const type = view.getUint16(at);
  const recordClass = view.getUint16(at + 2);
  const rawTtl = view.getUint32(at + 4);
  const rdataOffset = at + 10;
  const end = rdataOffset + view.getUint16(at + 8);
  if (end > bytes.length) throw malformed('the data of a record runs past the end');
  // Servers repeat the sections of an UPDATE, in which records without data are valid (RFC 2136
  // §2.4, §2.5).
  const mayBeEmpty = opcode === OPCODE_UPDATE && recordClass !== CLASS.IN;
  const rdata =
    mayBeEmpty && end === rdataOffset ? '' : canonicalRdata(bytes, type, rdataOffset, end);
  // A TTL with the highest bit set counts as zero (RFC 2181 §8); in OPT and TSIG the field is not a
  // TTL.
  const isTtl = type !== META_TYPE.OPT && type !== META_TYPE.TSIG;
  const ttl = isTtl && rawTtl > 0x7fffffff ? 0 : rawTtl;
  return { record: { owner, type, class: recordClass, ttl, rdata, offset, rdataOffset }, end };
}

/**
 * OPT: at most one, at the root (RFC 6891 §6.1.1). TSIG: only as the very last record (RFC 8945
 * §5.2).
 */
function splitAdditionals(
  answers: readonly WireRecord[],
  authorities: readonly WireRecord[],
  all: readonly WireRecord[],
): Pick<Message, 'additionals' | 'opt' | 'tsig'> {
  const isMeta = ({ type }: WireRecord): boolean =>
    type === META_TYPE.OPT || type === META_TYPE.TSIG;
  if ([...answers, ...authorities].some(isMeta)) {
    throw malformed('OPT or TSIG is outside the additional section');
  }
  const opts = all.filter(({ type }) => type === META_TYPE.OPT);
  if (opts.length > 1 || opts.some(({ owner }) => owner !== '.')) {
    throw malformed('there is more than one OPT record, or one that is not at the root');
  }
  if (all.slice(0, -1).some(({ type }) => type === META_TYPE.TSIG)) {
    throw malformed('TSIG is not the last record');
  }
  const [opt] = opts;
  const tsig = all.at(-1)?.type === META_TYPE.TSIG ? all.at(-1) : undefined;
  return {
    additionals: all.filter((record) => !isMeta(record)),
    ...defined({ opt, tsig }),
  };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
