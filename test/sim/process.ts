// Processes of holger: each has its ports, runs once, and may end at any instant.
import { AppError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { dueAt } from '../../src/engine/renewal.ts';
import { revoke } from '../../src/engine/revoke.ts';
import { run } from '../../src/engine/run.ts';
import type { Event } from '../../src/engine/events.ts';
import type { RunResult } from '../../src/engine/result.ts';
import type { Operation, Task, World } from '../../src/engine/world.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Intent, Policy } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { newServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { ServiceHistory } from '../../src/rollover/record/service-history.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import type { Chronicle } from './chronicle.ts';
import { NAME, askedFor } from './scene.ts';
import type { Scene } from './scene.ts';
import { serviceAt } from './services.ts';
import type { Endpoint } from './services.ts';
import { derOf, keyOf, tokenOf } from './tokens.ts';

/** After so many processes the planner is asked whether it depends on the facts alone. */
const PLANS_JUDGED = 8;

/** The process ends here; the state directory stays. */
export class Crash extends Error {}

export type Ended = RunResult | 'crashed';

/** The ports of one process of holger, from its start to its exit or its crash. */
interface Process {
  readonly world: World;
  readonly alive: () => void;
  readonly isDead: () => boolean;
}

export class Processes {
  readonly #scene: Scene;
  #count = 0;
  crashRate: number;
  crashes = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.crashRate = scene.setup.crash;
  }

  #policy(): Policy {
    const { setup, ttl } = this.#scene;
    const { records, trustAnchors, ttlFactor, cacheFloor, assumedTtl, margin, settle } = setup;
    const { rollbackAfter } = setup;
    return {
      ...{ records, trustAnchors, ttl, ttlFactor, cacheFloor, assumedTtl, margin, settle },
      ...(rollbackAfter >= 0 ? { rollbackAfter } : {}),
    };
  }

  /** What the operator knows of the CA: which of its certificates, or that they are unreadable. */
  #anchors(): Pick<Intent, 'anchors' | 'anchorsUnread'> {
    const { setup, authority, faulty } = this.#scene;
    const { anchors = 'none' } = setup;
    if (anchors === 'none') return {};
    const known = authority.intermediates.map((one) => ({ der: derOf(one), spki: keyOf(one) }));
    if (anchors === 'known' || !faulty) return { anchors: known.slice(1) };
    const turn = this.#count % 7;
    if (turn === 6) return {};
    if (turn === 5) return { anchors: [], anchorsUnread: 'the file cannot be read' };
    return { anchors: known.slice(turn % 3) };
  }

  #task(force: boolean, alive: () => void): Task {
    const { setup, hosts, services } = this.#scene;
    const targets = services.endpoints.map((endpoint) =>
      services.target(endpoint, alive, setup.elsewhere),
    );
    const intent: Intent = {
      name: NAME,
      domains: hosts,
      keyType: 'ec-p256',
      dane: true,
      strategy: setup.strategy,
      ...(setup.rotate ? { rotateKeyEvery: 40_000 } : {}),
      directory: 'sim:ca',
      services: hosts.map((host) => ({
        id: serviceAt({ host }),
        owner: askedFor(host),
        ...(setup.alias ? { ownerIsOurs: true as const } : {}),
        names: [host],
        smtpLike: true,
        running: true,
        reachable: true,
      })),
      targets: targets.map(({ id, label, stage }) => ({
        ...{ id, label },
        ...(stage === undefined ? {} : { isElsewhere: true as const }),
      })),
      policy: this.#policy(),
      ...this.#anchors(),
      force,
    };
    return {
      intent,
      neighbours: [],
      reach: Object.fromEntries(
        hosts.map((host) => [
          serviceAt({ host }),
          { host, port: 25, protocol: 'smtp' as const, serverName: host },
        ]),
      ),
      targets,
    };
  }

  #begin(): Process {
    const { chance, timeline, storage, zone, services, authority, pki } = this.#scene;
    const { chronicle } = this.#scene;
    let dead = false;
    const alive = (): void => {
      if (dead) throw new Crash('this process has ended');
    };
    zone.forgetUnsaved();
    const provider = zone.provider(alive);
    const issuer = authority.issuer(alive);
    const world: World = {
      clock: timeline.clock(),
      random: () => chance.next(),
      store: storage.store(alive),
      files: storage.files(alive),
      resolver: zone.resolver(alive, addressesOf(this.#scene.hosts, services.endpoints)),
      probe: services.probe(alive),
      issuerAt: () => issuer,
      providerFor: () => provider,
      pki,
      log: silentLogger,
      emit: (event) => chronicle.note(eventText(event)),
      instant: (label) => {
        alive();
        if (this.crashRate === 0 || !chance.happens(this.crashRate)) return;
        dead = true;
        this.crashes += 1;
        chronicle.note(`crash ${label}`);
        throw new Crash(label);
      },
    };
    return { world, alive, isDead: () => dead };
  }

  /** One process of holger. */
  async run(force: boolean, ordered?: Operation): Promise<Ended> {
    const { setup, issuance, judge, chronicle, faulty } = this.#scene;
    const { world, alive, isDead } = this.#begin();
    if (force || ordered?.kind === 'emergency') issuance.excuse();
    const plain = this.#task(force, alive);
    if (ordered?.kind === 'forget') judge.sayGone(ordered.address);
    const task = ordered === undefined ? plain : { ...plain, operation: ordered };
    const byTimer = setup.timer && faulty && !force && ordered === undefined;
    const options = { wait: false, dryRun: false, named: !byTimer, parallel: 1, orders: 1 };
    const summary = await run([task], world, options, {});
    if (isDead()) return 'crashed';
    const result = summary.results.get(NAME);
    if (result === undefined) throw new Error('no result');
    judgeBugs(result, chronicle);
    this.#count += 1;
    if (this.#count % PLANS_JUDGED === 0) this.#judgePlan(plain);
    return result;
  }

  /**
   * The operator revokes a certificate that is not served any more, or tries to with another one.
   */
  async revoke(): Promise<void> {
    const { chance, issuance, chronicle } = this.#scene;
    const { world, alive } = this.#begin();
    const { generations } = this.#scene.lineage();
    const chosen = chance.happens(0.5) ? generations.at(-2) : undefined;
    const which = chosen === undefined ? {} : { generation: chosen.number };
    const task = this.#task(false, alive);
    try {
      const number = await revoke(task, { ...which, reason: 4, dryRun: false }, world, {});
      const leaf = generations.find((one) => one.number === number)?.chain?.certificates[0];
      chronicle.note(`operator: generation ${number} is revoked`);
      issuance.excuse();
      if (leaf !== undefined) issuance.revoked.add(tokenOf(leaf.der).serial);
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof Crash)) throw error;
      chronicle.note(`revoke failed: ${error.message}`);
    }
  }

  /** The same facts give the same decision, also after a round trip through JSON. */
  #judgePlan(task: Task): void {
    const { storage, timeline, chronicle } = this.#scene;
    const owners: Record<string, OwnerHistory> = {};
    const services: Record<string, ServiceHistory> = {};
    for (const { owner, id } of task.intent.services) {
      const history = storage.document<OwnerHistory>(`owner/${owner}`);
      if (history !== undefined) owners[owner] = history;
      services[id] = storage.document(`service/${id}`) ?? newServiceHistory(id);
    }
    const now = timeline.now();
    const facts: Facts = {
      lineage: this.#scene.lineage(),
      owners,
      services,
      placed: [],
      neighbours: [],
      wantedByOthers: {},
      trusted: {},
      lookedAt: now,
    };
    const decide = (given: Facts): string =>
      JSON.stringify(plan(task.intent, given, dueAt(task, given.lineage), now));
    const first = decide(facts);
    if (decide(facts) !== first) chronicle.violate('planning twice gives two plans');
    const copy = JSON.parse(JSON.stringify(facts)) as Facts;
    if (decide(copy) !== first) {
      chronicle.violate('a plan does not survive a round trip through JSON');
    }
  }
}

/** By host, as A records. */
export function addressesOf(
  hosts: readonly string[],
  endpoints: readonly Pick<Endpoint, 'host' | 'address'>[],
): ReadonlyMap<string, readonly RdataHex[]> {
  const hex = (octet: string): string => Number(octet).toString(16).padStart(2, '0');
  return new Map(
    hosts.map((host) => {
      const here = endpoints.filter((endpoint) => endpoint.host === host);
      const rdata = here.map(({ address }) => address.split('.').map(hex).join(''));
      return [`${host}.`, [...new Set(rdata)]];
    }),
  );
}

/** What holger says of one certificate. */
export function eventText(event: Event): string {
  switch (event.event) {
    case 'waiting':
    case 'blocked':
      return `${event.event}: ${event.reasons.map(({ because }) => because).join('; ')}`;
    case 'operator':
      return `operator: ${event.what}, ${event.detail}`;
    case 'failed':
      return `failed: ${event.code} ${event.message}`;
    default:
      return event.event;
  }
}

export function judgeBugs(result: RunResult, chronicle: Chronicle): void {
  if ('failure' in result && result.failure.code === 'BUG') {
    chronicle.violate(`bug: ${result.failure.stack ?? result.failure.message}`);
  }
}
