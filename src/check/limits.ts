// How much of a run happens at the same time: so many at all, and so many with one host.

export type Limited = <T>(work: () => Promise<T>) => Promise<T>;

/** At most `most` at work; the others wait in the order in which they came. */
export function createLimit(most: number): Limited {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** A limit for each key, forgotten when nobody is at work there. */
export function createLimits(most: number): (key: string) => Limited {
  const known = new Map<string, { readonly limit: Limited; users: number }>();
  return (key) => async (work) => {
    const entry = known.get(key) ?? { limit: createLimit(most), users: 0 };
    known.set(key, entry);
    entry.users += 1;
    try {
      return await entry.limit(work);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) known.delete(key);
    }
  };
}
