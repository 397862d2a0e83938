// A signal of one's own for one piece of work. AbortSignal.any is not it: what it makes leaves a
// trace in the signal of the caller, which lives as long as a run, and in some releases of Node
// never fires once a collector has taken the deadline that was given to it.

export interface Following {
  /** Aborted when the caller's signal is, or by `end`. */
  readonly signal: AbortSignal;
  /**
   * Ends what still goes on, and lets go of the caller's signal. To be called in the end, whatever
   * happened.
   */
  end(): void;
}

export function following(caller: AbortSignal | undefined): Following {
  const own = new AbortController();
  const pass = (): void => own.abort(caller?.reason);
  caller?.addEventListener('abort', pass, { once: true });
  if (caller?.aborted === true) pass();
  return {
    signal: own.signal,
    end: () => {
      caller?.removeEventListener('abort', pass);
      own.abort();
    },
  };
}
