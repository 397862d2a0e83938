interface Replacement {
  /** The function in which it is; absent: outside of functions. */
  readonly in?: string;
  readonly find: string;
  readonly put: string;
}

export interface Mutant extends Replacement {
  readonly rule: string;
  readonly naive: string;
  readonly file: string;
  readonly also?: readonly Replacement[];
  readonly tests?: readonly string[];
}
export const mutants: readonly Mutant[];
