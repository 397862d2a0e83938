// Tables of words. A stranger's word may be `constructor` or `toString`: every object has those,
// and no table of ours means them.

/** What the table says of the word; undefined when it says nothing. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
