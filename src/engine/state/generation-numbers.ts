// Generation numbers: one folder each, written once. A crash may leave a folder that no document
// names.
import type { GenerationFiles } from '../../ports/store.ts';

/** The first number from `first` on whose folder is empty, or has what `fits`. */
export async function freeNumber(
  first: number,
  name: string,
  files: GenerationFiles,
  fits: (key: string, chain: string | undefined) => boolean,
): Promise<number> {
  for (let number = first; ; number += 1) {
    const key = await files.readKey(name, number);
    if (key === undefined || fits(key, await files.readChain(name, number))) return number;
  }
}
