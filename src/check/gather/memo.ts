// What was asked once within a run is not asked again; the oldest answers are dropped when there
// are too many.

export type Memo<T> = (key: string, make: () => Promise<T>) => Promise<T>;

export function createMemo<T>(most: number): Memo<T> {
  const kept = new Map<string, Promise<T>>();
  return (key, make) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return made;
  };
}
