// Keys of the state as names of files, and back.

/** Percent-encoded; what is not a plain character, or a dot in front (hidden, `..`), is written as %XX. */
export function fileNameOf(key: string): string {
  const encode = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return [...Buffer.from(key, 'utf8')]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = index === 0 ? /[A-Za-z0-9_@-]/ : /[A-Za-z0-9_@.-]/;
      return plain.test(character) ? character : encode(byte);
    })
    .join('');
}

/** Undefined for a name that `fileNameOf` never gives: somebody else's file. */
export function keyOf(fileName: string): string | undefined {
  try {
    const key = decodeURIComponent(fileName);
    return fileNameOf(key) === fileName ? key : undefined;
  } catch {
    return undefined;
  }
}
