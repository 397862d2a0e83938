// Everything about the name servers of a target, and what could not be found out about them.
import type { Instant } from '../../base/clock.ts';
import { hasSignatures } from '../../dns/answer.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { addressesSecure } from '../gather/tlsa.ts';
import type { Look, ZoneLook } from '../gather/zone.ts';
import { isUnlooked } from '../gather/zone.ts';
import { isVouchedFor } from '../judge/zone-keys.ts';
import { routeDisagreement, tlsaDisagreement } from './disagreement.ts';
import { serverFindings } from './servers.ts';
import { signatureFindings } from './signatures.ts';

/** Names that fail for the same reason are one finding. */
function unlooked(all: readonly Look[]): readonly Finding[] {
  const names = new Map<string, Set<string>>();
  for (const { name, because } of all.filter(isUnlooked)) {
    names.set(because, (names.get(because) ?? new Set()).add(hostOf(name)));
  }
  return [...names].map(([because, about]) =>
    finding('servers-unknown', [...about].join(', '), because),
  );
}

/**
 * The parent has DS records and the servers send signatures, but the resolver reports the zone as
 * unsigned.
 */
function contradictions(looks: readonly ZoneLook[]): readonly Finding[] {
  const zones = looks.filter(
    (look) => look.cut.security === 'insecure' && isVouchedFor(look) && isSignedAt(look),
  );
  return [...new Set(zones.map(({ cut }) => hostOf(cut.zone)))].map((zone) => {
    const because =
      'its parent has DS records and its servers send signatures, but the resolver reports ' +
      'the zone as unsigned';
    return finding('resolver-contradicts', zone, because);
  });
}

function isSignedAt({ servers }: ZoneLook): boolean {
  return servers.some(({ replies }) =>
    replies.some(({ reply }) => reply.status === 'answered' && hasSignatures(reply.message)),
  );
}

/**
 * Whether clients ask for the TLSA records of a service: MTAs do not if its addresses, or the SRV
 * records, are unsigned.
 */
function isAskedFor({ facts: { target, hosts, tlsa } }: JudgedService): boolean {
  if (!tlsa.applies) return false;
  const looksAtAddresses = target.smtpLike || target.srv !== undefined;
  return looksAtAddresses || addressesSecure(hosts) !== false || tlsa.state === 'secure';
}

/**
 * `service`: the one whose records these are; without it, the servers of a domain that leads to
 * services.
 */
export function zoneFindings(
  all: readonly Look[],
  now: Instant,
  service?: JudgedService,
): readonly Finding[] {
  const looks = all.filter((look): look is ZoneLook => !isUnlooked(look));
  return [
    ...unlooked(all),
    ...contradictions(looks),
    ...serverFindings(looks, service === undefined || isAskedFor(service)),
    ...(service === undefined
      ? routeDisagreement(looks)
      : tlsaDisagreement(looks, service, isAskedFor(service))),
    ...signatureFindings(looks, now),
  ];
}
