// What happened to each certificate, for people. No decision reads it.
export interface History {
  /**
   * Appends one entry. Not on disk before the system writes it: a power failure may take the last
   * ones, which the state documents do not need. @throws AppError STORE_FAILED
   */
  append(certificate: string, entry: { readonly at: number }): void;
  /** The last entry as it was appended; undefined: there is none, or it cannot be read. */
  last(certificate: string): unknown;
  /** In their order; lines that are not whole are left out. @throws AppError STORE_FAILED */
  read(certificate: string): readonly unknown[];
}
