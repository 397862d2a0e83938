// `renew` held against what certificates last: as the last one of the state did, else as its
// profile or its CA says.
import type { Seconds } from '../../base/clock.ts';
import { knownLifetime } from '../../config/lifetimes.ts';
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

/** A state that cannot be read says nothing; what is wrong with it is told elsewhere. */
export async function renewWarnings(config: Config): Promise<readonly string[]> {
  const { lineages } = await readOwnState(config, systemClock);
  return config.certificates.flatMap(({ name, renew, profile }) => {
    const lifetime =
      lastLifetime(lineages.get(name)) ?? knownLifetime(profile, config.acme.directory);
    const capped = cappedRenew(lifetime, renew);
    return capped === undefined ? [] : [`certificate "${name}": ${capped.because}; ${capped.hint}`];
  });
}
