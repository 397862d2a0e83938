export interface Mutant {
  readonly rule: string;
  readonly naive: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
  readonly also?: readonly { readonly find: string; readonly put: string }[];
  readonly tests?: readonly string[];
}
export const mutants: readonly Mutant[];
