// Where the history of one certificate takes place, and what was there before holger was installed.
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import type { Pki } from '../../src/engine/world.ts';
import { shiftLineage, stepBetween } from '../../src/rollover/record/clock-step.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { Advice } from './advice.ts';
import { recordOf } from './client.ts';
import { Issuance } from './issuance.ts';
import { Judge } from './judge.ts';
import { endpointAt } from './services.ts';
import type { Setup } from './setup.ts';
import { START, Surroundings } from './surroundings.ts';
import { Timeline } from './timeline.ts';
import { createPki } from './tokens.ts';

export const NAME = 'mail';
const TARGET = fqdn('_dane.example.org');
export const askedFor = (host: string): Fqdn => fqdn(`_25._tcp.${host}`);

export class Scene extends Surroundings {
  readonly setup: Setup;
  readonly pki: Pki;
  readonly advice: Advice;
  readonly issuance = new Issuance((text) => this.chronicle.violate(text));
  readonly judge: Judge;
  readonly hosts: readonly string[];
  /** Something may fail, and people may do something. */
  faulty = true;
  /** The configured TTL. */
  ttl: number;

  constructor(setup: Setup) {
    super(setup, new Timeline(START));
    this.setup = setup;
    this.ttl = setup.ttl;
    const { ari = 'none' } = setup;
    this.pki = createPki('key', [], ari !== 'none');
    this.advice = new Advice(this.chance, ari === 'wild');
    this.#instructAuthority();
    this.hosts = ['mx1.example.org', 'mx2.example.org'].slice(0, setup.services);
    if (setup.alias) {
      for (const host of this.hosts) this.zone.aliases.set(askedFor(host), TARGET);
    }
    this.#settle();
    this.#putWildcards();
    this.zone.judgeNames = (lost) => {
      const names = lost.map(({ name, type }) => `${type} of ${name}`).join(', ');
      this.chronicle.violate(`rule 26: a write removes the answer for ${names}`);
    };
    this.#judgeIssuance();
    this.judge = new Judge(this, setup.people === 0);
    this.storage.whenWritten = (key) => {
      this.judge.heedWord(key);
      const owner = key.replace(/^owner\//, '');
      this.zone.saved(this.zone.aliases.get(owner) ?? owner);
    };
  }

  #instructAuthority(): void {
    const { authority, advice, setup } = this;
    authority.window = (leaf, now) => advice.of(leaf, authority.revoked.has(leaf.serial), now);
    authority.faults = setup.caFaults;
    // A server with the operation forget is not waited for.
    authority.judgeChallenge = (owner) =>
      setup.orders === 0 &&
      this.chronicle.violate(`the CA was told before every server showed ${owner}`);
  }

  /** A clock that is wrong, or documents that are lost, excuse what cannot be known then. */
  #judgeIssuance(): void {
    const { clockSteps, losses } = this.setup;
    if (clockSteps > 0 || losses > 0) return;
    this.authority.judgeOrder = (leaf, now) => this.issuance.given(leaf, now);
    this.services.judgePlacing = (_endpoint, key, tokens) =>
      this.issuance.placed(key, tokens, this.advice.recalled);
  }

  /** What was in place before holger was installed. */
  #settle(): void {
    const { endpoints, workers, leafOnly, withoutTls, unreadable, start, startTtl } = this.setup;
    const { chance } = this;
    const standing = new Map<Fqdn, string[]>();
    let number = 0;
    for (const host of this.hosts) {
      const owner = this.#ownerAt(host);
      const records = standing.get(owner) ?? [];
      standing.set(owner, records);
      for (let index = 0; index < endpoints; index += 1) {
        number += 1;
        const tokens = this.authority.issue(`old-${number}`, [host]);
        const tls = !chance.happens(withoutTls);
        const bare = chance.happens(leafOnly);
        const readable = !chance.happens(unreadable);
        const place = { host, owner, address: `192.0.2.${number}` };
        const traits = { workers, leafOnly: bare, tls, readable };
        this.services.endpoints.push(endpointAt(place, tokens, traits));
        const [leaf, issuer] = tokens;
        if (leaf === undefined || issuer === undefined) continue;
        if (start === 'matching' || start === 'both') records.push(recordOf(3, 1, 1, leaf));
        if (start === 'both') records.push(recordOf(3, 0, 1, leaf));
        if (start === 'authority') records.push(recordOf(2, 1, 1, issuer));
      }
      if (start === 'broken') {
        const [stranger] = this.authority.issue('stranger', [host]);
        if (stranger !== undefined) records.push(recordOf(3, 1, 1, stranger));
      }
    }
    for (const [owner, records] of standing) {
      if (records.length === 0) continue;
      if (this.setup.before && this.setup.assumedTtl > 0) {
        const old = records.slice(0, Math.ceil(records.length / 2));
        const ttl = Math.min(this.setup.assumedTtl, chance.pick([60, 600, 3600]));
        this.zone.holdFromBefore(owner, start === 'matching' ? records : old, ttl);
      }
      this.zone.change(owner, 'TLSA', records, startTtl, 'start');
      // It was not queried while it was absent: that was long ago.
      this.zone.forgetAbsence(owner);
    }
  }

  /**
   * What people do to the names themselves does not count: wildcards are where only holger writes.
   */
  get #wildcard(): Setup['wildcard'] {
    const { wildcard = 'none', start, people, alias } = this.setup;
    return start === 'absent' && people === 0 && !alias ? wildcard : 'none';
  }

  #putWildcards(): void {
    if (this.#wildcard === 'none') return;
    const { standing } = this.zone;
    standing.set('*.example.org. A', ['c0000263']);
    standing.set('*.example.org. MX', ['000a00']);
    if (this.#wildcard === 'services') {
      for (const host of this.hosts) standing.set(`*.${host}. SRV`, ['000000']);
    }
    if (this.#wildcard !== 'hosts') this.#putHosts();
    this.zone.asked = this.hosts.flatMap((host) => [
      { name: fqdn(host), type: 'A' },
      { name: fqdn(host), type: 'MX' },
      { name: fqdn(`_imaps._tcp.${host}`), type: 'SRV' },
      { name: fqdn('www.example.org'), type: 'A' },
    ]);
  }

  /** Every host that is queried has records of its own. */
  #putHosts(): void {
    const { standing } = this.zone;
    for (const host of this.hosts) {
      standing.set(`${host}. A`, ['c0000263']);
      standing.set(`${host}. MX`, ['000a00']);
    }
  }

  /** The queries of holger before it writes. */
  #mendNames(): void {
    if (this.#wildcard === 'none') return;
    this.#putHosts();
    if (this.#wildcard !== 'services') return;
    for (const host of this.hosts) this.zone.standing.set(`*._tcp.${host}. SRV`, ['000000']);
  }

  /** The owner of a host. */
  #ownerAt(host: string): Fqdn {
    const asked = askedFor(host);
    return this.zone.aliases.get(asked) ?? asked;
  }

  /** Everything works from now on. */
  heal(): void {
    this.faulty = false;
    this.timeline.clockError = 0;
    this.authority.faults = 0;
    this.advice.calm();
    this.timeline.advanceTo(this.timeline.now() + 600);
    this.zone.heal();
    this.services.heal();
    this.#mendNames();
    this.chronicle.note('all faults end');
  }

  lineage(): Lineage {
    const { storage, timeline } = this;
    const lineage = storage.document<Lineage>(lineageKey(NAME)) ?? newLineage(NAME);
    return shiftLineage(lineage, stepBetween(lineage.savedAt, timeline.clock().moment?.()));
  }
}
