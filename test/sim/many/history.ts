// One history of several certificates: processes that work on all of them at once, faults, and a
// judge who sees everything.
import type { Instant } from '../../../src/base/clock.ts';
import type { Operation } from '../../../src/engine/world.ts';
import { liveGeneration, stagedGeneration } from '../../../src/rollover/model.ts';
import { nextTurn } from '../history.ts';
import type { Outcome } from '../history.ts';
import { DAY } from '../surroundings.ts';
import { tokenOf } from '../tokens.ts';
import type { Certificate } from './certificates.ts';
import { ManyProcesses } from './process.ts';
import type { Results, Start } from './process.ts';
import { ManyScene } from './scene.ts';
import type { ManySetup } from './setup.ts';

/** After the faults: more runs than the rollovers of all certificates take. */
const MOST_LOOKS = 400;

export interface ManyOutcome extends Outcome {
  readonly certificates: number;
  /** Calls of ports, and a digest of all of them with their times. */
  readonly calls: number;
  readonly interleaving: string;
}

class ManyHistory {
  readonly #setup: ManySetup;
  readonly #scene: ManyScene;
  readonly #processes: ManyProcesses;
  readonly #names: readonly string[];

  constructor(setup: ManySetup) {
    this.#setup = setup;
    this.#scene = new ManyScene(setup);
    this.#processes = new ManyProcesses(this.#scene);
    this.#names = this.#scene.certificates.map(({ name }) => name);
  }

