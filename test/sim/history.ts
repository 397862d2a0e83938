// One history: a world with faults and people in it, holger started again and again, and a judge
// who sees everything.
import type { Instant } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { dueAt } from '../../src/engine/renewal.ts';
import { revoke } from '../../src/engine/revoke.ts';
import { AppError } from '../../src/base/errors.ts';
import { run } from '../../src/engine/run.ts';
import type { RunResult } from '../../src/engine/result.ts';
import type { Operation, Pki, Task, World } from '../../src/engine/world.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import { shiftLineage, stepBetween } from '../../src/rollover/record/clock-step.ts';
import { liveGeneration, newLineage, stagedGeneration } from '../../src/rollover/model.ts';
import type { Generation, Intent, Lineage, Policy } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { newServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { ServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import { Advice } from './advice.ts';
import { Authority } from './authority.ts';
import { Chance } from './chance.ts';
import { clientText, recordOf, refusing } from './client.ts';
import type { Served } from './client.ts';
import { Issuance } from './issuance.ts';
import { Services, endpointAt } from './services.ts';
import type { Endpoint, TargetFault } from './services.ts';
import type { Setup } from './setup.ts';
import { Storage } from './storage.ts';
import { Timeline } from './timeline.ts';
import { createPki, hex, pemOf, tokenOf } from './tokens.ts';
import type { Token } from './tokens.ts';
import { Zone, keyOfOwner, nameServers } from './zone.ts';

const START = 1_795_262_400;
const DAY = 86_400;
const LIFETIME = 90 * DAY;
/** The signer signs again at least so often. */
const SIGNED_ANEW = 10 * DAY;
const NAME = 'mail';
const TARGET = fqdn('_dane.example.org');
const serviceAt = (host: string): string => `smtp://${host}:25`;
const askedFor = (host: string): Fqdn => fqdn(`_25._tcp.${host}`);
/** After the faults: more runs than any rollover takes. */
const MOST_LOOKS = 400;
/** After so many processes the planner is asked whether it depends on the facts alone. */
const PLANS_JUDGED = 8;

/** The process ends here; the state directory stays. */
class Crash extends Error {}

export interface Outcome {
  /** Each is a law that was broken; empty if all is well. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly proven: number;
  readonly crashes: number;
}

class History {
  readonly #setup: Setup;
  readonly #chance: Chance;
  readonly #timeline = new Timeline(START);
  readonly #zone: Zone;
  readonly #services: Services;
  readonly #authority: Authority;
  readonly #storage = new Storage();
  readonly #pki: Pki;
  readonly #advice: Advice;
  readonly #issuance = new Issuance((text) => this.#violate(text));
  readonly #violations: string[] = [];
  readonly #trace: string[] = [];
  readonly #hosts: readonly string[];
  /** Addresses of endpoints with the operation forget. */
  readonly #saidGone = new Set<string>();
  #strict = true;
  #crashRate: number;
  #crashes = 0;
  #processes = 0;
  #signedAt: Instant = START;
  #faulty = true;
  #ttl: number;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#chance = new Chance(setup.seed);
    this.#crashRate = setup.crash;
    this.#ttl = setup.ttl;
    const chance = this.#chance;
    const timeline = this.#timeline;
    this.#zone = new Zone({
      timeline,
      chance,
      addresses: nameServers(setup.addresses),
      signers: setup.signers,
      hidden: setup.hidden,
      negativeTtl: setup.negativeTtl,
      tellsJumps: setup.assumedTtl > 0,
      faults: { lag: setup.lag, loss: setup.loss, lostAnswers: setup.lostAnswers },
    });
    const { reloadTakes, stuck, loss } = setup;
    this.#services = new Services(timeline, chance, { reloadTakes, stuck, loss });
    this.#authority = new Authority({
      timeline,
      chance,
      lifetime: LIFETIME,
      withRoot: setup.withRoot,
      served: (owner, value) => {
        const txt = hex(String.fromCharCode(value.length) + value);
        return this.#zone.addresses.every(({ copy }) =>
          copy.rrsets.get(keyOfOwner(owner, 'TXT'))?.rdata.includes(txt),
        );
      },
    });
    const { ari = 'none' } = setup;
    this.#pki = createPki('key', [], ari !== 'none');
    this.#advice = new Advice(chance, ari === 'wild');
    this.#authority.window = (leaf, now) =>
      this.#advice.of(leaf, this.#authority.revoked.has(leaf.serial), now);
    this.#authority.faults = setup.caFaults;
    // A server with the operation forget is not waited for.
    this.#authority.judgeChallenge = (owner) =>
      setup.orders === 0 && this.#violate(`the CA was told before every server showed ${owner}`);
    this.#hosts = ['mx1.example.org', 'mx2.example.org'].slice(0, setup.services);
    if (setup.alias) {
      for (const host of this.#hosts) this.#zone.aliases.set(askedFor(host), TARGET);
    }
    this.#settle();
    this.#putWildcards();
    this.#zone.judgeNames = (lost) => {
      const names = lost.map(({ name, type }) => `${type} of ${name}`).join(', ');
      this.#violate(`rule 26: a write removes the answer for ${names}`);
    };
    this.#zone.judgeWrite = (owner, before, after) => this.#judgeWrite(owner, before, after);
    this.#zone.judgeAll = () => this.#judgeAll();
    this.#services.judgeSwitch = (...args) => this.#judgeSwitch(...args);
    this.#judgeIssuance();
    timeline.whileAsleep = () => this.#people();
    this.#storage.whenWritten = (key) => {
      this.#heedWord(key);
      const owner = key.replace(/^owner\//, '');
      this.#zone.saved(this.#zone.aliases.get(owner) ?? owner);
    };
    this.#strict = setup.people === 0 && this.#refusals().length === 0;
  }

  /** A clock that is wrong, or documents that are lost, excuse what cannot be known then. */
  #judgeIssuance(): void {
    const { clockSteps, losses } = this.#setup;
    if (clockSteps > 0 || losses > 0) return;
    this.#authority.judgeOrder = (leaf, now) => this.#issuance.given(leaf, now);
    this.#services.judgePlacing = (_endpoint, key, tokens) =>
      this.#issuance.placed(key, tokens, this.#advice.recalled);
  }

  /** What was in place before holger was installed. */
  #settle(): void {
    const { endpoints, workers, leafOnly, withoutTls, unreadable, start, startTtl } = this.#setup;
    const chance = this.#chance;
    const standing = new Map<Fqdn, string[]>();
    let number = 0;
    for (const host of this.#hosts) {
      const owner = this.#ownerAt(host);
      const records = standing.get(owner) ?? [];
      standing.set(owner, records);
      for (let index = 0; index < endpoints; index += 1) {
        number += 1;
        const tokens = this.#authority.issue(`old-${number}`, [host]);
        const tls = !chance.happens(withoutTls);
        const bare = chance.happens(leafOnly);
        const readable = !chance.happens(unreadable);
        const place = { host, owner, address: `192.0.2.${number}` };
        const traits = { workers, leafOnly: bare, tls, readable };
        this.#services.endpoints.push(endpointAt(place, tokens, traits));
        const [leaf, issuer] = tokens;
        if (leaf === undefined || issuer === undefined) continue;
        if (start === 'matching' || start === 'both') records.push(recordOf(3, 1, 1, leaf));
        if (start === 'both') records.push(recordOf(3, 0, 1, leaf));
        if (start === 'authority') records.push(recordOf(2, 1, 1, issuer));
      }
      if (start === 'broken') {
        const [stranger] = this.#authority.issue('stranger', [host]);
        if (stranger !== undefined) records.push(recordOf(3, 1, 1, stranger));
      }
    }
    for (const [owner, records] of standing) {
      if (records.length === 0) continue;
      if (this.#setup.before && this.#setup.assumedTtl > 0) {
        const old = records.slice(0, Math.ceil(records.length / 2));
        const ttl = Math.min(this.#setup.assumedTtl, chance.pick([60, 600, 3600]));
        this.#zone.holdFromBefore(owner, start === 'matching' ? records : old, ttl);
      }
      this.#zone.change(owner, 'TLSA', records, startTtl, 'start');
      // It was not queried while it was absent: that was long ago.
      this.#zone.forgetAbsence(owner);
    }
  }

  /**
   * What people do to the names themselves does not count: wildcards are where only holger writes.
   */
  get #wildcard(): Setup['wildcard'] {
    const { wildcard = 'none', start, people, alias } = this.#setup;
    return start === 'absent' && people === 0 && !alias ? wildcard : 'none';
  }

  #putWildcards(): void {
    if (this.#wildcard === 'none') return;
    const { standing } = this.#zone;
    standing.set('*.example.org. A', ['c0000263']);
    standing.set('*.example.org. MX', ['000a00']);
    if (this.#wildcard === 'services') {
      for (const host of this.#hosts) standing.set(`*.${host}. SRV`, ['000000']);
    }
    if (this.#wildcard !== 'hosts') this.#putHosts();
    this.#zone.asked = this.#hosts.flatMap((host) => [
      { name: fqdn(host), type: 'A' },
      { name: fqdn(host), type: 'MX' },
      { name: fqdn(`_imaps._tcp.${host}`), type: 'SRV' },
      { name: fqdn('www.example.org'), type: 'A' },
    ]);
  }

  /** Every host that is queried has records of its own. */
  #putHosts(): void {
    const { standing } = this.#zone;
    for (const host of this.#hosts) {
      standing.set(`${host}. A`, ['c0000263']);
      standing.set(`${host}. MX`, ['000a00']);
    }
  }

  /** The queries of holger before it writes. */
  #mendNames(): void {
    if (this.#wildcard === 'none') return;
    this.#putHosts();
    if (this.#wildcard !== 'services') return;
    for (const host of this.#hosts) this.#zone.standing.set(`*._tcp.${host}. SRV`, ['000000']);
  }

  /** The owner of a host. */
  #ownerAt(host: string): Fqdn {
    const asked = askedFor(host);
    return this.#zone.aliases.get(asked) ?? asked;
  }

  #note(text: string): void {
    this.#trace.push(`${(this.#timeline.now() - START).toFixed(1)} ${text}`);
  }

  #violate(text: string): void {
    this.#note(`VIOLATION ${text}`);
    this.#violations.push(`${(this.#timeline.now() - START).toFixed(1)} s: ${text}`);
  }

  #judgeWrite(
    owner: string,
    before: { readonly rdata: readonly string[] },
    after: { readonly rdata: readonly string[] },
  ): void {
    const now = this.#timeline.now();
    this.#note(`written ${owner} [${shorts(before.rdata)}] → [${shorts(after.rdata)}]`);
    for (const endpoint of this.#services.endpoints) {
      if (endpoint.owner !== owner || this.#isGivenUp(endpoint)) continue;
      for (const { served } of endpoint.workers) {
        const could = refusing(served, before.rdata, endpoint.host, now);
        const cannot = refusing(served, after.rdata, endpoint.host, now);
        const loser = cannot.find((support) => !could.includes(support));
        if (loser === undefined) continue;
        const who = `${clientText(loser)} at ${endpoint.address} (${servedText(served)})`;
        this.#violate(`publishing law: a write to ${owner} makes clients with ${who} refuse`);
      }
    }
  }

  #judgeSwitch(endpoint: Endpoint, before: Served, after: Served, toldAt?: Instant): void {
    if (before === after || this.#isGivenUp(endpoint)) return;
    const { owner, host, address, disk } = endpoint;
    const now = this.#timeline.now();
    // What other people put there does not count, unless holger had seen it and had it loaded all
    // the same.
    const isSeen = disk.shownAt !== undefined && toldAt !== undefined && disk.shownAt < toldAt;
    const placedAt = disk.placedAt > -Infinity ? disk.placedAt : isSeen ? toldAt : undefined;
    if (placedAt === undefined) {
      if (servedText(before) !== servedText(after)) this.#strict = false;
      return;
    }
    if (servedText(before) !== servedText(after)) {
      this.#note(`${address} loads ${servedText(after)} instead of ${servedText(before)}`);
    }
    for (const instance of this.#zone.held(owner)) {
      // What people did and holger could not know yet when it placed the files is not its act.
      if (!this.#zone.wasShown(owner, instance, placedAt)) continue;
      if (this.#zone.wasGivenUp(instance)) continue;
      const could = refusing(before, instance.rdata, host, now);
      const loser = refusing(after, instance.rdata, host, now).find(
        (support) => !could.includes(support),
      );
      if (loser === undefined) continue;
      const held = `[${shorts(instance.rdata)}] TTL ${instance.ttl}`;
      this.#violate(
        `deploying law: ${address} presents ${servedText(after)}; clients with ${clientText(loser)} hold ${held}`,
      );
    }
    this.#judgeAll();
  }

  /** A document says that holger does not wait for an address any more, by the operation forget. */
  #heedWord(key: string): void {
    if (this.#saidGone.size === 0) return;
    const known = this.#storage.document<Pick<ServiceHistory, 'forgotten'>>(key);
    for (const address of known?.forgotten ?? []) {
      if (!this.#saidGone.has(address)) continue;
      // What is written while an endpoint is silent is still there when it answers again.
      this.#strict = false;
      this.#zone.giveUp(address);
    }
  }

  /** What happens to it until it answers again was accepted with the operation forget. */
  #isGivenUp({ host, address }: Endpoint): boolean {
    if (!this.#saidGone.has(address)) return false;
    const known = this.#storage.document<ServiceHistory>(`service/${serviceAt(host)}`);
    return known?.forgotten?.includes(address) === true;
  }

  /** Every client, every endpoint and every RRset that a cache may hold now. */
  #refusals(): string[] {
    const now = this.#timeline.now();
    const watched = this.#services.endpoints.filter((endpoint) => !this.#isGivenUp(endpoint));
    return watched.flatMap(({ owner, host, address, workers }) =>
      this.#zone.held(owner).flatMap(({ rdata, ttl }) =>
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
    this.#violate(`a client is refused: ${refusal}`);
  }

  /** A person edits the zone by hand, or moves a service. */
  #people(): void {
    const chance = this.#chance;
    if (!this.#faulty || !chance.happens(this.#setup.people)) return;
    const endpoint = chance.pick(this.#services.endpoints);
    const { owner } = endpoint;
    const { rdata, ttl } = this.#zone.current(owner, 'TLSA');
    const served = chance.pick(endpoint.workers).served;
    const tokens: readonly Token[] =
      served === 'no-tls' || chance.happens(0.3)
        ? this.#authority.issue('foreign', [endpoint.host])
        : served;
    const [leaf] = tokens;
    const issuer = chance.pick(this.#authority.intermediates);
    if (leaf === undefined) return;
    const act = chance.pick(['add', 'add', 'remove', 'ttl', 'wipe'] as const);
    const record = chance.pick([
      recordOf(3, 1, 1, leaf),
      recordOf(3, 0, 1, leaf),
      recordOf(3, 1, 2, leaf),
      recordOf(2, 1, 1, issuer),
      recordOf(2, 0, 1, issuer),
    ]);
    const change = (next: readonly string[], newTtl: number): void => {
      this.#zone.change(owner, 'TLSA', next, newTtl, 'people');
      this.#note(`people: ${act} at ${owner}: [${shorts(next)}] TTL ${newTtl}`);
    };
    if (act === 'add') change([...rdata, record], rdata.length === 0 ? 300 : ttl);
    else if (rdata.length === 0) return;
    else if (act === 'ttl') change(rdata, chance.pick([30, 300, 3600]));
    else if (act === 'wipe' && chance.happens(0.2)) change([], ttl);
    else {
      const gone = chance.pick(rdata);
      change(
        rdata.filter((item) => item !== gone),
        ttl,
      );
    }
  }

  #mishaps(): void {
    const chance = this.#chance;
    const { loss, restarts, stuck, withoutTls } = this.#setup;
    if (loss > 0 && chance.happens(0.2)) {
      this.#zone.silence(Math.floor(chance.between(0, 9)), chance.between(0, 7200));
    }
    const endpoint = chance.pick(this.#services.endpoints);
    const now = this.#timeline.now();
    if (loss > 0 && chance.happens(0.1)) endpoint.silentUntil = now + chance.between(0, 7200);
    if (stuck > 0 && chance.happens(0.1)) endpoint.reloadFailsUntil = now + chance.between(0, 3600);
    if (this.#rollbackAfter !== undefined && chance.happens(0.4)) {
      endpoint.readOnlyUntil = now + chance.between(0, 7200);
    }
    if (restarts && chance.happens(0.4)) {
      this.#timeline.in(chance.between(0, 600), () => this.#services.restart(endpoint));
    }
    if (withoutTls > 0 && chance.happens(0.1)) this.#services.switchOn(endpoint);
    if (chance.mayHappen(this.#setup.targets)) this.#spoil(endpoint);
    if (chance.mayHappen(this.#setup.targets)) this.#services.mend(endpoint);
    if (chance.mayHappen(this.#setup.revokes)) this.#recall(chance.pick([-1, -1, -2, -3]));
    if (this.#setup.assumedTtl > 0 && chance.happens(this.#setup.losses)) {
      this.#note('the documents are lost');
      if (chance.happens(0.5)) this.#storage.loseDocuments();
      else this.#storage.truncateDocuments();
    }
    if (chance.happens(this.#setup.clockSteps)) {
      this.#timeline.clockError = chance.between(-86_400, 86_400);
      this.#note(`the clock is off by ${this.#timeline.clockError.toFixed(0)} s`);
    }
  }

  #spoil(endpoint: Endpoint): void {
    const chance = this.#chance;
    const fault = chance.pick<TargetFault>([
      ...(['moved', 'keyless', 'reload-fails', 'folder-gone', 'overwritten', 'deleted'] as const),
    ]);
    // A backup that is restored, or a foreign certificate.
    const { generations } = this.#lineage();
    const pem =
      generations.length > 0 && chance.happens(0.5) ? chance.pick(generations).chain : undefined;
    const tokens =
      pem === undefined
        ? this.#authority.issue('foreign', [endpoint.host])
        : pem.certificates.map(({ der }) => tokenOf(der));
    this.#note(`${fault} at ${endpoint.address}`);
    this.#services.spoil(endpoint, fault, tokens);
  }

  /** The CA revokes a certificate by itself: the newest generation, or one before it. */
  #recall(which: number): void {
    const leaf = this.#lineage().generations.at(which)?.chain?.certificates[0];
    if (leaf === undefined) return;
    const { serial } = tokenOf(leaf.der);
    this.#note(`the CA revokes number ${serial}`);
    this.#authority.revoked.add(serial);
  }

  #order(count: number): Operation | undefined {
    const chance = this.#chance;
    const [first] = this.#services.endpoints;
    if (count === 0 && this.#setup.adopts && first !== undefined) {
      const { tokens } = first.disk;
      return { kind: 'adopt', privkeyPem: tokens[0]?.key ?? '', chainPem: pemOf(tokens) };
    }
    if (!chance.happens(this.#setup.orders)) return undefined;
    const address = chance.pick([
      ...this.#zone.addresses.map((server) => server.address),
      ...this.#services.endpoints.map((endpoint) => endpoint.address),
    ]);
    return chance.pick<Operation>([
      { kind: 'rollback' },
      { kind: 'emergency', records: 'keep' },
      { kind: 'emergency', records: 'withdraw' },
      { kind: 'off' },
      { kind: 'on' },
      { kind: 'forget', address },
    ]);
  }

  #policy(): Policy {
    const { records, trustAnchors, ttlFactor, cacheFloor, assumedTtl, margin, settle } =
      this.#setup;
    const ttl = this.#ttl;
    const rollbackAfter = this.#rollbackAfter;
    return {
      ...{ records, trustAnchors, ttl, ttlFactor, cacheFloor, assumedTtl, margin, settle },
      ...(rollbackAfter === undefined ? {} : { rollbackAfter }),
    };
  }

  get #rollbackAfter(): number | undefined {
    const { rollbackAfter } = this.#setup;
    return rollbackAfter >= 0 ? rollbackAfter : undefined;
  }

  #task(force: boolean, alive: () => void): Task {
    const targets = this.#services.endpoints.map((endpoint) =>
      this.#services.target(endpoint, alive),
    );
    const intent: Intent = {
      name: NAME,
      domains: this.#hosts,
      keyType: 'ec-p256',
      dane: true,
      strategy: this.#setup.strategy,
      ...(this.#setup.rotate ? { rotateKeyEvery: 40_000 } : {}),
      directory: 'sim:ca',
      services: this.#hosts.map((host) => ({
        id: serviceAt(host),
        owner: askedFor(host),
        ...(this.#setup.alias ? { ownerIsOurs: true as const } : {}),
        names: [host],
        smtpLike: true,
        running: true,
        reachable: true,
      })),
      targets: targets.map(({ id, label }) => ({ id, label })),
      policy: this.#policy(),
      force,
    };
    return {
      intent,
      neighbours: [],
      reach: Object.fromEntries(
        this.#hosts.map((host) => [
          serviceAt(host),
          { host, port: 25, protocol: 'smtp' as const, serverName: host },
        ]),
      ),
      targets,
    };
  }

  /** The ports of one process of holger, from its start to its exit or its crash. */
  #begin(): { readonly world: World; readonly alive: () => void; readonly isDead: () => boolean } {
    let dead = false;
    const alive = (): void => {
      if (dead) throw new Crash('this process has ended');
    };
    const hosts = new Map(
      this.#hosts.map((host) => [
        `${host}.`,
        this.#services.endpoints
          .filter((endpoint) => endpoint.host === host)
          .map(({ address }) =>
            address
              .split('.')
              .map((octet) => Number(octet).toString(16).padStart(2, '0'))
              .join(''),
          ),
      ]),
    );
    this.#zone.forgetUnsaved();
    const provider = this.#zone.provider(alive);
    const issuer = this.#authority.issuer(alive);
    const world: World = {
      clock: this.#timeline.clock(),
      random: () => this.#chance.next(),
      store: this.#storage.store(alive),
      files: this.#storage.files(alive),
      resolver: this.#zone.resolver(alive, hosts),
      probe: this.#services.probe(alive),
      issuerAt: () => issuer,
      providerFor: () => provider,
      pki: this.#pki,
      log: silentLogger,
      emit: (event) => {
        if (event.event === 'waiting' || event.event === 'blocked') {
          const why = event.reasons.map(({ because }) => because).join('; ');
          this.#note(`${event.event}: ${why}`);
        } else if (event.event === 'operator') {
          this.#note(`operator: ${event.what}, ${event.detail}`);
        } else if (event.event === 'failed') this.#note(`failed: ${event.code} ${event.message}`);
        else this.#note(event.event);
      },
      instant: (label) => {
        alive();
        if (this.#crashRate === 0 || !this.#chance.happens(this.#crashRate)) return;
        dead = true;
        this.#crashes += 1;
        this.#note(`crash ${label}`);
        throw new Crash(label);
      },
    };
    return { world, alive, isDead: () => dead };
  }

  /** One process of holger. */
  async #process(force: boolean, ordered?: Operation): Promise<RunResult | 'crashed'> {
    const { world, alive, isDead } = this.#begin();
    if (force || ordered?.kind === 'emergency') this.#issuance.excuse();
    const plain = this.#task(force, alive);
    if (ordered?.kind === 'forget') this.#saidGone.add(ordered.address);
    const task = ordered === undefined ? plain : { ...plain, operation: ordered };
    const byTimer = this.#setup.timer && this.#faulty && !force && ordered === undefined;
    const options = { wait: false, dryRun: false, named: !byTimer, parallel: 1, orders: 1 };
    const summary = await run([task], world, options, {});
    if (isDead()) return 'crashed';
    const result = summary.results.get(NAME);
    if (result === undefined) throw new Error('no result');
    if ('failure' in result && result.failure.code === 'BUG') {
      this.#violate(`bug: ${result.failure.stack ?? result.failure.message}`);
    }
    this.#processes += 1;
    if (this.#processes % PLANS_JUDGED === 0) this.#judgePlan(plain);
    return result;
  }

  /**
   * The operator revokes a certificate that is not served any more, or tries to with another one.
   */
  async #revoke(): Promise<void> {
    const { world, alive } = this.#begin();
    const { generations } = this.#lineage();
    const chosen = this.#chance.happens(0.5) ? generations.at(-2) : undefined;
    const which = chosen === undefined ? {} : { generation: chosen.number };
    const task = this.#task(false, alive);
    try {
      const number = await revoke(task, { ...which, reason: 4, dryRun: false }, world, {});
      const leaf = generations.find((one) => one.number === number)?.chain?.certificates[0];
      this.#note(`operator: generation ${number} is revoked`);
      this.#issuance.excuse();
      if (leaf !== undefined) this.#issuance.revoked.add(tokenOf(leaf.der).serial);
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof Crash)) throw error;
      this.#note(`revoke failed: ${error.message}`);
    }
  }

  /** The same facts give the same decision, also after a round trip through JSON. */
  #judgePlan(task: Task): void {
    const lineage = this.#lineage();
    const owners: Record<string, OwnerHistory> = {};
    const services: Record<string, ServiceHistory> = {};
    for (const { owner, id } of task.intent.services) {
      const history = this.#storage.document<OwnerHistory>(`owner/${owner}`);
      if (history !== undefined) owners[owner] = history;
      services[id] = this.#storage.document(`service/${id}`) ?? newServiceHistory(id);
    }
    const now = this.#timeline.now();
    const placed: Facts['placed'] = [];
    const facts: Facts = {
      lineage,
      owners,
      services,
      placed,
      neighbours: [],
      wantedByOthers: {},
      trusted: {},
      lookedAt: now,
    };
    const decide = (given: Facts): string =>
      JSON.stringify(plan(task.intent, given, dueAt(task, given.lineage), now));
    const first = decide(facts);
    if (decide(facts) !== first) this.#violate('planning twice gives two plans');
    const copy = JSON.parse(JSON.stringify(facts)) as Facts;
    if (decide(copy) !== first) this.#violate('a plan does not survive a round trip through JSON');
  }

  #lineage(): Lineage {
    const lineage = this.#storage.document<Lineage>(lineageKey(NAME)) ?? newLineage(NAME);
    return shiftLineage(lineage, stepBetween(lineage.savedAt, this.#timeline.clock().moment?.()));
  }

  #passUntil(result: RunResult | 'crashed'): void {
    const chance = this.#chance;
    const now = this.#timeline.now();
    let next = now + chance.between(0, 1800);
    if (result !== 'crashed' && 'standing' in result && result.standing.kind === 'wait') {
      const { until, known } = result.standing;
      if (known && chance.happens(0.7)) next = until - this.#timeline.clockError;
    }
    if (this.#setup.ari !== undefined && chance.happens(0.05))
      next = now + chance.between(0, 20 * DAY);
    this.#passTo(Math.max(now + 1, next));
  }

  /** The zone stays signed for any time. */
  #passTo(to: Instant): void {
    while (to > this.#signedAt + SIGNED_ANEW) {
      this.#timeline.advanceTo(this.#signedAt + SIGNED_ANEW);
      this.#signedAt = this.#timeline.now();
      this.#zone.resign();
    }
    this.#timeline.advanceTo(to);
  }

  async tell(): Promise<Outcome> {
    for (let count = 0; count < this.#setup.runs; count += 1) {
      this.#mishaps();
      this.#people();
      if (this.#chance.happens(0.05)) this.#ttl = this.#setup.ttlLater;
      if (this.#chance.mayHappen(this.#setup.revokes)) await this.#revoke();
      this.#passUntil(await this.#process(this.#chance.happens(0.15), this.#order(count)));
      if (this.#violations.length > 0) return this.#outcome();
    }
    this.#faulty = false;
    this.#timeline.clockError = 0;
    this.#crashRate = 0;
    this.#authority.faults = 0;
    this.#advice.calm();
    this.#timeline.advanceTo(this.#timeline.now() + 600);
    this.#zone.heal();
    this.#services.heal();
    this.#mendNames();
    this.#note('all faults end');
    await this.#process(false, { kind: 'on' });
    await this.#finish(false);
    this.#judgeTargets();
    const { targets = 0, revokes = 0, inTime = false } = this.#setup;
    if (targets > 0) await this.#spoilAndMend();
    await this.#finish(true);
    if (revokes > 0) this.#recall(-1);
    if (inTime) await this.#renewInTime();
    else await this.#finish(true);
    this.#judgeTargets();
    return this.#outcome();
  }

  /** After all faults, every target that can be read has the live files. */
  #judgeTargets(): void {
    if (this.#violations.length > 0) return;
    const leaf = liveGeneration(this.#lineage())?.chain?.certificates[0];
    const live = leaf === undefined ? undefined : tokenOf(leaf.der).serial;
    for (const { address, disk, readable } of this.#services.endpoints) {
      const isKnown = readable || disk.placedAt > -Infinity;
      const holds = disk.keyless !== true && disk.tokens[0]?.serial === live;
      if (isKnown && !holds)
        this.#violate(`rule 27: while idle ${address} does not have the live files`);
    }
  }

  /**
   * While all else is well something happens at one target, holger runs, and a person fixes what
   * only a person can.
   */
  async #spoilAndMend(): Promise<void> {
    if (this.#violations.length > 0) return;
    const endpoint = this.#chance.pick(this.#services.endpoints);
    this.#spoil(endpoint);
    for (let count = 0; count < 2; count += 1) {
      await this.#process(false);
      this.#timeline.advanceTo(this.#timeline.now() + this.#chance.between(0, 4000));
    }
    this.#services.mend(endpoint);
    this.#note('the target is repaired');
    await this.#finish(false);
    this.#judgeTargets();
  }

  /** As a timer does it: without --force, and nothing that is presented expires. */
  async #renewInTime(): Promise<void> {
    if (this.#violations.length > 0) return;
    const begun = this.#timeline.clock().now() + 1;
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const result = await this.#process(false);
      this.#judgeDates();
      if (this.#violations.length > 0) return;
      if (this.#isAtRest(result) && this.#provenSince(begun) !== undefined) return;
      const now = this.#timeline.now();
      this.#passTo(Math.max(now + 5, Math.min(nextTurn(result, now), now + SIGNED_ANEW)));
    }
    this.#violateProgress();
  }

  #isAtRest(result: RunResult | 'crashed'): boolean {
    return result !== 'crashed' && 'standing' in result && result.standing.kind === 'done';
  }

  #judgeDates(): void {
    const now = this.#timeline.now();
    for (const { address, workers } of this.#services.endpoints) {
      for (const { served } of workers) {
        const end = served === 'no-tls' ? Infinity : (served[0]?.to ?? Infinity);
        if (now >= end) this.#violate(`${address} presents an expired certificate`);
      }
    }
  }

  /** One rollover from its beginning until it is idle. */
  async #finish(force: boolean): Promise<void> {
    if (this.#violations.length > 0) return;
    const begun = this.#timeline.clock().now();
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const underWay = stagedGeneration(this.#lineage()) ?? this.#begunSince(begun);
      const result = await this.#process(force && underWay === undefined);
      if (this.#violations.length > 0) return;
      if (this.#isAtRest(result) && this.#provenSince(force ? begun : 0) !== undefined) return;
      const known =
        result !== 'crashed' &&
        'standing' in result &&
        result.standing.kind === 'wait' &&
        result.standing.known;
      const next = known && 'standing' in result ? standingUntil(result) : undefined;
      const { clockError } = this.#timeline;
      // A person is told, and does nothing: what the floor of orders allows comes with time (rule
      // 28).
      const isTold = result !== 'crashed' && result.exit === 4 && this.#setup.ari !== undefined;
      const least = this.#timeline.now() + (isTold ? DAY / 4 : 5);
      this.#passTo(Math.max(least, (next ?? 0) - clockError));
    }
    this.#violateProgress();
  }

  #violateProgress(): void {
    const last = this.#trace.findLast((line) => / (waiting|blocked|failed): /.test(line));
    this.#violate(`progress: no rollover in ${MOST_LOOKS} runs after the faults: ${last ?? ''}`);
  }

  #begunSince(begun: Instant): Generation | undefined {
    return this.#lineage().generations.find(({ issuedAt = -1 }) => issuedAt >= begun);
  }

  #provenSince(begun: Instant): Generation | undefined {
    return this.#lineage().generations.find(({ provenAt = -1 }) => provenAt >= begun);
  }

  #outcome(): Outcome {
    if (this.#violations.length > 0) {
      for (const host of this.#hosts) {
        const known = this.#storage.document<OwnerHistory>(`owner/${askedFor(host)}`);
        this.#note(`known of ${host}: ${JSON.stringify({ ...known, ours: [] })}`);
      }
    }
    return {
      violations: this.#violations,
      trace: this.#trace,
      proven: this.#lineage().generations.filter(({ provenAt }) => provenAt !== undefined).length,
      crashes: this.#crashes,
    };
  }
}

/** When a timer, or a person who is told something, would start it again. */
function nextTurn(result: RunResult | 'crashed', now: Instant): Instant {
  if (result === 'crashed' || !('standing' in result)) return now + 3600;
  const { standing } = result;
  if (standing.kind === 'wait') return standing.known ? standing.until : now + 60;
  return standing.kind === 'done' ? standing.until : now + DAY / 4;
}

function standingUntil(result: RunResult): Instant | undefined {
  return 'standing' in result && result.standing.kind === 'wait'
    ? result.standing.until
    : undefined;
}

function servedText(served: Served): string {
  return served === 'no-tls' ? 'no TLS' : served.map(({ key }) => key).join(' < ');
}

function shorts(rdata: readonly string[]): string {
  return rdata.map((item) => `${item.slice(0, 6)}:${item.slice(6, 12)}`).join(' ');
}

export function tellHistory(setup: Setup): Promise<Outcome> {
  return new History(setup).tell();
}
