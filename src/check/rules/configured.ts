// What the configuration of this installation says, held against what is there.
import { hostOf } from '../../dns/name.ts';
import type { ServiceFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';

const SAYING = {
  none: 'its configuration says dane = false',
  withdrawn: 'holger off has withdrawn them',
  left: 'no certificate of the configuration names them any more (holger run says which, and what to do)',
} as const;

const UNSEEN = {
  unreachable: 'its configuration says that it cannot be reached from here',
  'not running': 'its configuration says that it does not run yet',
} as const;

export function configuredFindings({ target, tlsa }: ServiceFacts): readonly Finding[] {
  const { configured } = target;
  if (configured === undefined) return [];
  const { records, unseen } = configured;
  const found: Finding[] = [];
  const count = tlsa.records.length;
  if (records !== 'wanted' && count > 0) {
    const stand = count === 1 ? 'a TLSA record stands' : `${count} TLSA records stand`;
    const because = `${stand} there, and ${SAYING[records]}`;
    found.push(finding('unwanted-records', hostOf(tlsa.owner), because));
  }
  if (unseen !== undefined) found.push(finding('not-asked', target.url, UNSEEN[unseen]));
  return found;
}
