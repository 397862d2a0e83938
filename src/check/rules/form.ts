// Records that are wrong, whatever is served.
import { hostOf } from '../../dns/name.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { malformedBecause, unusableBecause } from '../../dane/usable.ts';
import type { Malformed } from '../../dane/usable.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { ServiceFacts } from '../gather/facts.ts';
import { recordName } from '../judge/judged-service.ts';

/** Two keys, each with two digests, and a handful of issuers. */
const MANY = 12;

type Form = Malformed['what'] | 'pkix-usage' | 'full-data';

function ruleOf(record: TlsaRecord, smtpLike: boolean): readonly [Form, string] | undefined {
  const malformed = malformedBecause(record);
  if (malformed !== undefined) return [malformed.what, malformed.because];
  const why = unusableBecause(record, { smtpLike, hasTrustStore: true });
  if (why !== undefined) return ['pkix-usage', why];
  const { selector, matchingType, data } = record;
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
