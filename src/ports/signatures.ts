// Whether files have changed, without reading them.

export interface Signatures {
  /**
   * For each list of paths a short text, which differs as soon as one of these files, or the file
   * that a link there leads to, is written, replaced, moved, removed, or gets other rights.
   * Undefined: it cannot be told, because a file does not answer, or changed so recently that the
   * next change would not show.
   */
  of(lists: readonly (readonly string[])[]): Promise<readonly (string | undefined)[]>;
}
