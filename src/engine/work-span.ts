// The work of a run, between the two commands of the operator: it begins before the first order or
// deployment of any certificate, and ends when none is in progress any more. That `after` is still
// to come is stored nowhere: a run that follows a crash begins like any other.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Lease } from '../ports/store.ts';
import { isOverdue } from '../rollover/attempts.ts';
import { takeLease } from './leases.ts';
import { readOrSetAside, rewrite } from './state/documents.ts';
import type { Work, World } from './world.ts';

/** The lease of one run, and since when `before` fails. */
export const RUN_COMMANDS = 'run-commands';

interface Failing {
  readonly schema: 1;
  readonly since: Instant;
}

type Given = Pick<World, 'clock' | 'store' | 'log' | 'emit' | 'runCommands'>;

export class WorkSpan implements Work {
  readonly #world: Given;
  #begun: Promise<void> | undefined;
  #lease: Lease | undefined;
  /** `after` is to follow. */
  #isOpen = false;
  #isForeseen = false;
  #exit: ExitStatus = 0;

  constructor(world: Given) {
    this.#world = world;
  }

  /** Once for all certificates: one that fails has failed for all of them. */
  begin(): Promise<void> {
    return (this.#begun ??= this.#open());
  }

  foresee(): void {
    this.#isForeseen = true;
  }

  /** No certificate is in progress. What comes next begins anew. */
  async end(): Promise<void> {
    if (this.#isForeseen) this.#tell();
    this.#isForeseen = false;
    // Its failure is that of the certificates.
    await this.#begun?.catch(() => undefined);
    this.#begun = undefined;
    if (this.#isOpen) await this.#after();
    this.#isOpen = false;
    await this.#release();
  }

  /** Not 0: `after` failed. */
  get exit(): ExitStatus {
    return this.#exit;
  }

  async #open(): Promise<void> {
    const { runCommands: { before, after } = {}, clock, emit } = this.#world;
    if (before === undefined && after === undefined) return;
    this.#lease = await this.#lock();
    this.#isOpen = true;
    if (before === undefined) return;
    try {
      await before.run();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // What was started may have done a part of its work.
      this.#isOpen = error.details['isStarted'] !== false;
      throw await this.#lasting(error);
    }
    await this.#succeeded();
    const [command = ''] = before.argv;
    emit({ ...ALL, event: 'before-run', at: clock.now(), command });
  }

  async #after(): Promise<void> {
    const { runCommands: { after } = {}, clock, emit } = this.#world;
    if (after === undefined) return;
    const [command = ''] = after.argv;
    try {
      await after.run();
      emit({ ...ALL, event: 'after-run', at: clock.now(), command });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, hint, exit } = error;
      this.#exit = exit;
      const advice = hint === undefined ? {} : { hint };
      emit({ ...ALL, event: 'after-failed', at: clock.now(), code, message, ...advice, exit });
    }
  }

  #tell(): void {
    const { runCommands: { before, after } = {}, clock, emit } = this.#world;
    if (before === undefined && after === undefined) return;
    emit({
      ...{ ...ALL, event: 'commands-planned', at: clock.now() },
      ...(before === undefined ? {} : { before: before.argv }),
      ...(after === undefined ? {} : { after: after.argv }),
    });
  }

  /** Two runs at once: `after` of the one would come in the middle of the other. */
  async #lock(): Promise<Lease> {
    try {
      return await takeLease(RUN_COMMANDS, this.#world);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'LOCKED') throw error;
      const words = 'another run of holger is between before and after of [run]';
      throw new AppError('LOCKED', words, { hint: error.hint, cause: error });
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#lease?.release();
    } catch (error) {
      this.#world.log.warn('lock not given back', { detail: reasonOf(error) });
    }
    this.#lease = undefined;
  }

  /** A failure that has lasted too long needs a person. */
  async #lasting(error: AppError): Promise<AppError> {
    const now = this.#world.clock.now();
    let since = now;
    await this.#remember(() =>
      rewrite<Failing>(RUN_COMMANDS, this.#world, (known) => {
        since = Math.min(known?.since ?? now, now);
        return known === undefined ? { schema: 1, since } : undefined;
      }),
    );
    if (!isOverdue(since, now)) return error;
    const { code, message, hint, details } = error;
    const words = `${message}; it fails since ${formatInstant(since)}`;
    return new AppError(code, words, { hint, details, overdue: true, cause: error });
  }

  async #succeeded(): Promise<void> {
    await this.#remember(async () => {
      const known = await readOrSetAside(RUN_COMMANDS, this.#world);
      if (known !== undefined) await this.#world.store.remove(RUN_COMMANDS);
    });
  }

  /** How long it fails decides the exit status, and nothing else. */
  async #remember(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#world.log.warn('not stored since when before fails', { detail: error.message });
    }
  }
}

/** The event belongs to no certificate alone. */
const ALL = { certificate: '' };
