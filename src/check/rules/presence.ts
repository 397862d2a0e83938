// Whether DANE applies to a service: addresses, records, and what vouches for them.
import { hostOf } from '../../dns/name.ts';
import type { ServiceFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import { addressesSecure, foundIn } from '../tlsa.ts';

function addressFindings({ target, hosts, addresses, tlsa }: ServiceFacts): readonly Finding[] {
  const host = hostOf(target.host);
  const failed = hosts.flatMap(({ type, lookup }) =>
    'detail' in lookup ? [{ type, status: lookup.status, detail: lookup.detail }] : [],
  );
  const found: Finding[] = failed.map(({ type, status, detail }) =>
    // Bogus or broken addresses hold mail back as TLSA records do (RFC 7672 §2.1.1).
    finding(
      'address-fails',
      host,
      `${type}: ${detail}`,
      status === 'bogus' || status === 'servfail' ? 'critical' : 'unknown',
    ),
  );
  if (addresses.length === 0 && failed.length === 0) {
    found.push(finding('no-address', host, 'it has neither A nor AAAA records'));
  }
  // Behind a secure alias an MTA asks for the alias's records all the same, and then they are secure or securely absent.
  const matters = target.smtpLike && !['none', 'absent', 'secure'].includes(tlsa.state);
  if (matters && addressesSecure(hosts) === false) {
    found.push(finding('address-insecure', host, 'its address records are not signed'));
  }
  return found;
}

function recordFindings({ target, tlsa, strays }: ServiceFacts): readonly Finding[] {
  const owner = hostOf(tlsa.owner);
  switch (tlsa.state) {
    case 'secure':
      return [];
    case 'insecure': {
      const count = tlsa.records.length;
      const because = `${count} TLSA ${count === 1 ? 'record stands' : 'records stand'} there, and no signature vouches for the answer`;
      return [finding('inert', owner, because)];
    }
    case 'bogus':
      return [finding('tlsa-bogus', owner, tlsa.detail ?? 'validation fails')];
    case 'failed': {
      // SERVFAIL is what every resolver sees; a time-out may be this machine's own.
      const own = tlsa.candidates.at(-1)?.asked.lookup.status;
      return [
        finding(
          'tlsa-fails',
          owner,
          tlsa.detail ?? 'no answer',
          own === 'servfail' ? 'critical' : 'unknown',
        ),
      ];
    }
    case 'absent':
    case 'none': {
      const signed = tlsa.state === 'absent' ? '' : ', and the zone is not signed';
      const placed = strays.filter((asked) => foundIn(asked) !== undefined);
      return [
        finding('no-tlsa', owner, `there are no TLSA records${signed}`),
        ...placed.map(({ name }) => {
          const atDomain =
            target.domain !== undefined && hostOf(name).endsWith(`._tcp.${hostOf(target.domain)}`);
          const rule =
            atDomain && target.domain !== target.host ? 'at-mail-domain' : 'doubled-owner';
          return finding(rule, hostOf(name), `TLSA records stand there instead of at ${owner}`);
        }),
      ];
    }
  }
}

export function presenceFindings(facts: ServiceFacts): readonly Finding[] {
  return [...addressFindings(facts), ...recordFindings(facts)];
}
