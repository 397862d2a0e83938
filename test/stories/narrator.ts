// Writes down what happens, with the time since the story began; and what DNS serves, whenever that
// has changed.
import type { Instant } from '../../src/base/clock.ts';
import type { Services } from '../sim/services.ts';
import type { Timeline } from '../sim/timeline.ts';
import type { Address, Zone } from '../sim/zone.ts';
import type { Transcript } from './transcript.ts';
import { Words } from './words.ts';

export class Narrator {
  readonly #transcript: Transcript;
  readonly #timeline: Timeline;
  readonly #words: Words;
  readonly #zone: Zone;
  readonly #services: Services;
  #origin: Instant;
  #dnsTold = '';

  constructor(
    transcript: Transcript,
    timeline: Timeline,
    words: Words,
    zone: Zone,
    services: Services,
  ) {
    this.#transcript = transcript;
    this.#timeline = timeline;
    this.#words = words;
    this.#zone = zone;
    this.#services = services;
    this.#origin = timeline.now();
  }

  /** From here on everything is written down. */
  begin(): void {
    this.#origin = this.#timeline.now();
    this.#transcript.muted = false;
    this.#dnsTold = '';
    this.tellDns();
  }

  /** Before that, nothing is written down. */
  get muted(): boolean {
    return this.#transcript.muted;
  }

  add(who: string, text: string): void {
    const named = this.#words.named(text);
    const at = this.#timeline.now() - this.#origin;
    this.#transcript.add(at, who, Words.timed(named, this.#origin));
  }

  say(who: string, text: string): void {
    this.tellDns();
    this.add(who, text);
  }

  /** What each name server serves, when that has changed since it was written down last. */
  tellDns(): void {
    const dns = this.#dns;
    if (dns === this.#dnsTold) return;
    this.#dnsTold = dns;
    this.add('dns', dns);
  }

  get #dns(): string {
    const owners = [...new Set(this.#services.endpoints.map(({ owner }) => owner))];
    return owners
      .map((owner) => {
        const by = new Map<string, Address[]>();
        for (const address of this.#zone.addresses) {
          const text =
            address.gone === true
              ? 'nothing'
              : this.#words.rrset(this.#zone.servedAt(address, owner));
          by.set(text, [...(by.get(text) ?? []), address]);
        }
        const parts = [...by].map(([text, at]) => {
          const all = at.length === this.#zone.addresses.length;
          return `${all ? 'every server' : at.map((one) => this.nameOf(one)).join(' and ')}: ${text}`;
        });
        const where = owners.length > 1 ? `${owner.replace('.example.org.', '')} at ` : '';
        return where + parts.join('; ');
      })
      .join('. ');
  }

  nameOf({ server, address }: Address): string {
    const short = server.replace('.example.org.', '');
    const several = this.#zone.addresses.filter((other) => other.server === server).length > 1;
    return several ? `${short} ${address}` : short;
  }
}
