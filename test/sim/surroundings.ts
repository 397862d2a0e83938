// What every history takes place in: a zone, services, a CA and a state directory.
import type { Instant } from '../../src/base/clock.ts';
import { Authority } from './authority.ts';
import { Chance } from './chance.ts';
import { Chronicle } from './chronicle.ts';
import { Services } from './services.ts';
import type { ServiceFaults } from './services.ts';
import { Storage } from './storage.ts';
import type { Timeline } from './timeline.ts';
import { hex } from './tokens.ts';
import { Zone, keyOfOwner, nameServers } from './zone.ts';
import type { ZoneFaults, ZoneOptions } from './zone.ts';

export const START = 1_795_262_400;
export const DAY = 86_400;
export const LIFETIME = 90 * DAY;
/** The signer signs again at least so often. */
export const SIGNED_ANEW = 10 * DAY;

export interface Conditions
  extends ZoneFaults, ServiceFaults, Pick<ZoneOptions, 'hidden' | 'negativeTtl'> {
  readonly seed: number;
  readonly addresses: number;
  readonly signers: number;
  readonly assumedTtl: number;
  readonly withRoot: boolean;
}

export class Surroundings<T extends Timeline = Timeline> {
  readonly timeline: T;
  readonly chance: Chance;
  readonly chronicle: Chronicle;
  readonly zone: Zone;
  readonly services: Services;
  readonly authority: Authority;
  readonly storage = new Storage();
  #signedAt: Instant = START;

  /** `provesAll`: the CA wants to see a challenge of every name. */
  constructor(conditions: Conditions, timeline: T, provesAll = false) {
    const { addresses, signers, hidden, negativeTtl, assumedTtl, withRoot } = conditions;
    const { lag, loss, lostAnswers, reloadTakes, stuck } = conditions;
    this.timeline = timeline;
    this.chronicle = new Chronicle(timeline);
    this.chance = new Chance(conditions.seed);
    const { chance } = this;
    this.zone = new Zone({
      timeline,
      chance,
      addresses: nameServers(addresses),
      signers,
      hidden,
      negativeTtl,
      tellsJumps: assumedTtl > 0,
      faults: { lag, loss, lostAnswers },
    });
    this.services = new Services(timeline, chance, { reloadTakes, stuck, loss });
    this.authority = new Authority({
      timeline,
      chance,
      lifetime: LIFETIME,
      withRoot,
      provesAll,
      served: (owner, value) => this.#servesTxt(owner, value),
    });
  }

  /** Whether every name server answers with this value of a challenge. */
  #servesTxt(owner: string, value: string): boolean {
    const txt = hex(String.fromCharCode(value.length) + value);
    return this.zone.addresses.every(({ copy }) =>
      copy.rrsets.get(keyOfOwner(owner, 'TXT'))?.rdata.includes(txt),
    );
  }

  /** The zone stays signed for any time. */
  passTo(to: Instant): void {
    while (to > this.#signedAt + SIGNED_ANEW) {
      this.timeline.advanceTo(this.#signedAt + SIGNED_ANEW);
      this.#signedAt = this.timeline.now();
      this.zone.resign();
    }
    this.timeline.advanceTo(to);
  }
}
