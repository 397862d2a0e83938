// What another program, which renews a certificate, has in its files.
import type { Instant } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';

export type Offer =
  /** A key and a certificate for it. */
  | {
      readonly status: 'pair';
      readonly chain: Chain;
      /** SubjectPublicKeyInfo of the key, DER in hex. */
      readonly spki: string;
      readonly algorithm: KeyAlgorithm;
    }
  | {
      readonly status: 'none';
      readonly because: string;
      readonly hint: string;
      /** When the files last changed: the program may just be writing them. */
      readonly changedAt?: Instant;
    };
