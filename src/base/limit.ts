// How much work runs at the same time.
import pLimit from 'p-limit';

export type Limited = <T>(work: () => Promise<T>) => Promise<T>;

/** At most `most` run at once; the others wait in order. */
export const createLimit = (most: number): Limited => pLimit(most);

/** At most `most` run at once for each key; the others wait in order. */
export function createKeyedLimit(
  most: number,
): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  return async (key, work) => {
    const limit = limits.get(key) ?? pLimit(most);
    limits.set(key, limit);
    try {
      return await limit(work);
    } finally {
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(key);
    }
  };
}

/**
 * Like Promise.all over `map`, with at most `most` at once; after a failure no more work is
 * started.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit(most);
  try {
    return await Promise.all(items.map((item) => limit(() => work(item))));
  } catch (error) {
    limit.clearQueue();
    throw error;
  }
}
