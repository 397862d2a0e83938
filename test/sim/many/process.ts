// Processes of holger that work on several certificates at once; two of them may run at the same
// time, and each may end at any instant.
import type { Seconds } from '../../../src/base/clock.ts';
import { createKeyedLimit } from '../../../src/base/limit.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { run } from '../../../src/engine/run.ts';
import type { Operation, Task, World } from '../../../src/engine/world.ts';
import type { RunResult } from '../../../src/engine/result.ts';
import type { Issuer } from '../../../src/ports/issuer.ts';
import type { DnsProvider } from '../../../src/ports/provider.ts';
import { ownersOf } from '../../../src/rollover/law/facts.ts';
import { Crash, addressesOf, eventText, judgeBugs } from '../process.ts';
import { serviceAt } from '../services.ts';
import { Acts } from './acts.ts';
import { askedFor, intentOf } from './certificates.ts';
import type { Certificate } from './certificates.ts';
import type { ManyScene } from './scene.ts';

/** How one process is started. */
export interface Start {
  readonly names: readonly string[];
  /** A timer: an idle certificate is left alone, and pauses apply. */
  readonly byTimer?: boolean;
  readonly force?: boolean;
  /** It stays until all are idle, or so long. */
  readonly wait?: Seconds;
  /** What the operator requests, of each of them. */
  readonly operation?: Operation;
  /** Another process may run at the same time. */
  readonly isBeside?: boolean;
}

/** By certificate; without one that a crash kept from having any. */
export type Results = ReadonlyMap<string, RunResult | 'crashed'>;

interface Life {
  readonly alive: () => void;
  readonly isDead: () => boolean;
  readonly end: (why: string) => void;
  /** Ends what sleeps; also how the operator asks it to stop. */
  readonly stop: AbortController;
}

export class ManyProcesses {
  readonly #scene: ManyScene;
  readonly #acts: Acts;
  crashRate: number;
  killRate: number;
  crashes = 0;

  constructor(scene: ManyScene) {
    this.#scene = scene;
    this.#acts = new Acts(scene.chronicle, new Set(scene.zone.aliases.values()));
    this.crashRate = scene.setup.crash;
    this.killRate = scene.setup.kills;
  }

