// What the records of usage 2 do for a chain now, and what they would do for the chain after its
// renewal: the CA may sign with another intermediate, or send fewer certificates.
import type { Chain } from '../../dane/chain.ts';
import { matchedCombinations, matchRRset } from '../../dane/match.ts';
import type { RecordVerdict } from '../../dane/match.ts';
import type { CombinationText } from '../../dane/tlsa.ts';
import { combinationFrom, combinationText, namesAuthority, tlsaText } from '../../dane/tlsa.ts';
import type { Intermediate, IssuingSet, NextIssuers } from '../issuers/issuing-set.ts';
import { isRecordOf, nextIssuers } from '../issuers/issuing-set.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import type { Severity } from './severity.ts';

export interface Ahead {
  readonly service: JudgedService;
  readonly chain: Chain;
  /** Undefined: the CA, or the intermediate that signed the leaf, is not known. */
  readonly next: NextIssuers | undefined;
  /** The usable records of usage 2, judged for the present chain. */
  readonly now: readonly RecordVerdict[];
  readonly severity: Severity;
}

/** A combination that matches now, and would not match then. */
export interface Lost {
  readonly combination: CombinationText;
  /** The intermediates for which no record is left; empty: the CA is not known. */
  readonly issuers: readonly Intermediate[];
}

export function aheadOf(service: JudgedService, chain: Chain, sets: readonly IssuingSet[]): Ahead {
  return {
    ...{ service, chain },
    next: nextIssuers(chain, sets, service.judging.at),
    now: anchorVerdicts(service, chain),
    severity: severityFor(service, chain),
  };
}

/** The verdicts on records of usage 2, for this chain. */
export function anchorVerdicts(
  { facts, judging }: JudgedService,
  chain: Chain,
): readonly RecordVerdict[] {
  const anchors = facts.tlsa.records.filter(({ usage }) => usage === 2);
  const { records } = matchRRset(anchors, chain, { ...judging.context, at: judging.at });
  return records.filter(({ usable }) => usable);
}

/**
 * One step below what the renewal would bring: a service that no client accepts is critical, one
 * with a combination that does not match is a warning. A record of the key matches the next
 * certificate if its key stays, and is published before if it does not; the digest of a whole
 * certificate never does.
 */
function severityFor({ facts, judging }: JudgedService, chain: Chain): Severity {
  const context = { ...judging.context, at: judging.at };
  const { matched } = matchedCombinations(facts.tlsa.records, chain, context);
  const byKey = [...matched].some((one) => !namesAuthority(one) && one.selector === 1);
  return byKey ? 'ok' : 'warning';
}

/** `then`: the verdicts for what may be sent after the renewal. */
export function lostIn({ next, now }: Ahead, then: readonly RecordVerdict[]): readonly Lost[] {
  const combinations = now.flatMap((one) => (one.matched ? combinationText(one.record) : []));
  return [...new Set(combinations)].flatMap((combination) => {
    const later = then.filter(({ record }) => combinationText(record) === combination);
    if (next === undefined) {
      return later.some(({ matched }) => matched) ? [] : [{ combination, issuers: [] }];
    }
    const issuers = next.issuers.filter((one) => !later.some((left) => matches(left, one, next)));
    return issuers.length === 0 ? [] : [{ combination, issuers }];
  });
}

/** What matches above the intermediate also matches with another intermediate below it. */
function matches(
  { record, matched, depth = 0 }: RecordVerdict,
  issuer: Intermediate,
  { above }: NextIssuers,
): boolean {
  if (matched && depth > 1) return true;
  return [issuer, ...above].some((one) => isRecordOf(record, one));
}

/** "YE1, YE2 or YE3 (backup)" */
export function namesOf(issuers: readonly Intermediate[]): string {
  const names = issuers.map(({ name, backup }) => (backup === true ? `${name} (backup)` : name));
  return [names.slice(0, -1).join(', '), ...names.slice(-1)]
    .filter((part) => part !== '')
    .join(' or ');
}

/** What the severity assumes, and the missing records, complete. */
export function rest({ severity }: Ahead, lost: Lost): string {
  const key = severity === 'ok' ? '; the record of the key matches only while the key stays' : '';
  const missing = recordsFor(lost);
  return missing.length === 0 ? key : `${key}; publish ${missing.join(' and ')}`;
}

/** Not for full data: only digests are known. */
function recordsFor({ combination, issuers }: Lost): readonly string[] {
  const { usage, selector, matchingType } = combinationFrom(combination);
  return issuers.flatMap(({ digests }) => {
    const data = new Map<string, string>(Object.entries(digests)).get(
      `${selector} ${matchingType}`,
    );
    return data === undefined ? [] : tlsaText({ usage, selector, matchingType, data });
  });
}
