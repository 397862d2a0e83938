// How many questions or handshakes go at once to one host, one name server, one address.
import { createLimit } from '../../base/limit.ts';
import type { Limited } from '../../base/limit.ts';

/** A limit for each key, removed when no work of the key is left. */
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
