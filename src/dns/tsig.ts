// Transaction signatures (RFC 8945). Signs requests, and decides whether a response comes from a
// holder of the key.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { concatBytes } from '../base/bytes.ts';
import { malformed, readName } from './name-wire.ts';
import { CLASS, META_TYPE, RCODE, rcodeName } from './record-type.ts';
import { readMessage, viewOf } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';
import type { Instant, Seconds } from '../base/clock.ts';
import { fqdn, type Fqdn } from './name.ts';

// HMAC-MD5 is left out: RFC 8945 §6 keeps it for compatibility only, and no new key needs it.
const HASH = {
  'hmac-sha1': 'sha1',
  'hmac-sha224': 'sha224',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
} as const;

export type TsigAlgorithm = keyof typeof HASH;

export const TSIG_ALGORITHMS = Object.keys(HASH) as readonly TsigAlgorithm[];

export interface TsigKey {
  readonly name: Fqdn;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

export interface TsigValues {
  readonly timeSigned: Instant;
  readonly fudge?: Seconds;
  /** The MAC of the request, if a response is signed. */
  readonly requestMac?: Uint8Array;
  readonly error?: number;
  readonly other?: Uint8Array;
  /** The id that goes into the digest; the message's own by default. */
  readonly originalId?: number;
}

export interface SignedMessage {
  readonly bytes: Uint8Array;
  readonly mac: Uint8Array;
}

export type TsigVerdict =
  | { readonly status: 'verified' }
  /** The clocks are further apart than the fudge. The time is proven: a MAC covers it. */
  | { readonly status: 'bad-time'; readonly serverTime: Instant }
  /** Not signed, not with this key, or not for this request. Nothing in the message is proven. */
  | {
      readonly status: 'failed';
      readonly reason: string;
      /** The content of a message without any signature. */
      readonly unsigned?: number;
    };

/** RFC 8945 §10 recommends 300 seconds. */
const FUDGE: Seconds = 300;

export function hmac(algorithm: TsigAlgorithm, secret: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(HASH[algorithm], secret).update(data).digest());
}

/** The message with the TSIG record appended. `message` must have none. */
export function signMessage(message: Uint8Array, key: TsigKey, values: TsigValues): SignedMessage {
  const other = values.other ?? new Uint8Array();
  const timeSigned = Math.floor(values.timeSigned);
  const originalId = values.originalId ?? viewOf(message).getUint16(0);
  const fields: Fields = {
    timeSigned,
    fudge: values.fudge ?? FUDGE,
    error: values.error ?? 0,
    other,
    originalId,
  };
  const mac = digest(message, key, fields, values.requestMac);
  const rdata = new WireWriter()
    .name(algorithmName(key.algorithm))
    .u48(timeSigned)
    .u16(fields.fudge)
    .u16(mac.length)
    .bytes(mac)
    .u16(originalId)
    .u16(fields.error)
    .u16(other.length)
    .bytes(other)
    .finish();
  const record = new WireWriter()
    .name(key.name)
    .u16(META_TYPE.TSIG)
    .u16(CLASS.ANY)
    .u32(0)
    .u16(rdata.length)
    .bytes(rdata);
  const bytes = concatBytes(message, record.finish());
  const view = viewOf(bytes);
  view.setUint16(10, view.getUint16(10) + 1);
  return { bytes, mac };
}

interface Fields {
  readonly timeSigned: Instant;
  readonly fudge: Seconds;
  readonly error: number;
  readonly other: Uint8Array;
  readonly originalId: number;
}

const algorithmName = (algorithm: TsigAlgorithm): Fqdn => fqdn(algorithm);

/** RFC 8945 §4.3.3: [MAC of the request], message as it was before TSIG, TSIG variables. */
function digest(
  unsigned: Uint8Array,
  key: TsigKey,
  fields: Fields,
  requestMac: Uint8Array | undefined,
): Uint8Array {
  const request = new WireWriter();
  if (requestMac !== undefined) request.u16(requestMac.length).bytes(requestMac);
  const message = unsigned.slice();
  viewOf(message).setUint16(0, fields.originalId);
  const variables = new WireWriter()
    .name(key.name.toLowerCase() as Fqdn)
    .u16(CLASS.ANY)
    .u32(0)
    .name(algorithmName(key.algorithm))
    .u48(fields.timeSigned)
    .u16(fields.fudge)
    .u16(fields.error)
    .u16(fields.other.length)
    .bytes(fields.other);
  return hmac(
    key.algorithm,
    key.secret,
    concatBytes(request.finish(), message, variables.finish()),
  );
}

