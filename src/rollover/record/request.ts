// What the file with the operator's certificate request holds (Intent.request).
import type { KeyType } from '../model.ts';

export type RequestFact =
  | {
      readonly status: 'request';
      /** SubjectPublicKeyInfo of its key, DER in hex. */
      readonly spki: string;
      readonly keyType: KeyType;
      /** Lower case. */
      readonly names: readonly string[];
    }
  | { readonly status: 'none'; readonly because: string; readonly hint: string };
