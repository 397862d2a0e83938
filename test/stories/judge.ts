// Decides whether a client is refused: every RRset that a legal cache may hold, every process of
// every service, every set of combinations that a client may support. It shares no code with
// holger's own laws (test/sim/client.ts).
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { clientText, refusing } from '../sim/client.ts';
import type { Served } from '../sim/client.ts';
import type { Endpoint, Services } from '../sim/services.ts';
import type { Timeline } from '../sim/timeline.ts';
import type { Instance, Zone } from '../sim/zone.ts';
import type { Words } from './words.ts';

interface Refusal {
  readonly endpoint: Endpoint;
  readonly served: Served;
  readonly held: Instance;
}

export class Judge {
  readonly #timeline: Timeline;
  readonly #zone: Zone;
  readonly #services: Services;
  readonly #words: Words;
  readonly #say: (text: string) => void;
  #since: Instant | undefined;
  #refused: Seconds = 0;
  readonly #looksAt = new Set<Instant>();
  /** Acts of holger that made a client refuse: there must never be one. */
  readonly faults: string[] = [];

  constructor(
    timeline: Timeline,
    zone: Zone,
    services: Services,
    words: Words,
    say: (text: string) => void,
  ) {
    this.#timeline = timeline;
    this.#zone = zone;
    this.#services = services;
    this.#words = words;
    this.#say = say;
  }

  #refusals(): Refusal[] {
    const now = this.#timeline.now();
    return this.#services.endpoints.flatMap((endpoint) =>
      this.#zone
        .held(endpoint.owner)
        .flatMap((held) =>
          endpoint.workers
            .filter(
              ({ served }) =>
                refusing(served, held.rdata, endpoint.host, now, endpoint.roots).length > 0,
            )
            .map(({ served }) => ({ endpoint, served, held })),
        ),
    );
  }

  /** Checks everything, and reports when refusals begin and when they end. */
  look(): void {
    const refusals = this.#refusals();
    const [first] = refusals;
    const now = this.#timeline.now();
    if (first !== undefined && this.#since === undefined) {
      this.#since = now;
      this.#say(`REFUSED: ${this.#inWords(first)}`);
    }
    if (first === undefined && this.#since !== undefined) {
      this.#refused += now - this.#since;
      this.#since = undefined;
      this.#say('no client is refused any more');
    }
    // Caches expire: a refusal can end without any act.
    for (const { held } of refusals) {
      const end = Math.min(held.servedUntil + held.ttl, held.signedUntil);
      if (!Number.isFinite(end) || end <= now || this.#looksAt.has(end)) continue;
      this.#looksAt.add(end);
      this.#timeline.in(end - now, () => this.look());
    }
  }

  #inWords({ endpoint, served, held }: Refusal): string {
    const rrset = this.#words.rrset(held);
    return `clients that hold ${rrset} refuse ${endpoint.address} (${this.#words.served(served)})`;
  }

  /** One sentence about this moment. */
  get opinion(): string {
    const held = new Set(this.#services.endpoints.flatMap(({ owner }) => this.#zone.held(owner)));
    const sets = [...held].map((instance) => `[${this.#words.rrset(instance)}]`);
    const [first] = this.#refusals();
    const verdict =
      first === undefined ? 'no client is refused' : `REFUSED: ${this.#inWords(first)}`;
    return `caches may hold ${[...new Set(sets)].sort().join(' ')}: ${verdict}`;
  }

  /** How long clients were refused, in all. */
  get refused(): Seconds {
    return this.#refused + (this.#since === undefined ? 0 : this.#timeline.now() - this.#since);
  }

  /** What was so before the story begins is not counted. */
  reset(): void {
    this.#since = undefined;
    this.#refused = 0;
  }

  write(owner: string, before: Instance, after: Instance): void {
    for (const endpoint of this.#services.endpoints) {
      if (endpoint.owner !== owner) continue;
      for (const { served } of endpoint.workers) {
        this.#loser('a write of holger', endpoint, [served, before], [served, after]);
      }
    }
  }

  /** Files that holger placed were loaded by a service. */
  switched(endpoint: Endpoint, before: Served, after: Served): void {
    if (endpoint.disk.placedAt === -Infinity) return;
    for (const held of this.#zone.held(endpoint.owner)) {
      this.#loser('a deployment of holger', endpoint, [before, held], [after, held]);
    }
  }

  #loser(
    what: string,
    endpoint: Endpoint,
    [before, had]: readonly [Served, Instance],
    [after, has]: readonly [Served, Instance],
  ): void {
    const now = this.#timeline.now();
    const could = refusing(before, had.rdata, endpoint.host, now, endpoint.roots);
    const loser = refusing(after, has.rdata, endpoint.host, now, endpoint.roots).find(
      (support) => !could.includes(support),
    );
    if (loser === undefined) return;
    const client = `a client with ${clientText(loser)} that holds ${this.#words.rrset(has)}`;
    this.faults.push(`${what} makes ${client} refuse ${endpoint.address}`);
  }
}
