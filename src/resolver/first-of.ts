// One answer of several servers: usually the first server has it, and the others need not be asked.

/** So long a server has before the next one is asked, too. */
const NEXT_AFTER_MS = 200;

/**
 * The first answer of any of them. A server is asked when the one before has failed or takes long.
 * @throws AggregateError of all failures, in the order of the servers
 */
export function firstOf<S, T>(
  servers: readonly S[],
  ask: (server: S) => Promise<T>,
  nextAfterMs = NEXT_AFTER_MS,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let begun = 0;
    let failed = 0;
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      clearTimeout(timer);
      const at = begun;
      const server = servers[at];
      if (server === undefined) return;
      begun += 1;
      if (begun < servers.length) timer = setTimeout(next, nextAfterMs);
      ask(server).then(
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        (error: unknown) => {
          failures[at] = error;
          failed += 1;
          if (failed === servers.length) reject(new AggregateError(failures));
          else next();
        },
      );
    };
    if (servers.length === 0) reject(new AggregateError([]));
    next();
  });
}
