// Where a chain is put so that a service loads it, and how the service is told.
import type { KeyType } from '../rollover/model.ts';
import type { Call } from './call.ts';
import type { GenerationPems } from './store.ts';

/** A number that grows with every deployment, so that a host refuses who was stopped for long. */
export interface Fence {
  readonly number: number;
  /** A larger one that was not used here is of another sender; undefined: none is known. */
  readonly before: number | undefined;
  /** Those that were used here last, also by attempts that failed. */
  readonly used?: readonly number[];
}

export interface DeployPackage {
  readonly certificate: string;
  readonly generation: number;
  readonly domains: readonly string[];
  /** Folder of the generation, for commands: paths, never key material. */
  readonly folder: string;
  readonly pems: GenerationPems;
  /** For what is changed on another machine. */
  readonly fence?: Fence;
  /**
   * Whether a text holds a private key of this certificate, of any generation
   * (engine/state/own-keys.ts).
   */
  readonly isOurs: (text: string) => Promise<boolean>;
  /** What a person should know of a placement that succeeded. */
  readonly warn?: (text: string) => void;
}

export interface KeyWish extends Pick<DeployPackage, 'generation' | 'domains' | 'fence'> {
  readonly keyType: KeyType;
}

/** One thing that a machine says of itself, for a person. */
export interface TargetFact {
  readonly name: string;
  readonly value: string;
}

/** A PEM chain, and where it lies. */
export interface PlacedPem {
  readonly place: string;
  readonly pem: string;
}

/**
 * Placing and reloading are not aborted half-way, so they take no Call: they end by their own
 * deadlines.
 */
export interface DeployTarget {
  /**
   * Of its whole configuration: with another path, command or reload it is another target, which
   * has taken nothing yet.
   */
  readonly id: string;
  /** For messages: "files /etc/postfix/tls/mx1.pem". */
  readonly label: string;
  /** Paths that `place` writes, for checks before it. */
  readonly writes?: readonly string[];
  /** Where `placed` looks: a place stays the same under another configuration of the target. */
  readonly reads?: readonly string[];
  /** Files on which `differences` depends. Absent: those of `writes`. */
  readonly watches?: readonly string[];
  /** Commands that a deployment runs. */
  readonly runs?: readonly (readonly string[])[];
  /**
   * Makes a private key there, which never leaves it, and asks for a certificate with it: a PEM
   * request whose signature was verified. The same key for the same generation. @throws AppError
   */
  makeKey?(what: KeyWish): Promise<string>;
  /**
   * Sends a generation to another machine, which checks it; nothing changes for the service.
   * Idempotent. Absent: there is nothing to be done before `place`.
   */
  stage?(what: DeployPackage): Promise<void>;
  /**
   * Puts the files where the service would load them. Doing so is deploying, reload or not.
   * Idempotent.
   */
  place(what: DeployPackage): Promise<void>;
  /**
   * Reloads the service. Exit code 0 proves nothing; the handshake is the evidence.
   * @throws AppError RELOAD_FAILED, RELOAD_TIMEOUT
   */
  reload(what: DeployPackage): Promise<void>;
  /** Whether it can be reached, and what is there. Nothing is changed. @throws AppError */
  examine?(): Promise<readonly TargetFact[]>;
  /**
   * The chains that a service may load from there now; none when nothing lies there or the target
   * cannot tell.
   * @throws AppError DEPLOY_FAILED when they cannot be read
   */
  placed(call: Call): Promise<readonly PlacedPem[]>;
  /**
   * What is not there as `place` would leave it, a text for each file. None: all of it is, or the
   * target can never tell. What cannot be read is a difference, not an error. Undefined: it is not
   * known now, because another machine does not answer.
   */
  differences(what: DeployPackage): Promise<readonly string[] | undefined>;
}
