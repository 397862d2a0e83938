// What can be wrong with records that lead from a domain to hosts, for any service.
import { hostOf } from '../../dns/name.ts';
import type { RuleName } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { addressesIn, nowhereBecause } from '../gather/nowhere.ts';
import type { Listing } from '../gather/route.ts';
import type { Severity } from './severity.ts';
import { foundIn } from '../gather/tlsa.ts';
import type { Asked } from '../gather/lookups.ts';

/** Every resolver gets the SERVFAIL; a time-out may be a fault of this machine. */
export function failureSeverity({ lookup }: Asked): Severity {
  return lookup.status === 'servfail' || lookup.status === 'bogus' ? 'critical' : 'unknown';
}

export function detailOf({ lookup }: Asked): string {
  return 'detail' in lookup ? lookup.detail : 'no answer';
}

/** Hosts in the records that cannot have TLSA records. */
export function tooLong({ tooLong: hosts }: Listing<unknown>): readonly Finding[] {
  return hosts.map((host) => {
    const because = `its name has ${hostOf(host).length} octets, too many for TLSA records below it`;
    return finding('host-too-long', hostOf(host), because);
  });
}

/** Names in the records that are not hosts. */
export function strange(rule: RuleName, { noHosts }: Listing<unknown>): readonly Finding[] {
  return noHosts.map(({ name, because }) => finding(rule, hostOf(name), because));
}

/** Hosts that were not checked, because there are too many. */
export function beyond(
  domain: string,
  what: string,
  { hosts, beyond: more }: Listing<unknown>,
): readonly Finding[] {
  if (more === 0) return [];
  const because = `it has ${hosts.length + more} ${what}, and ${hosts.length} of them were checked`;
  return [finding('not-all-checked', domain, because)];
}

/** No client can connect to any of them: each has no A or AAAA records, or none that lead to it. */
export function isNowhere(services: readonly JudgedService[]): boolean {
  return services.every(({ facts: { hosts } }) =>
    hosts.every((asked) => {
      const { status } = asked.lookup;
      if (status === 'nodata' || status === 'nxdomain') return true;
      const found = addressesIn([asked]);
      return found.length > 0 && found.every((address) => nowhereBecause(address) !== undefined);
    }),
  );
}

/** Hosts in the records that are aliases. */
export function aliases(rule: RuleName, named: readonly JudgedService[]): readonly Finding[] {
  return named.flatMap(({ facts }) => {
    const led = facts.hosts
      .flatMap((asked) => foundIn(asked) ?? [])
      .find((found) => found.aliases.length > 0);
    if (led === undefined) return [];
    const because = `it is an alias of ${hostOf(led.rrset.owner)}`;
    return [finding(rule, hostOf(facts.target.host), because)];
  });
}

/** Services that clients take one for another. */
interface Alike {
  /** What they are called together: "MX hosts". */
  readonly what: string;
  readonly services: readonly JudgedService[];
  readonly nameOf: (service: JudgedService) => string;
}

/** Some are protected and others are not. */
export function partly(
  rule: RuleName,
  domain: string,
  { what, services, nameOf }: Alike,
): readonly Finding[] {
  const without = services.filter(({ facts }) =>
    ['absent', 'none', 'insecure'].includes(facts.tlsa.state),
  );
  if (without.length === 0 || without.length === services.length) return [];
  const names = without.map(nameOf).join(', ');
  const have = without.length === 1 ? 'has' : 'have';
  const because = `of ${services.length} ${what} ${names} ${have} no usable records`;
  return [finding(rule, domain, because)];
}
