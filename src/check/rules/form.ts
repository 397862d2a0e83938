// Records that are wrong whatever is served.
import { hostOf } from '../../dns/name.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { unusableBecause } from '../../dane/usable.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { ServiceFacts } from '../gather/facts.ts';
import { recordName } from '../judge/judged-service.ts';

/** Two keys, each with two digests, and a handful of issuers. */
const MANY = 12;

type Form = 'pkix-usage' | 'wrong-length' | 'unassigned' | 'full-data' | 'wrong-object';

function ruleOf(record: TlsaRecord, smtpLike: boolean): readonly [Form, string] | undefined {
  const { usage, selector, matchingType, data } = record;
  const why = unusableBecause(record, { smtpLike, hasTrustStore: true });
  if (why !== undefined) {
    if (usage > 3 || selector > 1 || matchingType > 2) return ['unassigned', why];
    if (matchingType > 0 && data.length !== 64 * matchingType) return ['wrong-length', why];
    if (data === '') return ['wrong-length', why];
    return usage < 2 && smtpLike && !why.includes('DER')
      ? ['pkix-usage', why]
      : ['wrong-object', why];
  }
  const what = selector === 0 ? 'certificate' : 'key';
  return matchingType === 0
    ? ['full-data', `it holds ${data.length / 2} octets of ${what}`]
    : undefined;
}

export function formFindings({ tlsa, target }: ServiceFacts): readonly Finding[] {
  const about = hostOf(tlsa.owner);
  const wrong = tlsa.records.flatMap((record) => {
    const [rule, why] = ruleOf(record, target.smtpLike) ?? [];
    return rule === undefined ? [] : [finding(rule, about, `${recordName(record)}: ${why ?? ''}`)];
  });
  const many = tlsa.records.length > MANY;
  return many
    ? [...wrong, finding('too-many', about, `it has ${tlsa.records.length} records`)]
    : wrong;
}
