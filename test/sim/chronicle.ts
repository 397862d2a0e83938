// What happened in a history, and what must not have happened.
import type { Instant } from '../../src/base/clock.ts';
import type { Timeline } from './timeline.ts';

export class Chronicle {
  readonly #timeline: Timeline;
  readonly #start: Instant;
  readonly trace: string[] = [];
  /** Each is a law that was broken; empty if all is well. */
  readonly violations: string[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#start = timeline.now();
  }

  note(text: string): void {
    this.trace.push(`${(this.#timeline.now() - this.#start).toFixed(1)} ${text}`);
  }

  violate(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violations.push(`${(this.#timeline.now() - this.#start).toFixed(1)} s: ${text}`);
  }

  get isBroken(): boolean {
    return this.violations.length > 0;
  }

  /** The last of holger's words that say why nothing goes on. */
  lastReason(): string {
    return this.trace.findLast((line) => / (waiting|blocked|failed): /.test(line)) ?? '';
  }
}
