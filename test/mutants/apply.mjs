// A mutant is a text that stands once in a file, and what is put in its place.

/**
 * The text of the file with the rule read naively. `also`: more places of the same rule in the same
 * file.
 */
export function mutated(text, { rule, find, put, also = [] }) {
  let changed = text;
  for (const one of [{ find, put }, ...also]) {
    if (changed.split(one.find).length !== 2) throw new Error(`${rule}: not once: ${one.find}`);
    changed = changed.replace(one.find, () => one.put);
  }
  return changed;
}
