// One installation of holger: a state directory, a configuration, and processes that a timer starts
// one after the other.
import type { Instant } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { formatDuration } from '../../src/base/duration.ts';
import type { Event } from '../../src/engine/events.ts';
import type { Call } from '../../src/ports/call.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import { dueAt } from '../../src/engine/renewal.ts';
import { revoke } from '../../src/engine/revoke.ts';
import { run } from '../../src/engine/run.ts';
import type { RunResult } from '../../src/engine/result.ts';
import type { Operation, Task, World } from '../../src/engine/world.ts';
import type { RevocationReason } from '../../src/ports/issuer.ts';
import type { Reason } from '../../src/rollover/reasons.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Intent, Lineage } from '../../src/rollover/model.ts';
import { Storage } from '../sim/storage.ts';
import { createPki } from '../sim/tokens.ts';

/** The process ends here; the state directory stays. */
class Death extends Error {}

/** A request whose call is aborted is made all the same, and its answer is lost. */
function losingAnswers<T extends object>(port: T): T {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        const answer: unknown = await Reflect.apply(value, target, given);
        (given.at(-1) as Call).signal?.throwIfAborted();
        return answer;
      };
    },
  });
}

/** What an installation needs of its scene. */
export interface Surroundings {
  /** The ports of one process. */
  readonly ports: (
    alive: () => void,
  ) => Omit<World, 'store' | 'files' | 'pki' | 'log' | 'emit' | 'instant' | 'random'>;
  readonly targets: (intent: Intent, alive: () => void) => Task['targets'];
  readonly now: () => Instant;
  readonly say: (text: string) => void;
  /** Keeps a line about DNS until this one is written. */
  readonly sayAct: (text: string) => void;
  readonly describeKey: (generation: Generation) => string;
  readonly saved: (owner: string) => void;
}

/** A person started it, not the timer. */
interface ByHand {
  readonly force?: boolean;
  readonly wait?: boolean;
  readonly order?: Operation;
  readonly named?: boolean;
}

export class Installation {
  readonly storage = new Storage();
  readonly #pki;
  readonly #around: Surroundings;
  intent: Intent;
  last: RunResult | undefined;
  /** The configuration does not name it any more. */
  departed = false;
  #told = '';
  #act: { readonly label: RegExp; readonly happens: () => void } | undefined;
  #stop = new AbortController();