  #live(): Life {
    const { chronicle } = this.#scene;
    const stop = new AbortController();
    let dead = false;
    return {
      stop,
      alive: () => {
        if (dead) throw new Crash('this process has ended');
      },
      isDead: () => dead,
      end: (why) => {
        if (dead) return;
        dead = true;
        this.crashes += 1;
        chronicle.note(`crash ${why}`);
        stop.abort(new Crash(why));
      },
    };
  }

  #world({ alive, isDead, end }: Life, ordered: string[]): World {
    const { chance, timeline, storage, zone, services, authority, pki } = this.#scene;
    const { chronicle, latency, hosts } = this.#scene;
    const provider = inTurn(
      this.#acts.watchedProvider(
        zone.provider(alive, (one) => latency.slowed('provider', one, alive)),
        isDead,
      ),
    );
    const issuer = latency.slowed('issuer', noting(authority.issuer(alive), ordered), alive);
    const clock = timeline.clock();
    return {
      clock: {
        ...clock,
        sleep: async (seconds, signal) => {
          await timeline.sleep(seconds, signal);
          alive();
        },
      },
      random: () => chance.next(),
      store: latency.slowedStore(storage.store(alive), alive),
      files: latency.slowed('files', storage.files(alive), alive),
      resolver: latency.slowed(
        'resolver',
        zone.resolver(alive, addressesOf(hosts, services.endpoints)),
        alive,
      ),
      probe: latency.slowed('probe', services.probe(alive), alive),
      issuerAt: () => issuer,
      providerFor: () => provider,
      pki,
      log: silentLogger,
      emit: (event) => {
        const name = 'certificate' in event ? event.certificate : '';
        chronicle.note(`${name} ${eventText(event)}`);
      },
      instant: (label) => {
        alive();
        if (this.crashRate === 0 || !chance.happens(this.crashRate)) return;
        end(label);
        throw new Crash(label);
      },
    };
  }

  #tasks({ force = false }: Start, { alive, isDead }: Life): readonly Task[] {
    const tasks = this.#scene.certificates.map((one) => this.#task(one, force, { alive, isDead }));
    return tasks.map((task) => {
      const owners = ownersOf(task.intent);
      const isSharing = (other: Task): boolean =>
        other !== task && ownersOf(other.intent).some((owner) => owners.includes(owner));
      return { ...task, neighbours: tasks.filter(isSharing) };
    });
  }

  #task(
    certificate: Certificate,
    force: boolean,
    { alive, isDead }: Pick<Life, 'alive' | 'isDead'>,
  ): Task {
    const { services, latency, setup } = this.#scene;
    const targets = this.#scene.endpointsOf(certificate).map((endpoint) => {
      const target = latency.slowed('target', services.target(endpoint, alive), alive);
      const { host, port = 25 } = endpoint;
      return this.#acts.watchedTarget(askedFor({ host, port }), target, isDead);
    });
    const intent = {
      ...intentOf(certificate, setup),
      targets: targets.map(({ id, label }) => ({ id, label })),
      force,
    };
    const reach = Object.fromEntries(
      certificate.places.map((place) => [
        serviceAt(place),
        { ...place, protocol: 'smtp' as const, serverName: place.host },
      ]),
    );
    return { intent, neighbours: [], reach, targets };
  }

  /** One process of holger. */
  async run(start: Start): Promise<Results> {
    const { setup, orders } = this.#scene;
    const life = this.#live();
    const ordered: string[] = [];
    const world = this.#world(life, ordered);
    const { operation, wait } = start;
    const tasks = this.#tasks(start, life)
      .filter((one) => start.names.includes(one.intent.name))
      .map((task) => (operation === undefined ? task : { ...task, operation }));
    const isExcused = start.force === true || operation?.kind === 'emergency';
    if (isExcused) for (const name of start.names) orders.excuse(name);
    const cancel = this.#mayEnd(life);
    const { parallel } = setup;
    const named = start.byTimer !== true;
    const summary = await run(
      tasks,
      world,
      {
        ...{ dryRun: false, named, parallel, orders: setup.orders, wait: wait !== undefined },
        ...(wait === undefined ? {} : { waitUntil: world.clock.now() + wait }),
      },
      { signal: life.stop.signal },
    );
    cancel();
    if (life.isDead()) return new Map(start.names.map((name) => [name, 'crashed']));
    orders.judgeEnd(ordered);
    for (const name of start.names) this.#judge(name, summary.results.get(name), start);
    return summary.results;
  }

  /** Something may end it, or ask it to end. @returns what cancels that */
  #mayEnd({ end, stop }: Life): () => void {
    const { chance, timeline, setup, chronicle, faulty } = this.#scene;
    if (faulty && chance.happens(this.killRate)) {
      return timeline.in(chance.between(0, 60), () => end('by kill'));
    }
    if (!faulty || !chance.happens(setup.stops)) return () => undefined;
    return timeline.in(chance.between(0, 60), () => {
      chronicle.note('asked to stop');
      stop.abort(new Error('stopped'));
    });
  }

  #judge(name: string, result: RunResult | undefined, { isBeside = false }: Start): void {
    const { chronicle } = this.#scene;
    if (result === undefined) return chronicle.violate(`no result of ${name}`);
    judgeBugs(result, chronicle);
    if (!('failure' in result)) return;
    const { code, message } = result.failure;
    if (code === 'REVISION_CONFLICT' || (code === 'LOCKED' && !isBeside)) {
      chronicle.violate(`${name}: ${code} ${message}`);
    }
  }
}

/** As app/world/providers does it: one write at a time in each zone. */
function inTurn(provider: DnsProvider): DnsProvider {
  const limited = createKeyedLimit(1);
  const apply: DnsProvider['apply'] = (edit, call) =>
    limited(edit.zone, () => provider.apply(edit, call));
  return { ...provider, apply };
}

/** The URLs of its orders are noted. */
function noting(issuer: Issuer, ordered: string[]): Issuer {
  return {
    ...issuer,
    newOrder: async (order, call) => {
      const placed = await issuer.newOrder(order, call);
      ordered.push(placed.url);
      return placed;
    },
  };
}
