// `tlsa create` and `tlsa verify`: records of a chain, a chain against records. With files only,
// they need no network and no configuration.
import process from 'node:process';
import { buffer, text } from 'node:stream/consumers';
import { fromHex } from '../../base/bytes.ts';
import type { Seconds } from '../../base/clock.ts';
import { parseInstant } from '../../base/clock.ts';
import { parseDuration } from '../../base/duration.ts';
import type { OpenChecker } from '../../app/use-cases/check.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import type { RecordVerdict } from '../../dane/match.ts';
import type { OfflineVerdict } from '../../dane/offline.ts';
import { verifyRecords } from '../../dane/offline.ts';
import { isScheme, SCHEMES } from '../../dane/owner.ts';
import { pkixPath } from '../../dane/pkix.ts';
import type { TlsaFormat } from '../../dane/tlsa-text.ts';
import {
  formatRecords,
  parseTlsaText,
  TLSA_FORMATS,
  tlsaFromText,
  tlsaGenericText,
} from '../../dane/tlsa-text.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { combinationText, tlsaText } from '../../dane/tlsa.ts';
import { fqdn, hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { anchorOf } from '../../x509/anchor.ts';
import { labelOf } from '../../x509/certificate.ts';
import { readCertificates } from '../../x509/certificate-file.ts';
import type { CertificateFile } from '../../x509/certificate-file.ts';
import { splitPem } from '../../x509/pem.ts';
import { trustStore } from '../../x509/trust-store.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';
import { readNamed } from '../named-file.ts';
import { resolverOf } from '../resolver-option.ts';
import { configIfAny, openLog } from '../session.ts';
import type { Wanted } from './sources.ts';
import { recordsOfFile, recordsOfGeneration, recordsOfService } from './sources.ts';

function usage(message: string, hint?: string): AppError {
  return new AppError('USAGE', message, hint === undefined ? {} : { hint });
}

/** `-`: standard input, for commands in a pipe. */
async function readText(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readNamed(file);
}

/** PEM or DER. */
async function readFileOf(file: string): Promise<CertificateFile> {
  if (file !== '-') return readCertificates(await readNamed(file, 'latin1'));
  return readCertificates((await buffer(process.stdin)).toString('latin1'));
}

export interface CreateOptions {
  readonly cert?: string;
  readonly service?: string;
  readonly certificate?: string;
  readonly staged: boolean;
  readonly all: boolean;
  /** Usages 1 and 3 of a CA certificate: confirms that this is intended. */
  readonly caAsLeaf: boolean;
  readonly usage: string;
  readonly selector: string;
  readonly matchingType: string;
  readonly resolver: readonly string[];
  readonly owner?: string;
  readonly ttl: string;
  readonly format?: string;
}

function ttlOf(text: string): Seconds {
  const ttl = /^\d+$/.test(text) ? Number(text) : parseDuration(text);
  if (ttl !== undefined && Number.isInteger(ttl) && ttl <= 0x7fff_ffff) return ttl;
  throw usage(`"${text}" is not a TTL`, 'write seconds or a duration, like 3600 or 1h');
}

function formatOf(text: string): TlsaFormat {
  const known = TLSA_FORMATS.find((format) => format === text);
  if (known === undefined)
    throw usage(`the format "${text}" does not exist: ${TLSA_FORMATS.join(', ')}`);
  return known;
}

/** Without an owner there is only data to print, for example to paste into a control panel. */
function ownerless(records: readonly TlsaRecord[], format: TlsaFormat): string {
  if (format === 'json') return jsonDocument({ owner: null, ttl: null, type: 'TLSA', records });
  if (format === 'nsupdate')
    throw usage('--format nsupdate needs --owner', 'add --owner _25._tcp.mx1.example.org');
  const print = format === 'generic' ? tlsaGenericText : tlsaText;
  return records.map((record) => `${print(record)}\n`).join('');
}

interface Made {
  readonly owner?: Fqdn;
  readonly records: readonly TlsaRecord[];
}

async function make(
  create: CreateOptions,
  wanted: Wanted,
  open: OpenChecker,
  invocation: Invocation,
): Promise<Made> {
  const { options, io } = invocation;
  const { cert, service, certificate, staged, all, caAsLeaf } = create;
  if ([cert, service, certificate].filter((source) => source !== undefined).length !== 1) {
    throw usage(
      'records are made from one source: --cert, --service or --certificate',
      'use --cert FILE, --service smtp://mx1.example.org or --certificate NAME',
    );
  }
  if (caAsLeaf && cert === undefined) throw usage('--ca-as-leaf needs --cert');
  if (staged && certificate === undefined) throw usage('--staged needs --certificate');
  if (all && service === undefined) throw usage('--all needs --service');
  if (cert !== undefined) {
    return { records: recordsOfFile(await readFileOf(cert), wanted, caAsLeaf) };
  }
  const config = await configIfAny(options);
  const logger = await openLog(invocation);
  const resolvers = create.resolver.map(resolverOf);
  const checker = await open({ config, resolvers, logger, signal: io.signal });
  if (certificate !== undefined) {
    const generation = await checker.generation(certificate, staged ? 'staged' : 'live');
    return { records: recordsOfGeneration(generation, wanted) };
  }
  const made = await recordsOfService({ url: service ?? '', all }, wanted, checker, io.now());
  for (const address of made.silent) {
    logger.warn('it is not known what this address presents', { address });
  }
  return made;
}

export async function tlsaCreate(
  create: CreateOptions,
  open: OpenChecker,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const format = formatOf(create.format ?? (options.json ? 'json' : 'zone'));
  const ttl = ttlOf(create.ttl);
  // The parser of records accepts numbers and the acronyms of RFC 7218.
  const wanted = tlsaFromText(`${create.usage} ${create.selector} ${create.matchingType} 00`);
  const made = await make(create, wanted, open, invocation);
  const owner = create.owner === undefined ? made.owner : fqdn(create.owner);
  const { records } = made;
  io.out(
    owner === undefined
      ? ownerless(records, format)
      : formatRecords({ owner, ttl, records }, format),
  );
  return 0;
}

export interface VerifyOptions {
  readonly chain: string;
  readonly host: string;
  readonly protocol: string;
  readonly record: readonly string[];
  readonly ca?: string;
  readonly at?: string;
}

function recordsFrom(texts: readonly string[]): readonly TlsaRecord[] {
  return texts.flatMap((text) => {
    const written = /\b(TLSA|TYPE52)\b/i.test(text) ? parseTlsaText(text) : [];
    return written.length > 0 ? written.map((it) => it.record) : [tlsaFromText(text)];
  });
}

function place(verdict: RecordVerdict): string {
  const depth = verdict.depth === 0 ? 'the leaf' : `depth ${verdict.depth ?? '?'}`;
  if (verdict.certificate === undefined) return `${depth}, which was not sent`;
  return verdict.depth === 0
    ? depth
    : `certificate ${verdict.certificate} of the chain at ${depth}`;
}

const HEADLINE = {
  matched: 'accepted: a DANE client continues',
  mismatch: 'refused: no record matches the chain',
  'all-unusable': 'nothing usable: clients treat the service like one without TLSA records',
  'no-records': 'no records',
} as const;

function verdictText(verdict: OfflineVerdict, subjects: readonly string[]): string {
  const lines = [paragraph(HEADLINE[verdict.mode])];
  for (const it of verdict.records) {
    const { data } = it.record;
    const name = `${combinationText(it.record)} ${data.length > 20 ? `${data.slice(0, 16)}…` : data}`;
    const subject = it.certificate === undefined ? '' : ` (${subjects[it.certificate] ?? ''})`;
    const result = it.matched
      ? `matches ${place(it)}${subject}`
      : `${it.usable ? 'no match' : 'unusable'}: ${it.why ?? 'unknown reason'}`;
    lines.push(paragraph(`${name}: ${result}`, '  ', '    '));
  }
  if (verdict.withAgility.accepted !== verdict.accepted) {
    const note =
      'clients with digest algorithm agility (RFC 7671 §9) refuse: they use only the ' +
      'strongest digest';
    lines.push(paragraph(note, 'note: '));
  }
  return lines.join('');
}

function verdictJson(verdict: OfflineVerdict, subjects: readonly string[]): string {
  const record = (it: RecordVerdict) => ({
    record: tlsaText(it.record),
    usable: it.usable,
    matched: it.matched,
    depth: it.depth ?? null,
    certificate: it.certificate ?? null,
    subject: it.certificate === undefined ? null : (subjects[it.certificate] ?? null),
    why: it.why ?? null,
  });
  return jsonDocument({
    accepted: verdict.mode === 'matched',
    verdict: verdict.mode,
    matched: verdict.matched === undefined ? null : record(verdict.matched),
    acceptedWithAgility: verdict.withAgility.mode === 'matched',
    records: verdict.records.map(record),
  });
}

/** Exit 0 only if a record matches: without usable records clients continue, but without DANE. */
export async function tlsaVerify(
  verify: VerifyOptions,
  { options, io }: Invocation,
): Promise<ExitStatus> {
  if (!isScheme(verify.protocol)) {
    throw usage(
      `the protocol "${verify.protocol}" does not exist: ${Object.keys(SCHEMES).join(', ')}`,
    );
  }
  const at = verify.at === undefined ? io.now() : parseInstant(verify.at);
  if (Number.isNaN(at))
    throw usage(`"${verify.at ?? ''}" is not a time`, 'write it like 2026-11-21T14:05:00Z');
  const records = recordsFrom(verify.record);
  const { chain } = await readFileOf(verify.chain);
  const subjects = chain.certificates.map(({ der }) => labelOf(fromHex(der)).subject);
  const trusted =
    verify.ca === undefined
      ? undefined
      : trustStore(splitPem(await readText(verify.ca))).issuersOf([chain]);
  const verdict = verifyRecords(records, chain, {
    names: [hostOf(fqdn(verify.host))],
    smtpLike: SCHEMES[verify.protocol].smtpLike,
    at,
    anchorOf,
    ...(trusted && { pkix: (sent, window) => pkixPath(sent, trusted, window) }),
  });
  io.out(options.json ? verdictJson(verdict, subjects) : verdictText(verdict, subjects));
  return verdict.mode === 'matched' ? 0 : 1;
}
