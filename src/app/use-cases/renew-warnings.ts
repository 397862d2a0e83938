// `renew` compared with the lifetime of certificates: that of the last one in the state, or else
// that of its profile or its CA.
import type { Seconds } from '../../base/clock.ts';
import { knownLifetime } from '../../config/lifetimes.ts';
import { issuersFor } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import type { Lineage } from '../../rollover/model.ts';
import { cappedRenew } from '../../rollover/plan/order/order-floor.ts';
import { systemClock } from '../world/clock.ts';
import { readOwnState } from '../known/own-state.ts';

function lastLifetime(lineage: Lineage | undefined): Seconds | undefined {
  const leaf = lineage?.generations.findLast(({ chain }) => chain !== undefined)?.chain
    ?.certificates[0];
  return leaf && leaf.notAfter - leaf.notBefore;
}

/** A state that cannot be read gives no lifetime; other code reports what is wrong with it. */
export async function renewWarnings(config: Config): Promise<readonly string[]> {
  const { lineages } = await readOwnState(config, systemClock);
  return config.certificates.flatMap((certificate) => {
    const { name, renew, profile } = certificate;
    const [{ directory }] = issuersFor(certificate, config);
    const lifetime = lastLifetime(lineages.get(name)) ?? knownLifetime(profile, directory);
    const capped = cappedRenew(lifetime, renew);
    return capped === undefined ? [] : [`certificate "${name}": ${capped.because}; ${capped.hint}`];
  });
}
