// Targets: what the operator wants of each, and what is known of it. Part of the intent and of the
// lineage (model.ts).
import type { Instant } from '../base/clock.ts';
import type { Chain } from '../dane/chain.ts';
import type { Attempts } from './attempts.ts';

/** A configured place that gets key and chain. */
export interface TargetIntent {
  /** Of its whole configuration: a changed one is another target. */
  readonly id: string;
  readonly label: string;
  /** On another machine: it gets a generation before it loads it. */
  readonly isElsewhere?: true;
}

/** Why a target did not get a generation. */
export interface SendingFailure {
  readonly attempts: Attempts;
  readonly since: Instant;
  readonly because: string;
  readonly hint?: string;
  readonly person: boolean;
}

/** The generation that was sent to a target last. */
export interface SentMemory {
  readonly generation: number;
  /** Absent: the target has it, and has checked it. */
  readonly failing?: SendingFailure;
}

/** What is known of one target. */
export interface TargetMemory {
  readonly label: string;
  /** Before it took it, where it is on another machine. */
  readonly sent?: SentMemory;
  /** The generation that it took last, files and reload. A claim. */
  readonly took?: number;
  /** When it took that; absent: longer ago. */
  readonly tookAt?: Instant;
  /** The differences between its files and the live generation at the last check. */
  readonly differs?: readonly string[];
  /** Attempts in a row that failed, or did not last. */
  readonly attempts?: Attempts;
  /** The last of them failed. */
  readonly failure?: {
    readonly because: string;
    readonly hint?: string;
    readonly person: boolean;
    /** When the first of the failed attempts in a row was made. */
    readonly since: Instant;
  };
}

/** The chain at one place at the last check. */
export interface PlacedMemory {
  /** The id of the target that read it there. */
  readonly target: string;
  readonly chain: Chain;
  /** The first check that found this chain there. */
  readonly since: Instant;
  /** The first check that did not find it there any more: a service may have loaded it before. */
  readonly goneAt?: Instant;
  /** When every endpoint had answered after that, and none presented it. */
  readonly missedSince?: Instant;
}
