// Another program renews a certificate: where its newest key and chain are.
import type { Instant } from '../base/clock.ts';

export interface PairRead {
  readonly certificatePem: string;
  readonly privkeyPem: string;
  /** When one of the two files last changed. */
  readonly changedAt: Instant;
}

export interface PairSource {
  /** For messages: the path of the certificate. */
  readonly label: string;
  /** A changed pair changes one of these files. */
  readonly watches: readonly string[];
  /**
   * Both files, each as it was at one moment. Undefined: one of them does not exist. @throws
   * AppError INPUT_INVALID when one cannot be read, or other users may write it
   */
  read(): Promise<PairRead | undefined>;
}
