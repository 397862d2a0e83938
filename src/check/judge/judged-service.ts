// A service with its verdicts: the input of the rules.
import type { Chain } from '../../dane/chain.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { combinationText, tlsaToRdata } from '../../dane/tlsa.ts';
import { unusableBecause } from '../../dane/usable.ts';
import type { ServiceFacts } from '../gather/facts.ts';
import type { EndpointVerdict, Judging } from './verdict.ts';

export interface JudgedService {
  readonly facts: ServiceFacts;
  readonly verdicts: readonly EndpointVerdict[];
  readonly judging: Judging;
}

/** Every chain that an address presents, once. */
export function chainsOf({ facts }: JudgedService): readonly Chain[] {
  const chains = facts.endpoints.flatMap(({ looks }) =>
    looks.flatMap((look) => (look.status === 'presented' ? [look.chain] : [])),
  );
  return [...new Map(chains.map((chain) => [chain.id, chain])).values()];
}

/** The result of each record for all addresses together. */
export interface RecordState {
  readonly record: TlsaRecord;
  readonly usable: boolean;
  /** At least one chain was compared with it. */
  readonly compared: boolean;
  readonly matched: boolean;
  /** A rollover of this installation published it for the next chain. */
  readonly expected: boolean;
}

export function recordStates({ facts, verdicts }: JudgedService): readonly RecordState[] {
  return facts.tlsa.records.map((record) => {
    const seen = verdicts.flatMap(({ match }) =>
      (match?.records ?? []).filter((one) => one.record === record),
    );
    const context = { smtpLike: facts.target.smtpLike, hasTrustStore: true };
    const compared = seen.length > 0;
    return {
      record,
      usable: compared
        ? seen.some(({ usable }) => usable)
        : unusableBecause(record, context) === undefined,
      compared,
      matched: seen.some(({ matched }) => matched),
      expected: facts.expected.has(tlsaToRdata(record)),
    };
  });
}

/**
 * At least one chain was compared with the records; without a chain nothing is known about them.
 */
export function wasMatched({ verdicts }: JudgedService): boolean {
  return verdicts.some(({ match }) => match !== undefined);
}

/** "3 1 1 ab12cd34…": enough to find it, short enough for a line. */
export function recordName(record: TlsaRecord): string {
  const { data } = record;
  return `${combinationText(record)} ${data.length > 16 ? `${data.slice(0, 12)}…` : data}`;
}
