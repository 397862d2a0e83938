// How far a run over many certificates is, in one line: how many of them move, or have moved, and
// where they are. For a few, every step has its own line.
import type { Event } from '../../engine/events.ts';

/** Each of so many has its own lines. */
const FEW = 3;

/** In the order of the line. */
const STATES = [
  'ordering',
  'publishing',
  'deploying',
  'waiting for caches',
  'waiting',
  'waiting for a person',
  'failed',
  'done',
] as const;
type State = (typeof STATES)[number];

/** Absent: the event says nothing about where the certificate is. */
const STATE: Partial<Record<Event['event'], State>> = {
  'key-created': 'ordering',
  ordered: 'ordering',
  'challenge-published': 'ordering',
  'challenge-answered': 'ordering',
  issued: 'publishing',
  published: 'publishing',
  withdrawn: 'publishing',
  deploying: 'deploying',
  deployed: 'deploying',
  proven: 'publishing',
  done: 'done',
  deleted: 'done',
  renamed: 'done',
  failed: 'failed',
};

function stateOf(event: Event): State | undefined {
  if (event.event === 'waiting') {
    const isForCaches = event.reasons.some(({ rule }) => rule === 'cached-nowhere');
    return isForCaches ? 'waiting for caches' : 'waiting';
  }
  if (event.event === 'blocked') return event.person ? 'waiting for a person' : 'failed';
  return STATE[event.event];
}

export class Progress {
  #total = 0;
  /** Of those that move; an idle certificate is not among them. */
  readonly #states = new Map<string, State>();

  /** How many certificates the run is about. */
  begins(certificates: number): void {
    this.#total = certificates;
  }

  see(event: Event): void {
    const { certificate } = event;
    const state = stateOf(event);
    if (certificate === '' || state === undefined) return;
    if (state !== 'done' || this.#states.has(certificate)) this.#states.set(certificate, state);
  }

  /** So many certificates move that one line for all is easier to read. */
  get isMany(): boolean {
    return this.#states.size > FEW;
  }

  /** `37 of 120: 12 ordering, 20 waiting for caches, 5 failed` */
  get line(): string {
    const all = [...this.#states.values()];
    const parts = STATES.flatMap((state) => {
      const count = all.filter((one) => one === state).length;
      return count === 0 ? [] : `${count} ${state}`;
    });
    return `${all.length} of ${Math.max(this.#total, all.length)}: ${parts.join(', ')}`;
  }
}
