// Whether DANE applies to a service: its addresses, its records, and whether DNSSEC protects them.
import { hostOf } from '../../dns/name.ts';
import type { ServiceFacts, ServiceTarget } from '../gather/facts.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { addressesIn, nowhereBecause } from '../gather/nowhere.ts';
import { addressesSecure, foundIn } from '../gather/tlsa.ts';

function addressFindings({ target, hosts, addresses, tlsa }: ServiceFacts): readonly Finding[] {
  const host = hostOf(target.host);
  const failed = hosts.flatMap(({ type, lookup }) =>
    'detail' in lookup ? [{ type, status: lookup.status, detail: lookup.detail }] : [],
  );
  const distinct = [...new Map(failed.map((one) => [`${one.status} ${one.detail}`, one])).values()];
  const typesOf = (wanted: string): string =>
    failed.flatMap(({ type, detail }) => (detail === wanted ? [type] : [])).join(' and ');
  // Bogus or failing address look-ups hold mail back like TLSA records (RFC 7672 §2.1.2); unsigned
  // addresses of the other family do not.
  const fatal = addressesSecure(hosts) === false ? 'warning' : 'critical';
  const found: Finding[] = distinct.map(({ status, detail }) =>
    finding(
      'address-fails',
      host,
      `${typesOf(detail)}: ${detail}`,
      status === 'bogus' || status === 'servfail' ? fatal : 'unknown',
    ),
  );
  if (failed.length === 0 && hosts.every((asked) => foundIn(asked) === undefined)) {
    found.push(finding('no-address', host, 'it has neither A nor AAAA records'));
    // Neither good nor bad: it is not known what the service presents. For the hosts of a domain,
    // one finding covers all of them.
    const isAlone = target.domain === undefined && target.configured?.unseen === undefined;
    if (isAlone && addresses.length === 0) {
      found.push(finding('not-checked', target.url, 'it has no address to connect to'));
    }
  }
  if (target.domain !== undefined) found.push(...nowhereFindings(host, hosts));
  // Behind a secure alias an MTA still asks for the TLSA records of the alias; they are secure or
  // securely absent.
  const looks = target.smtpLike || target.srv !== undefined;
  const matters = looks && !['none', 'absent', 'secure'].includes(tlsa.state);
  if (matters && addressesSecure(hosts) === false) {
    found.push(finding('address-insecure', host, 'its address records are not signed'));
  }
  return found;
}

function nowhereFindings(host: string, hosts: ServiceFacts['hosts']): readonly Finding[] {
  return addressesIn(hosts).flatMap((address) => {
    const meaning = nowhereBecause(address);
    return meaning === undefined
      ? []
      : [finding('address-nowhere', host, `${address} is ${meaning}`)];
  });
}

/** Why clients do not use signed records. */
function unsignedWay({ srv, smtpLike }: ServiceTarget): string {
  if (srv === 'insecure')
    return (
      'the SRV records that lead to the host are not signed: clients do not use the TLSA ' +
      'records'
    );
  const who = smtpLike ? 'MTAs' : 'clients';
  return `the addresses of the host are not signed: ${who} do not use the TLSA records`;
}

function recordFindings({ target, hosts, tlsa, strays }: ServiceFacts): readonly Finding[] {
  const owner = hostOf(tlsa.owner);
  switch (tlsa.state) {
    case 'secure':
      return [];
    case 'insecure': {
      const count = tlsa.records.length;
      const stand = `${count} TLSA ${count === 1 ? 'record is published' : 'records are published'}`;
      const signed = tlsa.candidates.some(
        ({ asked }) =>
          foundIn(asked)?.authentic === true && foundIn(asked)?.rrset.owner === tlsa.owner,
      );
      return [
        finding(
          'inert',
          owner,
          signed
            ? `${stand}, signed, and ${unsignedWay(target)}`
            : `${stand}, but the answer is not signed`,
        ),
      ];
    }
    case 'bogus':
      return [finding('tlsa-bogus', owner, tlsa.detail ?? 'validation fails')];
    case 'failed': {
      // Every resolver gets the SERVFAIL; a time-out may be a fault of this machine. In an unsigned
      // zone mail is not held back.
      const own = tlsa.candidates.at(-1)?.asked.lookup.status;
      const holds = own === 'servfail' && (target.smtpLike || addressesSecure(hosts) !== false);
      const severity = holds ? 'critical' : 'unknown';
      return [finding('tlsa-fails', owner, tlsa.detail ?? 'no answer', severity)];
    }
    case 'absent':
    case 'none': {
      const wanted = target.configured?.records ?? 'wanted';
      if (wanted === 'none') return [];
      if (wanted === 'withdrawn') {
        return [finding('no-tlsa', owner, 'holger off has withdrawn the TLSA records', 'ok')];
      }
      const signed = tlsa.state === 'absent' ? '' : ', and the zone is not signed';
      const said =
        tlsa.detail === undefined
          ? `there are no TLSA records${signed}`
          : `the look-up of TLSA records fails (${tlsa.detail}), and ${unsignedWay(target)}`;
      const placed = strays.filter((asked) => foundIn(asked) !== undefined);
      return [
        finding('no-tlsa', owner, said),
        ...placed.map(({ name }) => {
          const atDomain =
            target.domain !== undefined && hostOf(name).endsWith(`._tcp.${hostOf(target.domain)}`);
          const own = target.smtpLike ? 'at-mail-domain' : 'at-xmpp-domain';
          const rule = atDomain && target.domain !== target.host ? own : 'doubled-owner';
          return finding(
            rule,
            hostOf(name),
            `TLSA records are published there instead of at ${owner}`,
          );
        }),
      ];
    }
  }
}

/** The number of hosts, addresses or records that is too large for a complete check. */
function beyondFindings({ target, addresses, beyond, tlsa }: ServiceFacts): readonly Finding[] {
  const told = (about: string, what: string, seen: number, more: number): readonly Finding[] =>
    more === 0
      ? []
      : [
          finding(
            'not-all-checked',
            about,
            `it has ${seen + more} ${what}, and ${seen} of them were checked`,
          ),
        ];
  return [
    ...told(hostOf(target.host), 'addresses', addresses.length, beyond),
    ...told(hostOf(tlsa.owner), 'TLSA records', tlsa.records.length, tlsa.beyond),
  ];
}

export function presenceFindings(facts: ServiceFacts): readonly Finding[] {
  return [...addressFindings(facts), ...recordFindings(facts), ...beyondFindings(facts)];
}
