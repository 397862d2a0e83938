// What others supply: the newest key and chain of another program that renews a certificate, or the
// operator's certificate request for a key that is elsewhere.
import type { Instant } from '../base/clock.ts';
import type { KeyType } from '../rollover/model.ts';

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

/** A certificate request whose signature was verified. */
export interface RequestRead {
  /** One block: CERTIFICATE REQUEST. */
  readonly pem: string;
  /** SubjectPublicKeyInfo, DER in hex. */
  readonly spki: string;
  readonly keyType: KeyType;
  /** Lower case. */
  readonly names: readonly string[];
}

export interface RequestSource {
  /** For messages: the path of its file. */
  readonly label: string;
  readonly watches: readonly string[];
  /**
   * Undefined: the file does not exist. @throws AppError INPUT_INVALID when it cannot be read, when
   * other users may write it, or when a CA would refuse what it holds
   */
  read(): Promise<RequestRead | undefined>;
}
