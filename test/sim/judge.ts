// Sees every cache and every endpoint: no write and no switch may make a client refuse what it did
// not refuse before.
import type { Instant } from '../../src/base/clock.ts';
import type { ServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { Chronicle } from './chronicle.ts';
import { clientText, refusing } from './client.ts';
import type { Served } from './client.ts';
import { serviceAt } from './services.ts';
import type { Endpoint, Services } from './services.ts';
import type { Storage } from './storage.ts';
import type { Timeline } from './timeline.ts';
import type { Zone } from './zone.ts';

export interface Judged {
  readonly timeline: Timeline;
  readonly zone: Zone;
  readonly services: Services;
  readonly storage: Storage;
  readonly chronicle: Chronicle;
}

type Content = { readonly rdata: readonly string[] };

export class Judge {
  readonly #judged: Judged;
  /** Addresses of endpoints with the operation forget. */
  readonly #saidGone = new Set<string>();
  /** All was well, and only holger acts. */
  #strict: boolean;

  /** It judges everything from now on. `onlyHolger`: no people edit records and files. */
  constructor(judged: Judged, onlyHolger: boolean) {
    this.#judged = judged;
    const { zone, services } = judged;
    zone.judgeWrite = (owner, before, after) => this.#judgeWrite(owner, before, after);
    zone.judgeAll = () => this.#judgeAll();
    services.judgeSwitch = (...args) => this.#judgeSwitch(...args);
    this.#strict = onlyHolger && this.#refusals().length === 0;
  }

  #judgeWrite(owner: string, before: Content, after: Content): void {
    const { timeline, services, chronicle } = this.#judged;
    const now = timeline.now();
    chronicle.note(`written ${owner} [${shorts(before.rdata)}] → [${shorts(after.rdata)}]`);
    for (const endpoint of services.endpoints) {
      if (endpoint.owner !== owner || this.#isGivenUp(endpoint)) continue;
      for (const { served } of endpoint.workers) {
        const could = refusing(served, before.rdata, endpoint.host, now);
        const cannot = refusing(served, after.rdata, endpoint.host, now);
        const loser = cannot.find((support) => !could.includes(support));
        if (loser === undefined) continue;
        const who = `${clientText(loser)} at ${endpoint.address} (${servedText(served)})`;
        chronicle.violate(`publishing law: a write to ${owner} makes clients with ${who} refuse`);
      }
    }
  }

  #judgeSwitch(endpoint: Endpoint, before: Served, after: Served, toldAt?: Instant): void {
    if (before === after || this.#isGivenUp(endpoint)) return;
    const { owner, host, address, disk } = endpoint;
    const { timeline, zone, chronicle } = this.#judged;
    const now = timeline.now();
    // What other people put there does not count, unless holger had seen it and had it loaded all
    // the same.
    const isSeen = disk.shownAt !== undefined && toldAt !== undefined && disk.shownAt < toldAt;
    const placedAt = disk.placedAt > -Infinity ? disk.placedAt : isSeen ? toldAt : undefined;
    if (placedAt === undefined) {
      if (!isSame(before, after)) this.#strict = false;
      return;
    }
    if (servedText(before) !== servedText(after)) {
      chronicle.note(`${address} loads ${servedText(after)} instead of ${servedText(before)}`);
    }
    for (const instance of zone.held(owner)) {
      // What people did and holger could not know yet when it placed the files is not its act.
      if (!zone.wasShown(owner, instance, placedAt)) continue;
      if (zone.wasGivenUp(instance)) continue;
      const could = refusing(before, instance.rdata, host, now);
      const loser = refusing(after, instance.rdata, host, now).find(
        (support) => !could.includes(support),
      );
      if (loser === undefined) continue;
      const held = `[${shorts(instance.rdata)}] TTL ${instance.ttl}`;
      chronicle.violate(
        `deploying law: ${address} presents ${servedText(after)}; clients with ${clientText(loser)} hold ${held}`,
      );
    }
    this.#judgeAll();
  }

  /** The operator said so, with the operation forget. */
  sayGone(address: string): void {
    this.#saidGone.add(address);
  }

  /** A document says that holger does not wait for an address any more, by the operation forget. */
  heedWord(key: string): void {
    if (this.#saidGone.size === 0) return;
    const { storage, zone } = this.#judged;
    const known = storage.document<Pick<ServiceHistory, 'forgotten'>>(key);
    for (const address of known?.forgotten ?? []) {
      if (!this.#saidGone.has(address)) continue;
      // What is written while an endpoint is silent is still there when it answers again.
      this.#strict = false;
      zone.giveUp(address);
    }
  }

  /** What happens to it until it answers again was accepted with the operation forget. */
  #isGivenUp(endpoint: Endpoint): boolean {
    if (!this.#saidGone.has(endpoint.address)) return false;
    const { storage } = this.#judged;
    const known = storage.document<ServiceHistory>(`service/${serviceAt(endpoint)}`);
    return known?.forgotten?.includes(endpoint.address) === true;
  }

  /** Every client, every endpoint and every RRset that a cache may hold now. */
  #refusals(): string[] {
    const { timeline, zone, services } = this.#judged;
    const now = timeline.now();
    const watched = services.endpoints.filter((endpoint) => !this.#isGivenUp(endpoint));
    return watched.flatMap(({ owner, host, address, workers }) =>
      zone.held(owner).flatMap(({ rdata, ttl }) =>
        workers.flatMap(({ served }) => {
          const [first] = refusing(served, rdata, host, now);
          if (first === undefined) return [];
          const held = `[${shorts(rdata)}] TTL ${ttl}`;
          return [`${address} (${servedText(served)}) and ${held} fail ${clientText(first)}`];
        }),
      ),
    );
  }

  /** Where all was well and only holger acts, all stays well. */
  #judgeAll(): void {
    if (!this.#strict) return;
    const [refusal] = this.#refusals();
    if (refusal === undefined) return;
    this.#strict = false;
    this.#judged.chronicle.violate(`a client is refused: ${refusal}`);
  }

  /** Nothing that is presented may be out of date. */
  judgeDates(): void {
    const { timeline, services, chronicle } = this.#judged;
    const now = timeline.now();
    for (const { address, workers } of services.endpoints) {
      for (const { served } of workers) {
        const end = served === 'no-tls' ? Infinity : (served[0]?.to ?? Infinity);
        if (now >= end) chronicle.violate(`${address} presents an expired certificate`);
      }
    }
  }
}

function servedText(served: Served): string {
  return served === 'no-tls' ? 'no TLS' : served.map(({ key }) => key).join(' < ');
}

/** Another certificate of the same key is another one: records may be of the certificate. */
function isSame(one: Served, other: Served): boolean {
  if (one === 'no-tls' || other === 'no-tls') return one === other;
  const serials = (served: typeof one): string => served.map(({ serial }) => serial).join();
  return serials(one) === serials(other);
}

/** Records, recognizable. */
export function shorts(rdata: readonly string[]): string {
  return rdata.map((item) => `${item.slice(0, 6)}:${item.slice(6, 12)}`).join(' ');
}
