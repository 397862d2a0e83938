// What is wrong with records, compared with everything that the service presents.
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService, RecordState } from '../judge/judged-service.ts';
import { chainsOf, recordName, recordStates, wasMatched } from '../judge/judged-service.ts';
import { combinationFindings } from './combinations.ts';
import { formFindings } from './form.ts';
import { unmatchedFindings } from './unmatched.ts';

const DAY = 86_400;
/**
 * Certificates with shorter lifetimes come from ACME, and are renewed automatically, without a
 * thought for records.
 */
const SHORT_LIFE = 100 * DAY;

/** Records of whole certificates that match today, but not after the next renewal. */
function selectors(service: JudgedService, states: readonly RecordState[]): readonly Finding[] {
  const about = hostOf(service.facts.tlsa.owner);
  const leaves = chainsOf(service).flatMap(({ certificates }) => certificates[0] ?? []);
  const shortest = Math.min(...leaves.map(({ notBefore, notAfter }) => notAfter - notBefore));
  return states.flatMap(({ record, usable, matched }) => {
    if (!usable || !matched || record.selector !== 0) return [];
    const name = recordName(record);
    if (record.usage === 0 || record.usage === 2) {
      const because = `${name} names one certificate of the issuer, not its key`;
      return [finding('issuer-certificate-digest', about, because)];
    }
    if (shortest > SHORT_LIFE) return [];
    const because = `${name} names a certificate with a lifetime of ${Math.round(shortest / DAY)} days`;
    return [finding('certificate-digest', about, because)];
  });
}

export function recordFindings(service: JudgedService): readonly Finding[] {
  const { facts, verdicts } = service;
  const { records, owner } = facts.tlsa;
  const formal = formFindings(facts);
  if (!wasMatched(service)) return formal;
  const because = `a client can use none of its ${records.length} records`;
  const unusable = verdicts.some(({ outcome }) => outcome === 'unusable')
    ? [finding('unusable', hostOf(owner), because)]
    : [];
  const states = recordStates(service);
  return [
    ...unusable,
    ...formal,
    ...unmatchedFindings(service, states),
    ...combinationFindings(service, states),
    ...selectors(service, states),
  ];
}
