// Other projects' DNS data: TSIG, RDATA in wire and text form, names and whole messages out of
// fuzzers' corpora.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { readName } from '../../src/dns/name-wire.ts';
import {
  genericFromText,
  genericText,
  tlsaFromText,
  tlsaRdataText,
} from '../../src/dns/rdata-text.ts';
import { caaOf, mxOf, rdataOf, txtValue } from '../../src/dns/rdata.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import {
  hmac,
  signMessage,
  TSIG_ALGORITHMS,
  verifyMessage,
  type TsigAlgorithm,
  type TsigKey,
} from '../../src/dns/tsig.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';
import { Tally, type VectorResult } from './tally.ts';

export async function runDnsVectors(dir: string): Promise<VectorResult> {
  const tally = new Tally();
  tsigMessages(join(dir, 'tsig'), tally);
  tsigHmacs(join(dir, 'tsig'), tally);
  misplacedTsigs(join(dir, 'tsig'), tally);
  rdataCases(join(dir, 'rdata'), tally);
  tlsaTexts(join(dir, 'rdata'), tally);
  knotTexts(join(dir, 'rdata'), tally);
  corpus(join(dir, 'dns-corpus.tgz'), tally);
  return { passed: tally.passed, failed: tally.failed };
}

const text = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');
const json = <T>(...path: readonly string[]): T => JSON.parse(text(...path)) as T;
/**
 * 'refused' only for the error that says so; anything else that is thrown stays visible as a
 * failure.
 */
function orRefused<T>(work: () => T): T | 'refused' {
  try {
    return work();
  } catch (error) {
    const expected =
      error instanceof AppError && /^(DNS_MALFORMED|INPUT_INVALID)$/.test(error.code);
    if (expected) return 'refused';
    throw error;
  }
}

interface TsigCase {
  readonly id: string;
  readonly algorithm: string;
  readonly key_name: string;
  readonly secret_b64: string;
  readonly unsigned_message_hex: string;
  readonly time_signed: number;
  readonly fudge: number;
  readonly original_id: number;
  readonly error: number;
  readonly other_hex: string;
  readonly request_mac_hex: string | null;
  readonly expected_mac_hex: string;
  readonly signed_message_hex: string;
}

function tsigMessages(dir: string, tally: Tally): void {
  for (const line of text(dir, 'vectors.jsonl').trim().split('\n')) {
    const item = JSON.parse(line) as TsigCase;
    const key: TsigKey = {
      name: fqdn(item.key_name),
      algorithm: item.algorithm.replace(/\.$/, '') as TsigAlgorithm,
      secret: new Uint8Array(Buffer.from(item.secret_b64, 'base64')),
    };
    const requestMac = item.request_mac_hex === null ? undefined : fromHex(item.request_mac_hex);
    tally.check(`tsig ${item.id}`, 'as expected', () => {
      const signed = signMessage(fromHex(item.unsigned_message_hex), key, {
        timeSigned: item.time_signed,
        fudge: item.fudge,
        error: item.error,
        other: fromHex(item.other_hex),
        originalId: item.original_id,
        ...(requestMac === undefined ? {} : { requestMac }),
      });
      if (toHex(signed.mac) !== item.expected_mac_hex) return 'another MAC';
      // The captured messages compress names of TSIG's neighbours; the MAC above is what has to
      // agree.
      const message = fromHex(item.signed_message_hex);
      const { status } = verifyMessage(message, key, requestMac, item.time_signed);
      const expected = { 0: 'verified', 18: 'bad-time' }[item.error];
      if (status !== expected) return status;
      const broken = message.slice();
      broken[13] = (broken[13] ?? 0) ^ 1;
      const judged = verifyMessage(broken, key, requestMac, item.time_signed).status;
      return judged === 'failed' ? 'as expected' : `${judged} after a change`;
    });
  }
}

function tsigHmacs(dir: string, tally: Tally): void {
  interface Vector {
    readonly alg: string;
    readonly key_hex: string;
    readonly data_hex: string;
    readonly mac_hex: string;
  }
  const { vectors } = json<{ vectors: readonly Vector[] }>(dir, 'hmac-knot.json');
  for (const { alg, key_hex, data_hex, mac_hex } of vectors) {
    const offered = TSIG_ALGORITHMS.find((algorithm) => algorithm === alg);
    tally.check(`tsig ${alg}`, alg === 'hmac-md5' ? 'not offered' : mac_hex, () =>
      offered === undefined
        ? 'not offered'
        : toHex(hmac(offered, fromHex(key_hex), fromHex(data_hex))),
    );
  }
}

