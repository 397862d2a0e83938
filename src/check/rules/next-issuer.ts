// Records of usage 2 that match now and not after the next renewal: the CA may sign with another
// intermediate, or send fewer CA certificates.
import { hostOf } from '../../dns/name.ts';
import type { IssuingSet } from '../issuers/issuing-set.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { chainsOf } from '../judge/judged-service.ts';
import type { Ahead, Lost } from './ahead.ts';
import { aheadOf, lostIn, namesOf, rest } from './ahead.ts';
import { leavingFindings } from './anchor-leaves.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';

function issuerFinding(ahead: Ahead, lost: Lost): readonly Finding[] {
  if (ahead.next === undefined) return [];
  const { ca, knownOn, seenHere } = ahead.next.set;
  const source = seenHere === true ? 'as a certificate of this installation showed' : 'as known';
  const because =
    `the next certificate may come from ${namesOf(lost.issuers)} of ${ca}, ${source} on ` +
    `${knownOn}, and no record ${lost.combination} is of that key${rest(ahead, lost)}`;
  const about = hostOf(ahead.service.facts.tlsa.owner);
  return [finding('next-issuer', about, because, ahead.severity)];
}

export function nextIssuerFindings(
  service: JudgedService,
  sets: readonly IssuingSet[],
): readonly Finding[] {
  const { tlsa, target } = service.facts;
  // For its own services holger publishes the records of a new chain before it deploys it.
  if (tlsa.state !== 'secure' || target.configured?.records === 'wanted') return [];
  return chainsOf(service).flatMap((chain) => {
    const ahead = aheadOf(service, chain, sets);
    const lost = lostIn(ahead, ahead.now);
    return [...lost.flatMap((one) => issuerFinding(ahead, one)), ...leavingFindings(ahead, lost)];
  });
}
