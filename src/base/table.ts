// Tables indexed by words. A word from outside may be `constructor` or `toString`, which every
// object has but no table here means.

/** The entry for the word; undefined if there is none. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
