// One history: a world with faults and people in it, holger started again and again, and a judge
// who sees everything.
import type { Instant } from '../../src/base/clock.ts';
import type { RunResult } from '../../src/engine/result.ts';
import { liveGeneration, stagedGeneration } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import { Events } from './events.ts';
import { Processes } from './process.ts';
import type { Ended } from './process.ts';
import { Scene, askedFor } from './scene.ts';
import type { Setup } from './setup.ts';
import { DAY, SIGNED_ANEW } from './surroundings.ts';
import { tokenOf } from './tokens.ts';

/** After the faults: more runs than any rollover takes. */
const MOST_LOOKS = 400;

export interface Outcome {
  /** Each is a law that was broken; empty if all is well. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly proven: number;
  readonly crashes: number;
}

class History {
  readonly #setup: Setup;
  readonly #scene: Scene;
  readonly #events: Events;
  readonly #processes: Processes;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#scene = new Scene(setup);
    this.#events = new Events(this.#scene);
    this.#processes = new Processes(this.#scene);
  }

  get #isBroken(): boolean {
    return this.#scene.chronicle.isBroken;
  }

  async tell(): Promise<Outcome> {
    const { chance } = this.#scene;
    for (let count = 0; count < this.#setup.runs; count += 1) {
      this.#events.mishaps();
      this.#events.people();
      if (chance.happens(0.05)) this.#scene.ttl = this.#setup.ttlLater;
      if (chance.mayHappen(this.#setup.revokes)) await this.#processes.revoke();
      const isForced = chance.happens(0.15);
      this.#passUntil(await this.#processes.run(isForced, this.#events.order(count)));
      if (this.#isBroken) return this.#outcome();
    }
    this.#processes.crashRate = 0;
    this.#scene.heal();
    await this.#processes.run(false, { kind: 'on' });
    await this.#finish(false);
    this.#judgeTargets();
    const { targets = 0, revokes = 0, inTime = false } = this.#setup;
    if (targets > 0) await this.#spoilAndMend();
    await this.#finish(true);
    if (revokes > 0) this.#events.recall(-1);
    if (inTime) await this.#renewInTime();
    else await this.#finish(true);
    this.#judgeTargets();
    return this.#outcome();
  }

  #passUntil(result: Ended): void {
    const { chance, timeline } = this.#scene;
    const now = timeline.now();
    let next = now + chance.between(0, 1800);
    if (result !== 'crashed' && 'standing' in result && result.standing.kind === 'wait') {
      const { until, known } = result.standing;
      if (known && chance.happens(0.7)) next = until - timeline.clockError;
    }
    if (this.#setup.ari !== undefined && chance.happens(0.05))
      next = now + chance.between(0, 20 * DAY);
    this.#scene.passTo(Math.max(now + 1, next));
  }

  /** After all faults, every target that can be read has the live files. */
  #judgeTargets(): void {
    if (this.#isBroken) return;
    const { services, chronicle } = this.#scene;
    const leaf = liveGeneration(this.#scene.lineage())?.chain?.certificates[0];
    const live = leaf === undefined ? undefined : tokenOf(leaf.der).serial;
    for (const { address, disk, readable } of services.endpoints) {
      const isKnown = readable || disk.placedAt > -Infinity;
      const holds = disk.keyless !== true && disk.tokens[0]?.serial === live;
      if (isKnown && !holds)
        chronicle.violate(`rule 27: while idle ${address} does not have the live files`);
    }
  }

  /**
   * While all else is well something happens at one target, holger runs, and a person fixes what
   * only a person can.
   */
  async #spoilAndMend(): Promise<void> {
    if (this.#isBroken) return;
    const { chance, timeline, services, chronicle } = this.#scene;
    const endpoint = chance.pick(services.endpoints);
    this.#events.spoil(endpoint);
    for (let count = 0; count < 2; count += 1) {
      await this.#processes.run(false);
      timeline.advanceTo(timeline.now() + chance.between(0, 4000));
    }
    services.mend(endpoint);
    chronicle.note('the target is repaired');
    await this.#finish(false);
    this.#judgeTargets();
  }

  /** As a timer does it: without --force, and nothing that is presented expires. */
  async #renewInTime(): Promise<void> {
    if (this.#isBroken) return;
    const { timeline, judge } = this.#scene;
    const begun = timeline.clock().now() + 1;
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const result = await this.#processes.run(false);
      judge.judgeDates();
      if (this.#isBroken) return;
      if (isAtRest(result) && this.#provenSince(begun) !== undefined) return;
      const now = timeline.now();
      this.#scene.passTo(Math.max(now + 5, Math.min(nextTurn(result, now), now + SIGNED_ANEW)));
    }
    this.#violateProgress();
  }

  /** One rollover from its beginning until it is idle. */
  async #finish(force: boolean): Promise<void> {
    if (this.#isBroken) return;
    const { timeline } = this.#scene;
    const begun = timeline.clock().now();
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const underWay = stagedGeneration(this.#scene.lineage()) ?? this.#begunSince(begun);
      const result = await this.#processes.run(force && underWay === undefined);
      if (this.#isBroken) return;
      if (isAtRest(result) && this.#provenSince(force ? begun : 0) !== undefined) return;
      const known =
        result !== 'crashed' &&
        'standing' in result &&
        result.standing.kind === 'wait' &&
        result.standing.known;
      const next = known && 'standing' in result ? standingUntil(result) : undefined;
      const { clockError } = timeline;
      // A person is told, and does nothing: what the floor of orders allows comes with time (rule
      // 28).
      const isTold = result !== 'crashed' && result.exit === 4 && this.#setup.ari !== undefined;
      // What depends on an act and on time together has no known end: the looks become rarer, so
      // that they reach beyond every cache.
      const least = timeline.now() + (isTold ? DAY / 4 : 5 * 1.02 ** count);
      this.#scene.passTo(Math.max(least, (next ?? 0) - clockError));
    }
    this.#violateProgress();
  }

  #violateProgress(): void {
    const { chronicle } = this.#scene;
    const last = chronicle.lastReason();
    chronicle.violate(`progress: no rollover in ${MOST_LOOKS} runs after the faults: ${last}`);
  }

  #begunSince(begun: Instant): Generation | undefined {
    const { generations } = this.#scene.lineage();
    return generations.find(({ issuedAt = -1 }) => issuedAt >= begun);
  }

  #provenSince(begun: Instant): Generation | undefined {
    const { generations } = this.#scene.lineage();
    return generations.find(({ provenAt = -1 }) => provenAt >= begun);
  }

  #outcome(): Outcome {
    const { hosts, storage, chronicle } = this.#scene;
    if (this.#isBroken) {
      for (const host of hosts) {
        const known = storage.document<OwnerHistory>(`owner/${askedFor(host)}`);
        chronicle.note(`known of ${host}: ${JSON.stringify({ ...known, ours: [] })}`);
      }
    }
    const { violations, trace } = chronicle;
    const { generations } = this.#scene.lineage();
    return {
      violations,
      trace,
      proven: generations.filter(({ provenAt }) => provenAt !== undefined).length,
      crashes: this.#processes.crashes,
    };
  }
}

function isAtRest(result: Ended): boolean {
  return result !== 'crashed' && 'standing' in result && result.standing.kind === 'done';
}

/** When a timer, or a person who is told something, would start it again. */
export function nextTurn(result: Ended, now: Instant): Instant {
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

export function tellHistory(setup: Setup): Promise<Outcome> {
  return new History(setup).tell();
}
