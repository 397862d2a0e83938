// Whether the CA of a configured certificate may issue it again, and whether others may get a
// certificate for the name (RFC 8659, RFC 8657).
import { isOpenCaa, judgeCaa, refusalText } from '../../dns/caa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Asked } from '../gather/lookups.ts';
import type { NamesTarget } from '../gather/facts.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { CaaFacts, NamesFacts } from '../gather/caa.ts';
import type { Severity } from './severity.ts';

function refusal({ domain, properties }: CaaFacts, target: NamesTarget): string | undefined {
  const { issuers, account, method = 'dns-01' } = target;
  const party = { issuers, account, method };
  const verdict = judgeCaa(domain, properties, party);
  return verdict.allowed ? undefined : refusalText(verdict.refusal, party);
}

/** The CA gets the SERVFAIL, too; a failure of this machine alone proves nothing. */
function severityOf({ lookup }: Asked): Severity {
  return lookup.status === 'servfail' || lookup.status === 'bogus' ? 'warning' : 'unknown';
}

export function caaFindings({ target, caa }: NamesFacts): readonly Finding[] {
  return caa.flatMap((one) => {
    const { domain, at, failed } = one;
    if (failed !== undefined) {
      const detail = 'detail' in failed.lookup ? failed.lookup.detail : failed.lookup.status;
      const because = `${hostOf(failed.name)} CAA: ${detail}`;
      if (one.unsigned === true) {
        const allowed = `${because}; the zone is not signed, so the CA may issue`;
        return [finding('caa-fails', domain, allowed, 'ok')];
      }
      return [finding('caa-fails', domain, because, severityOf(failed))];
    }
    const why = refusal(one, target);
    if (why !== undefined) {
      const place = at === undefined ? domain : hostOf(at);
      return [finding('caa-forbids', domain, `CAA records at ${place}: ${why}`)];
    }
    // An attacker who can forge an answer to the CA gets a certificate that records of usage 2
    // accept.
    if (!target.trustsIssuer || !isOpenCaa(domain, one.properties, target.issuers)) return [];
    const because =
      at === undefined
        ? 'it has no CAA records'
        : `CAA records at ${hostOf(at)} restrict neither account nor method`;
    return [finding('caa-open', domain, because)];
  });
}
