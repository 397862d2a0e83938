// `renew` compared with the lifetime of certificates: that of the last one in the state, or else
// that of its profile or its CA.
import type { Seconds } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { waitWords } from '../../config/contradictions.ts';
import { knownLifetime } from '../../config/lifetimes.ts';
import { firstCaOf, profileAt, wishesAt } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import type { Lineage } from '../../rollover/model.ts';
import { cacheLife } from '../../rollover/record/versions.ts';
import { cappedRenew } from '../../rollover/plan/order/order-floor.ts';
import { systemClock } from '../world/clock.ts';
import { readOwnState } from '../known/own-state.ts';

function lastLifetime(lineage: Lineage | undefined): Seconds | undefined {
  const leaf = lineage?.generations.findLast(({ chain }) => chain !== undefined)?.chain
    ?.certificates[0];
  return leaf && leaf.notAfter - leaf.notBefore;
}

function lifetimeAt(certificate: CertificateConfig, ca: AcmeIssuerConfig): Seconds | undefined {
  return (
    wishesAt(certificate, ca).lifetime ?? knownLifetime(profileAt(certificate, ca), ca.directory)
  );
}

/** A state that cannot be read gives no lifetime; other code reports what is wrong with it. */
export async function renewWarnings(config: Config): Promise<readonly string[]> {
  const { lineages } = await readOwnState(config, systemClock);
  return config.certificates.flatMap((certificate) => {
    const { name, renew } = certificate;
    const ca = firstCaOf(certificate, config);
    const lifetime = lastLifetime(lineages.get(name)) ?? (ca && lifetimeAt(certificate, ca));
    const capped = cappedRenew(lifetime, renew);
    return [
      ...(capped === undefined ? [] : [`${capped.because}; ${capped.hint}`]),
      ...longWait(certificate, lifetime),
    ].map((why) => `certificate "${name}": ${why}`);
  });
}

/** The CA may shorten lifetimes without a change of the configuration. */
function longWait(it: CertificateConfig, lifetime: Seconds | undefined): readonly string[] {
  const mayWait = it.dane && it.services.length > 0 && it.strategy !== 'reuse-key';
  if (lifetime === undefined || !mayWait || cacheLife(it.ttl, it) <= lifetime / 3) return [];
  return [
    `a rollover waits ${waitWords(it)} for caches, more than a third of the lifetime (${formatDuration(lifetime)}) of its last certificate; lower ttl, ttl_factor or cache_floor`,
  ];
}
