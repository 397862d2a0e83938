// Records that match nothing, and why: known mistakes by name, and leftovers of old keys.
import type { CombinationText, TlsaRecord } from '../../dane/tlsa.ts';
import { combinationText } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService, RecordState } from '../judge/judged-service.ts';
import { chainsOf, recordName } from '../judge/judged-service.ts';
import type { Cause } from '../judge/record-cause.ts';
import { causeOf } from '../judge/record-cause.ts';

interface Unmatched {
  readonly record: TlsaRecord;
  readonly cause: Cause;
}

function said({ record, cause }: Unmatched, service: JudgedService): Finding | undefined {
  const about = hostOf(service.facts.tlsa.owner);
  const { names } = service.judging.context;
  const name = recordName(record);
  switch (cause.kind) {
    case 'wrong-object':
      return finding('wrong-object', about, `${name} is the digest ${cause.what}`);
    case 'anchor-is-leaf':
      return finding('anchor-is-leaf', about, `${name} names the leaf`);
    case 'anchor-name': {
      const borne = cause.borne.length === 0 ? 'no name' : cause.borne.join(', ');
      const because = `${name}: the certificate is for ${borne}, not for ${names.join(' or ')}`;
      return finding('anchor-name', about, because);
    }
    case 'anchor-path': {
      const why = service.verdicts
        .flatMap(({ match }) => match?.records ?? [])
        .find((one) => one.record === record)?.why;
      return finding('anchor-path', about, `${name}: ${why ?? 'the path to it is not valid'}`);
    }
    case 'anchor-not-sent':
      return finding('anchor-not-sent', about, `${name} names a certificate that is not sent`);
    case 'other-key':
      return undefined;
  }
}

/** Each kind of certificate that is served may have its next key published. */
function reserveOf(service: JudgedService): number {
  const keys = chainsOf(service).map(({ certificates }) => certificates[0]?.spki);
  return Math.max(1, new Set(keys).size);
}

function leftOver(service: JudgedService, old: readonly TlsaRecord[]): readonly Finding[] {
  const { base, owner, asked } = service.facts.tlsa;
  const counts = new Map<CombinationText, number>();
  for (const record of old) {
    const combination = combinationText(record);
    counts.set(combination, (counts.get(combination) ?? 0) + 1);
  }
  if (Math.max(0, ...counts.values()) <= reserveOf(service)) return [];
  const list = old.map(recordName).join(', ');
  const because = `${old.length} records match nothing that ${hostOf(base)} serves: ${list}`;
  // Behind an alias they may belong to other services that use the same alias.
  return owner === asked
    ? [finding('left-over', hostOf(owner), because)]
    : [finding('left-over', hostOf(owner), `${because}; another service may use them`, 'ok')];
}

export function unmatchedFindings(
  service: JudgedService,
  states: readonly RecordState[],
): readonly Finding[] {
  const chains = chainsOf(service);
  const unmatched = states
    .filter(({ usable, matched, expected }) => usable && !matched && !expected)
    .map(({ record }) => ({
      record,
      cause: causeOf(record, chains, service.judging.context.names),
    }));
  const anchored = states.some(({ matched, record }) => matched && record.usage === 2);
  const mistakes = unmatched.flatMap((one) =>
    // Issuers that may come next are published before they sign anything; with the record of one
    // that is sent, nothing is missing.
    one.cause.kind === 'anchor-not-sent' && anchored ? [] : (said(one, service) ?? []),
  );
  const old = unmatched.filter(({ cause }) => cause.kind === 'other-key');
  return [
    ...mistakes,
    ...leftOver(
      service,
      old.map(({ record }) => record),
    ),
  ];
}