  get #isBroken(): boolean {
    return this.#scene.chronicle.isBroken;
  }

  async tell(): Promise<ManyOutcome> {
    try {
      await this.#tell();
    } catch (error) {
      this.#scene.chronicle.violate(String(error instanceof Error ? error.stack : error));
    }
    const { chronicle, certificates, latency } = this.#scene;
    const proven = certificates.flatMap((one) =>
      this.#scene.lineageOf(one).generations.filter(({ provenAt }) => provenAt !== undefined),
    );
    return {
      violations: chronicle.violations,
      trace: chronicle.trace,
      proven: proven.length,
      crashes: this.#processes.crashes,
      certificates: certificates.length,
      calls: latency.count,
      interleaving: latency.digest(),
    };
  }

  async #tell(): Promise<void> {
    for (let count = 0; count < this.#setup.runs; count += 1) {
      this.#mishaps();
      if (this.#scene.chance.mayHappen(this.#setup.operations)) {
        await this.#alone(this.#ofOperator());
      }
      const results = await this.#together();
      if (this.#isBroken) return;
      this.#passUntil(results);
    }
    this.#processes.crashRate = 0;
    this.#processes.killRate = 0;
    this.#scene.heal();
    const { operations = 0 } = this.#setup;
    if (operations > 0) await this.#alone({ names: this.#names, operation: { kind: 'on' } });
    await this.#finish(false);
    await this.#finish(true);
    if (this.#setup.inTime) await this.#renewInTime();
    else await this.#finish(true);
  }

  /** A timer runs all, and maybe the operator one of them at the same time. */
  async #together(): Promise<Results> {
    const { chance, timeline } = this.#scene;
    const { beside, forced } = this.#setup;
    const isBeside = chance.happens(beside);
    const all = { names: this.#names, isBeside, ...this.#maybeWaiting() };
    const first = chance.happens(forced) ? { ...all, force: true } : { ...all, byTimer: true };
    const runs = [this.#processes.run(first)];
    if (isBeside) {
      const one = { ...this.#ofOperator(), isBeside };
      const later = timeline.sleep(chance.between(0, 20));
      runs.push(later.then(() => this.#processes.run(one)));
    }
    const [results] = await timeline.whileWorking(Promise.all(runs));
    this.#scene.zone.forgetUnsaved();
    return results ?? new Map();
  }

  /** What the operator does with one certificate. */
  #ofOperator(): Start {
    const { chance } = this.#scene;
    const names = [chance.pick(this.#names)];
    const force = chance.happens(this.#setup.forced);
    if (!chance.mayHappen(this.#setup.operations)) return { names, force };
    const operation = chance.pick<Operation>([
      { kind: 'rollback' },
      { kind: 'emergency', records: 'keep' },
      { kind: 'emergency', records: 'withdraw' },
      { kind: 'off' },
      { kind: 'on' },
    ]);
    return { names, operation };
  }

  #maybeWaiting(): Pick<Start, 'wait'> {
    const { chance } = this.#scene;
    return chance.mayHappen(this.#setup.waits) ? { wait: chance.between(0, 6000) } : {};
  }

  async #alone(start: Start): Promise<Results> {
    const results = await this.#scene.timeline.whileWorking(this.#processes.run(start));
    this.#scene.zone.forgetUnsaved();
    return results;
  }

  #mishaps(): void {
    const { chance, zone, services, timeline, storage, chronicle } = this.#scene;
    const { loss, stuck, restarts, losses, clockSteps, assumedTtl } = this.#setup;
    const now = timeline.now();
    if (loss > 0 && chance.happens(0.2)) {
      zone.silence(Math.floor(chance.between(0, 9)), chance.between(0, 7200));
    }
    const endpoint = chance.pick(services.endpoints);
    if (loss > 0 && chance.happens(0.1)) endpoint.silentUntil = now + chance.between(0, 7200);
    if (stuck > 0 && chance.happens(0.1)) endpoint.reloadFailsUntil = now + chance.between(0, 3600);
    if (restarts && chance.happens(0.4)) {
      timeline.in(chance.between(0, 600), () => services.restart(endpoint));
    }
    if (assumedTtl > 0 && chance.happens(losses)) {
      chronicle.note('the documents are lost');
      if (chance.happens(0.5)) storage.loseDocuments();
      else storage.truncateDocuments();
    }
    if (chance.happens(clockSteps)) {
      timeline.clockError = chance.between(-DAY, DAY);
      chronicle.note(`the clock is off by ${timeline.clockError.toFixed(0)} s`);
    }
  }

  #passUntil(results: Results): void {
    const { chance, timeline } = this.#scene;
    const now = timeline.now();
    const known = [...results.values()].flatMap((result) =>
      result !== 'crashed' &&
      'standing' in result &&
      result.standing.kind === 'wait' &&
      result.standing.known
        ? [result.standing.until - timeline.clockError]
        : [],
    );
    let next = now + chance.between(0, 1800);
    if (known.length > 0 && chance.happens(0.7)) next = chance.pick(known);
    this.#scene.passTo(Math.max(now + 1, next));
  }

  /** One rollover of every certificate, from its beginning until all are idle. */
  async #finish(force: boolean): Promise<void> {
    if (this.#isBroken) return;
    const { timeline, certificates } = this.#scene;
    const begun = timeline.clock().now();
    const isOver = (one: Certificate): boolean => this.#isProvenSince(one, force ? begun : 0);
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const waiting = certificates.filter((one) => !this.#isUnderWay(one, begun));
      const names = waiting.map(({ name }) => name);
      const results = new Map(force && names.length > 0 ? await this.#alone({ names, force }) : []);
      const rest = this.#names.filter((name) => !results.has(name));
      if (rest.length > 0) {
        const start = { names: rest, ...this.#maybeWaiting() };
        for (const [name, result] of await this.#alone(start)) results.set(name, result);
      }
      this.#judgeTargets(results);
      if (this.#isBroken) return;
      if (isIdle(results) && certificates.every(isOver)) return;
      this.#passToNext(results);
    }
    this.#violateProgress(certificates.filter((one) => !isOver(one)));
  }

  #isUnderWay(certificate: Certificate, begun: Instant): boolean {
    const lineage = this.#scene.lineageOf(certificate);
    if (stagedGeneration(lineage) !== undefined) return true;
    return lineage.generations.some(({ issuedAt = -1 }) => issuedAt >= begun);
  }

  #isProvenSince(certificate: Certificate, begun: Instant): boolean {
    const { generations } = this.#scene.lineageOf(certificate);
    return generations.some(({ provenAt = -1 }) => provenAt >= begun);
  }

  /** As a timer does it: all at once where they are due at once, and nothing expires. */
  async #renewInTime(): Promise<void> {
    if (this.#isBroken) return;
    const { timeline, judge, certificates } = this.#scene;
    const begun = timeline.clock().now() + 1;
    for (let count = 0; count < MOST_LOOKS; count += 1) {
      const results = await this.#alone({ names: this.#names, byTimer: true });
      judge.judgeDates();
      if (this.#isBroken) return;
      if (isIdle(results) && certificates.every((one) => this.#isProvenSince(one, begun))) return;
      this.#passToNext(results);
    }
    this.#violateProgress(certificates.filter((one) => !this.#isProvenSince(one, begun)));
  }

  #passToNext(results: Results): void {
    const now = this.#scene.timeline.now();
    const busy = [...results.values()].filter((result) => !isAtRest(result));
    const next = Math.min(now + DAY, ...busy.map((result) => nextTurn(result, now)));
    this.#scene.passTo(Math.max(now + 5, next));
  }

  /** What is idle has its live files at every target (rule 27). */
  #judgeTargets(results: Results): void {
    const { certificates, chronicle } = this.#scene;
    for (const certificate of certificates) {
      const result = results.get(certificate.name);
      if (result === undefined || !isAtRest(result)) continue;
      const leaf = liveGeneration(this.#scene.lineageOf(certificate))?.chain?.certificates[0];
      const live = leaf === undefined ? undefined : tokenOf(leaf.der).serial;
      for (const { address, disk } of this.#scene.endpointsOf(certificate)) {
        if (disk.tokens[0]?.serial === live) continue;
        chronicle.violate(`rule 27: while ${certificate.name} is idle ${address} has other files`);
      }
    }
  }

  #violateProgress(left: readonly Certificate[]): void {
    const { chronicle } = this.#scene;
    const names = left.map(({ name }) => name).join(', ');
    const last = chronicle.lastReason();
    chronicle.violate(`progress: ${names}: no rollover in ${MOST_LOOKS} runs: ${last}`);
  }
}

function isAtRest(result: Results extends ReadonlyMap<string, infer R> ? R : never): boolean {
  return result !== 'crashed' && 'standing' in result && result.standing.kind === 'done';
}

function isIdle(results: Results): boolean {
  return [...results.values()].every(isAtRest);
}

export function tellMany(setup: ManySetup): Promise<ManyOutcome> {
  return new ManyHistory(setup).tell();
}
