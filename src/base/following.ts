// A signal for one piece of work. AbortSignal.any is not suitable: its result stays registered at
// the signal of the caller, which lives as long as a run. In some releases of Node it also never
// fires after the garbage collector has taken the deadline that was passed to it.

export interface Following {
  /** Aborted when the signal of the caller is aborted, or by `end`. */
  readonly signal: AbortSignal;
  /**
   * Ends the work that still runs, and unregisters from the signal of the caller. To be called in
   * every case.
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
