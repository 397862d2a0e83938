// How much work runs at the same time.
import pLimit from 'p-limit';

export type Limited = <T>(work: () => Promise<T>) => Promise<T>;

/** At most `most` run at once; the others wait in order. */
export const createLimit = (most: number): Limited => pLimit(most);

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