function misplacedTsigs(dir: string, tally: Tally): void {
  const key: TsigKey = {
    name: fqdn('sha256'),
    algorithm: 'hmac-sha256',
    secret: new Uint8Array(32),
  };
  for (const name of ['bind9-badlocation', 'bind9-badtime']) {
    const hex = text(dir, 'raw', `${name}.hex`).replace(/#.*/g, '').replace(/\s/g, '');
    tally.check(
      `tsig ${name}`,
      'failed',
      () => verifyMessage(fromHex(hex), key, new Uint8Array(32), 0).status,
    );
  }
}

interface RdataCase {
  readonly type: string;
  readonly text: string;
  readonly wire_hex: string;
  readonly rfc3597: string;
  readonly dnspython_error?: string;
}

function rdataCases(dir: string, tally: Tally): void {
  for (const [index, item] of json<RdataCase[]>(dir, 'pdns-rdata.json').entries()) {
    tally.check(`rdata ${index} ${item.type}`, 'as expected', () => {
      if (genericFromText(item.rfc3597) !== item.wire_hex) return 'another RFC 3597 text';
      if (genericText(item.wire_hex) !== item.rfc3597) return genericText(item.wire_hex);
      return readRdata(item);
    });
  }
}

/** The fields of the types that holger reads. */
function readRdata({
  type,
  text: printed,
  wire_hex: wire,
  dnspython_error: bad,
}: RdataCase): string {
  if (type === 'TSIG' || type === 'SMIMEA') return 'as expected'; // no RRset types of ours
  // Lone pieces of compressed messages: their pointers lead nowhere.
  const rdata = orRefused(() => rdataOf(type as RecordType, fromHex(wire)));
  if (bad !== undefined) return rdata === 'refused' ? 'as expected' : 'accepted';
  if (rdata !== wire) return rdata;
  const again = reprinted(type, rdata) ?? printed;
  // One input has UTF-8 unescaped where the others have escapes.
  const same = again === printed || again === Buffer.from(printed, 'utf8').toString('latin1');
  return same || unescaped(printed) === again ? 'as expected' : again;
}

function reprinted(type: string, rdata: string): string | undefined {
  if (type === 'TLSA') return tlsaFromText(tlsaRdataText(rdata)) === rdata ? undefined : 'not back';
  if (type === 'TXT') return `"${txtValue(rdata)}"`;
  if (type === 'MX') return `${mxOf(rdata).preference} ${mxOf(rdata).exchange}`;
  if (type === 'CAA') return `0 ${caaOf(rdata).tag} "${caaOf(rdata).value}"`;
  return undefined;
}

const unescaped = (printed: string): string =>
  printed.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code)));

interface TextCase {
  readonly in: string;
  readonly expect: 'ok' | 'error' | 'either';
  readonly wire?: string;
}

function tlsaTexts(dir: string, tally: Tally): void {
  const { cases } = json<{ cases: readonly TextCase[] }>(dir, 'tlsa-text.json');
  for (const item of cases) {
    tally.check(`tlsa text "${item.in}"`, item.expect === 'ok' ? item.wire : 'refused', () =>
      orRefused(() => tlsaFromText(item.in)),
    );
  }
}

/** A zone file, and what Knot's parser made of each of its lines. */
function knotTexts(dir: string, tally: Tally): void {
  const lines = text(dir, 'knot-41_TLSA.in')
    .split('\n')
    .filter((line) => line.startsWith('@'))
    .map((line) => line.replace(/;.*/, '').replace(/^@\s+\S+/, ''));
  const results = text(dir, 'knot-41_TLSA.out').split(/-+\n/);
  for (const [index, line] of lines.entries()) {
    const expected = /RDATA=(\w+)/.exec(results[index] ?? '')?.[1]?.toLowerCase() ?? 'refused';
    tally.check(`knot "${line.trim()}"`, expected, () => orRefused(() => tlsaTextOrGeneric(line)));
  }
}

const tlsaTextOrGeneric = (line: string): string => tlsaFromText(line);

interface Packet {
  readonly file: string;
  readonly dnspython: string;
}

interface NameCase {
  readonly id: string;
  readonly hex: string;
  readonly expect: 'ok' | 'error' | 'either';
  readonly text?: string;
}

const SLOW_MS = 250;

function corpus(archive: string, tally: Tally): void {
  const folder = mkdtempSync(join(tmpdir(), 'holger-corpus-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    const root = join(folder, 'dns-corpus');
    for (const packet of json<Packet[]>(root, 'packets.json')) {
      tally.check(packet.file, 'as expected', () => judgePacket(root, packet));
    }
    for (const item of json<{ cases: NameCase[] }>(root, 'names.json').cases) {
      const expected = item.expect === 'error' ? 'refused' : item.text;
      tally.check(`name ${item.id}`, item.expect === 'either' ? 'either' : expected, () => {
        const name = orRefused(() => readName(fromHex(item.hex), 0).name);
        return item.expect === 'either' ? 'either' : name;
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function judgePacket(root: string, packet: Packet): string {
  const bytes = new Uint8Array(readFileSync(join(root, packet.file)));
  const start = performance.now();
  const message = orRefused(() => readMessage(bytes));
  if (performance.now() - start > SLOW_MS) return 'slow';
  if (packet.dnspython === 'ok') return message === 'refused' ? 'refused' : 'as expected';
  if (message === 'refused' || !message.isResponse) return 'as expected';
  // dnspython read these without a key. We have one, though not the right one.
  if (packet.dnspython !== 'UnknownTSIGKey') return 'garbage accepted';
  const key: TsigKey = {
    name: message.tsig?.owner ?? fqdn('key'),
    algorithm: 'hmac-sha256',
    secret: new Uint8Array(32),
  };
  const { status } = verifyMessage(bytes, key, new Uint8Array(32), 0);
  return status === 'failed' ? 'as expected' : `TSIG ${status}`;
}