  constructor(
    intent: Intent,
    word: string,
    around: Surroundings,
    roots: readonly string[] = [],
    hasRenewalInfo = false,
  ) {
    this.intent = intent;
    this.#around = around;
    this.#pki = createPki(word, roots, hasRenewalInfo);
    this.storage.whenWritten = (key) => around.saved(key.replace(/^owner\//, ''));
  }

  get lineage(): Lineage {
    const { name } = this.intent;
    return this.storage.document<Lineage>(lineageKey(name)) ?? newLineage(name);
  }

  generation(number: number): Generation | undefined {
    return this.lineage.generations.find((generation) => generation.number === number);
  }

  /** Idle: the last run found nothing to do. */
  get isIdle(): boolean {
    return this.last !== undefined && 'standing' in this.last && this.last.standing.kind === 'done';
  }

  get dueAt(): Instant {
    return dueAt(
      this.#task(false, () => undefined),
      this.lineage,
    );
  }

  /** Something happens when a process reaches this instruction for the first time. */
  at(label: RegExp, happens: () => void): void {
    this.#act = { label, happens };
  }

  /** The process ends at this instruction. */
  dieAt(label: RegExp): void {
    this.at(label, () => {
      throw new Death();
    });
  }

  /** The process is asked to stop at this instruction. */
  stopAt(label: RegExp): void {
    this.at(label, () => {
      this.#around.say(`is asked to stop ${label.source.replace(/\W+/g, ' ').trim()}`);
      this.#stop.abort(new Error('interrupted'));
    });
  }

  #task(force: boolean, alive: () => void): Task {
    const { intent } = this;
    const targets = this.#around.targets(intent, alive);
    const known = targets.map(({ id, label }) => ({ id, label }));
    return {
      intent: { ...intent, force, targets: known },
      neighbours: [],
      reach: Object.fromEntries(
        intent.services.map(({ id, names: [host = ''] }) => [
          id,
          { host, port: 25, protocol: 'smtp' as const, serverName: host },
        ]),
      ),
      targets,
      ...(this.departed
        ? { departed: { readInPlace: false, shared: new Set<string>(), documents: [] } }
        : {}),
    };
  }

  /** One process, from its start to its exit or its end by power loss. */
  async run({ force = false, wait = false, ...more }: ByHand = {}): Promise<void> {
    const { order, named = force || wait || order !== undefined } = more;
    let dead = false;
    const alive = (): void => {
      if (dead) throw new Death();
    };
    this.#stop = new AbortController();
    const { ports, say } = this.#around;
    const { issuerAt, providerFor, ...others } = ports(alive);
    const world: World = {
      ...others,
      issuerAt: (id) => {
        const issuer = issuerAt(id);
        return issuer && losingAnswers(issuer);
      },
      providerFor: (...zone) => losingAnswers(providerFor(...zone)),
      random: () => 0.5,
      store: this.storage.store(alive),
      files: this.storage.files(alive),
      pki: this.#pki,
      log: silentLogger,
      emit: (event) => this.#event(event),
      instant: (label) => {
        alive();
        const act = this.#act;
        if (act?.label.test(label) !== true) return;
        this.#act = undefined;
        try {
          act.happens();
        } catch (error) {
          dead = true;
          say(`the process ends ${label}`);
          throw error;
        }
      },
    };
    const task = this.#task(force, alive);
    const ordered = order === undefined ? task : { ...task, operation: order };
    const options = { wait, dryRun: false, named, parallel: 1, orders: 1 };
    const summary = await run([ordered], world, options, { signal: this.#stop.signal });
    if (dead) this.last = undefined;
    else this.last = summary.results.get(this.intent.name);
    if (this.last !== undefined) this.#tell(this.last);
  }

  /** An operator revokes a certificate that is not in use any more. */
  async revoke(generation: number, reason: RevocationReason = 4): Promise<void> {
    const alive = (): void => undefined;
    const world: World = {
      ...this.#around.ports(alive),
      random: () => 0.5,
      store: this.storage.store(alive),
      files: this.storage.files(alive),
      pki: this.#pki,
      log: silentLogger,
      emit: () => undefined,
      instant: () => undefined,
    };
    await revoke(this.#task(false, alive), { generation, reason, dryRun: false }, world, {});
  }

  #event(event: Event): void {
    const { say, sayAct } = this.#around;
    const text = this.#eventText(event);
    if (text === undefined) return;
    this.#told = '';
    if (event.event === 'published' || event.event === 'withdrawn') sayAct(text);
    else say(text);
  }

  #eventText(event: Event): string | undefined {
    switch (event.event) {
      case 'key-created': {
        const made = this.generation(event.generation);
        return made === undefined ? undefined : this.#around.describeKey(made);
      }
      case 'issued': {
        const { number, chain } = this.generation(event.generation) ?? {};
        const issuer = JSON.parse(
          Buffer.from(chain?.certificates[0]?.der ?? '', 'hex').toString('utf8'),
        ) as { signer: string };
        const days = formatDuration(event.notAfter - event.at);
        return `generation ${number}: certificate signed by ${issuer.signer}, valid for ${days}`;
      }
      case 'published':
      case 'withdrawn': {
        const changes = [
          ...event.add.map((record) => `+ ${record}`),
          ...event.remove.map((record) => `- ${record}`),
        ];
        return `writes ${event.owner} ${changes.join(', ')} (TTL ${formatDuration(event.ttl)})`;
      }
      case 'wildcard-silent':
        return event.detail;
      case 'sent':
        return `sends generation ${event.generation} to ${event.target}`;
      case 'not-sent':
        return `cannot send generation ${event.generation} to ${event.target}: ${event.message}`;
      case 'deploying':
        // A deployment that continues is not reported again; its result is.
        if (event.at < this.#around.now() - 1) return undefined;
        return `deploys the files of generation ${event.generation}`;
      case 'deployed':
        return `reloads the services: generation ${event.generation}`;
      case 'rolled-back':
        return `rolls back from generation ${event.from} (${event.because}): all targets get generation ${event.to} again, as generation ${event.generation}`;
      case 'repaired':
        return `deploys generation ${event.generation} again at ${event.target}: ${event.differences.join(', ') || 'it had failed there'}`;
      case 'not-repaired':
        return `cannot deploy generation ${event.generation} again at ${event.target}: ${event.message}`;
      case 'broken':
        return `reports that ${event.reasons.map(({ because: why }) => why).join('; ')}`;
      case 'proven':
        return `generation ${event.generation} is proven: every endpoint presents it`;
      case 'operator':
        return `operation ${event.what}: ${event.detail}`;
      case 'rebuilt':
        return `has no state documents, and finds ${event.generations} generations on disk`;
      case 'served-everywhere':
        return `every name server serves its change of ${event.owner}`;
      case 'deleted':
        return 'has archived the certificate';
      case 'taken':
        return `takes generation ${event.generation} from ${event.from}`;
      case 'before-run':
      case 'after-run':
      case 'after-failed':
      case 'commands-planned':
      case 'left-behind':
      case 'renamed':
      case 'managed-elsewhere':
      case 'ordered':
      case 'challenge-published':
      case 'challenge-answered':
      case 'by-hand':
      case 'tried':
      case 'planned':
      case 'waiting':
      case 'blocked':
      case 'done':
      case 'failed':
        return undefined;
    }
  }

  /** What the run reports about the certificate; only when it has changed. */
  #tell(result: RunResult): void {
    const lines = resultLines(result);
    // How long it is idle is reported once: the time of the next sweep changes with every run.
    const told = lines.join('\n').replace(/^idle .*$/m, 'idle');
    if (told === this.#told || (told === 'idle' && this.#told.startsWith('idle'))) return;
    this.#told = told;
    for (const line of lines) this.#around.say(line);
  }
}

function because(reasons: readonly Reason[]): string[] {
  return reasons.flatMap((reason) => [
    `  ${reason.because}`,
    ...(reason.hint === undefined ? [] : [`  hint: ${reason.hint}`]),
  ]);
}

function at(instant: Instant): string {
  return new Date(Math.round(instant) * 1000).toISOString().replace('.000', '');
}

function resultLines(result: RunResult): string[] {
  if ('failure' in result) {
    const { code, message, hint, notBefore } = result.failure;
    return [
      `fails with ${code} (exit ${result.exit}): ${message}`,
      ...(hint === undefined ? [] : [`  hint: ${hint}`]),
      ...(notBefore === undefined ? [] : [`  not before ${at(notBefore)}`]),
    ];
  }
  const { standing, exit } = result;
  switch (standing.kind) {
    case 'gone':
    case 'tried':
    case 'renamed':
      return [];
    case 'planned':
      return [`would ${standing.step}`];
    case 'done':
      return [
        Number.isFinite(standing.until) ? `idle until ${at(standing.until)}` : 'idle',
        ...because(standing.reasons),
      ];
    case 'wait':
      return [
        standing.known ? `waits until ${at(standing.until)}:` : 'waits:',
        ...because(standing.reasons),
      ];
    case 'blocked':
      return [
        standing.person ? `needs a person (exit ${exit}):` : `is blocked (exit ${exit}):`,
        ...because(standing.reasons),
      ];
  }
}
