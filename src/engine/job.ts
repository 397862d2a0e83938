// One certificate and what is needed to work on it, handed through observing and acting as one
// value.
import type { Call } from '../ports/call.ts';
import type { Memory } from './state/memory.ts';
import type { Task, World } from './world.ts';

export interface Job {
  readonly task: Task;
  /** The state documents of this certificate. */
  readonly memory: Memory;
  readonly world: World;
  /** Aborted when the run is asked to stop. */
  readonly call: Call;
}

/**
 * The same job, but not aborted by a request to stop: an act that has begun is finished and
 * recorded. Its own deadlines end it.
 */
export function uninterruptible(job: Job): Job {
  return { ...job, call: {} };
}
