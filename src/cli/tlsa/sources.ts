// The sources of `tlsa create`: a file, a running service, or a certificate of this installation.
import type { Checker } from '../../app/use-cases/check.ts';
import type { OwnGeneration } from '../../app/known/own-state.ts';
import type { Instant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { ServiceReport } from '../../check/report.ts';
import { parseTarget } from '../../check/gather/target.ts';
import { tlsaFor } from '../../dane/association.ts';
import type { Chain } from '../../dane/chain.ts';
import { keyAlgorithmText } from '../../dane/key-algorithm.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import { createRecords } from '../../dane/offline.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { tlsaText } from '../../dane/tlsa.ts';
import { leafIn } from '../../x509/certificate-file.ts';
import type { CertificateFile } from '../../x509/certificate-file.ts';
import type { Fqdn } from '../../dns/name.ts';

/** The records to make. */
export type Wanted = Pick<TlsaRecord, 'usage' | 'selector' | 'matchingType'>;

function recordsOfChain(
  chain: Chain,
  { usage, selector, matchingType }: Wanted,
): readonly TlsaRecord[] {
  return createRecords(chain, usage, selector, matchingType).map(({ record }) => record);
}

/** From a file: usages 0 and 2 are made of all its CA certificates, 1 and 3 of its leaf. */
export function recordsOfFile(
  file: CertificateFile,
  wanted: Wanted,
  caAsLeaf: boolean,
): readonly TlsaRecord[] {
  if (wanted.usage === 1 || wanted.usage === 3)
    return recordsOfChain(leafIn(file, caAsLeaf), wanted);
  const authorities = file.chain.certificates.filter(({ canSign }) => canSign);
  const [first] = authorities;
  if (first === undefined) return recordsOfChain(file.chain, wanted);
  // The leaf is not needed for these records, so the first certificate takes its place.
  return recordsOfChain({ ...file.chain, certificates: [first, ...authorities] }, wanted);
}

export function recordsOfGeneration(
  { number, spki, chain }: OwnGeneration,
  wanted: Wanted,
): readonly TlsaRecord[] {
  if (chain !== undefined) return recordsOfChain(chain, wanted);
  const { usage, selector, matchingType } = wanted;
  if (selector === 1 && (usage === 1 || usage === 3)) {
    return [tlsaFor({ der: '', spki }, usage, selector, matchingType)];
  }
  throw new AppError('INPUT_INVALID', `generation ${number} has a key and no certificate yet`, {
    hint: 'a record of its key can be made: --usage 3 --selector 1',
  });
}

interface Presented {
  readonly address: string;
  readonly algorithm: KeyAlgorithm;
  readonly records: readonly TlsaRecord[];
}

function presentedIn({ verdicts }: ServiceReport, wanted: Wanted): readonly Presented[] {
  return verdicts.flatMap(({ address, algorithm, look }) =>
    look.status === 'presented'
      ? [{ address, algorithm, records: recordsOfChain(look.chain, wanted) }]
      : [],
  );
}

const contentOf = ({ records }: Presented): string => records.map(tlsaText).sort().join(' ');

/**
 * Addresses that present different chains to the same clients: one of them may be an old server, or
 * not the operator's.
 */
function disagreement(presented: readonly Presented[]): readonly Presented[] {
  return [...new Set(presented.map(({ algorithm }) => algorithm))].flatMap((algorithm) => {
    const own = presented.filter((one) => one.algorithm === algorithm);
    return new Set(own.map(contentOf)).size > 1 ? own : [];
  });
}

export interface FromService {
  readonly owner: Fqdn;
  readonly records: readonly TlsaRecord[];
  /** Addresses that could not be checked. */
  readonly silent: readonly string[];
}

/** A service that is asked for what it presents. */
export interface LiveService {
  readonly url: string;
  /** Records of all chains, where addresses present different ones. */
  readonly all: boolean;
}

/** @throws AppError BLOCKED if addresses present different chains and --all is not given */
export async function recordsOfService(
  { url, all }: LiveService,
  wanted: Wanted,
  checker: Checker,
  at: Instant,
): Promise<FromService> {
  const target = parseTarget(url, 'service');
  const request = { targets: [target], repeat: 1, at, silenced: new Set<never>() };
  const looked = { ...request, servers: false, unvalidated: true };
  for await (const report of checker.reports(looked)) {
    if (report.kind !== 'service') continue;
    const { facts } = report;
    const presented = presentedIn(report, wanted);
    const answered = new Set(presented.map(({ address }) => address));
    const silent = facts.addresses.filter((address) => !answered.has(address));
    if (presented.length === 0) throw nothingPresented(url, report);
    const different = disagreement(presented);
    if (different.length > 0 && !all) throw disagreeing(url, different);
    const records = new Map(
      presented.flatMap((one) => one.records.map((record) => [tlsaText(record), record] as const)),
    );
    return { owner: facts.tlsa.owner, records: [...records.values()], silent };
  }
  throw new AppError('BUG', `${url} was not looked at`);
}

function nothingPresented(url: string, { facts, verdicts }: ServiceReport): AppError {
  const [unfound] = facts.hosts.flatMap(({ lookup }) =>
    'detail' in lookup ? [lookup.detail] : [],
  );
  if (verdicts.length === 0 && unfound !== undefined) {
    return new AppError('DNS_UNREACHABLE', `no address of ${url} was found: ${unfound}`, {
      hint: 'check that the resolver answers, or name another one with --resolver',
    });
  }
  const [detail] = verdicts.flatMap(({ look }) => ('detail' in look ? [look.detail] : []));
  const words = `${url} presented no certificate: ${detail ?? 'no address'}`;
  return new AppError('CONNECT_FAILED', words, { hint: `holger check ${url} says more` });
}

function disagreeing(url: string, different: readonly Presented[]): AppError {
  const list = different
    .map(({ address, algorithm, records }) => {
      const data = records.map((record) => `${tlsaText(record).slice(0, 18)}…`).join(' ');
      return `${address} (${keyAlgorithmText(algorithm)}) ${data}`;
    })
    .join(', ');
  return new AppError('BLOCKED', `addresses of ${url} present different chains: ${list}`, {
    hint: 'if all of them are yours, --all creates records of all',
  });
}