/**
 * Judges a response to a signed request. BADKEY and BADSIG come unsigned (RFC 8945 §5.3.2) and
 * prove nothing, like a missing TSIG. Truncated MACs are refused: holger never asks for them (RFC
 * 8945 §5.2.2.1). @param requestMac of the request; undefined if `response` is itself a request
 */
export function verifyMessage(
  response: Uint8Array,
  key: TsigKey,
  requestMac: Uint8Array | undefined,
  now: Instant,
): TsigVerdict {
  let tsig: ReadTsig | undefined;
  try {
    tsig = readTsig(response);
  } catch {
    return failed('the message is malformed');
  }
  if (tsig === undefined) {
    const { rcode } = readMessage(response);
    const reason = `the message (${rcodeName(rcode)}) is not signed`;
    return { status: 'failed', reason, unsigned: rcode };
  }
  if (tsig.mac.length === 0) {
    return failed(`the server answers ${rcodeName(tsig.error)} without a signature`);
  }
  if (tsig.keyName !== key.name.toLowerCase()) return failed('it is signed with another key');
  if (tsig.algorithm !== algorithmName(key.algorithm)) {
    return failed('it is signed with another algorithm');
  }
  const unsigned = response.slice(0, tsig.offset);
  const view = viewOf(unsigned);
  view.setUint16(10, view.getUint16(10) - 1);
  const mac = digest(unsigned, key, tsig, requestMac);
  if (mac.length !== tsig.mac.length) return failed('its signature has the wrong length');
  if (!timingSafeEqual(mac, tsig.mac)) return failed('its signature is wrong');
  // From here on the sender has the key. BADTIME carries the server's clock as other data (RFC 8945
  // §5.2.3).
  if (tsig.error === RCODE.BADTIME) {
    return { status: 'bad-time', serverTime: serverTime(tsig.other) ?? tsig.timeSigned };
  }
  if (tsig.error !== 0) return failed(`the server answers ${rcodeName(tsig.error)}`);
  if (Math.abs(now - tsig.timeSigned) > tsig.fudge) {
    return { status: 'bad-time', serverTime: tsig.timeSigned };
  }
  return { status: 'verified' };
}

const failed = (reason: string): TsigVerdict => ({ status: 'failed', reason });

function serverTime(other: Uint8Array): Instant | undefined {
  if (other.length !== 6) return undefined;
  const view = viewOf(other);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}

interface ReadTsig extends Fields {
  readonly keyName: Fqdn;
  readonly algorithm: Fqdn;
  readonly mac: Uint8Array;
  readonly offset: number;
}

/** @throws AppError DNS_MALFORMED */
function readTsig(message: Uint8Array): ReadTsig | undefined {
  const { tsig } = readMessage(message);
  if (tsig === undefined) return undefined;
  if (tsig.class !== CLASS.ANY || tsig.ttl !== 0) throw malformed('TSIG has a class or a TTL');
  const view = viewOf(message);
  const end = message.length; // the reader has checked that TSIG is last and fills the message
  const { name: algorithm, end: at } = readName(message, tsig.rdataOffset, end);
  if (at + 10 > end) throw malformed('TSIG is cut off');
  const macEnd = at + 10 + view.getUint16(at + 8);
  if (macEnd + 6 > end) throw malformed('TSIG is cut off');
  if (macEnd + 6 + view.getUint16(macEnd + 4) !== end) throw malformed('TSIG has a wrong length');
  return {
    keyName: tsig.owner,
    algorithm,
    timeSigned: view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2),
    fudge: view.getUint16(at + 6),
    mac: message.slice(at + 10, macEnd),
    originalId: view.getUint16(macEnd),
    error: view.getUint16(macEnd + 2),
    other: message.slice(macEnd + 6, end),
    offset: tsig.offset,
  };
}
