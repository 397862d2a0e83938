// What the command line calls. wire.ts supplies it; cli/ depends only on this file and on no
// adapter.
import type { Instant, Seconds } from '../../base/clock.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ServiceConfig } from '../../config/options/service.ts';
import type { Config, DeployConfig } from '../../config/schema.ts';
import type { Event } from '../../engine/events.ts';
import type { Operation } from '../../engine/world.ts';
import type { RevokeRequest } from '../../engine/revoke.ts';
import type { Deactivation } from './account-change.ts';
import type { AccountReport } from './account.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';
import type { LeftBehind } from '../known/left-behind.ts';
import type { TrialStep } from './provider-trial.ts';
import type { TargetTrial } from './target-trial.ts';

export interface AppContext {
  /** With --state merged in. */
  readonly config: Config;
  readonly logger: Logger;
  /** Aborted by SIGINT and SIGTERM: finish the act in progress, save, and return with exit 3. */
  readonly signal: AbortSignal;
}

export type OpenApp = (context: AppContext) => Promise<App>;

export interface RunRequest {
  /**
   * Empty: all. @throws AppError USAGE for a name that is neither in the configuration nor in the
   * state
   */
  readonly names: readonly string[];
  readonly wait: boolean;
  /** With `wait`: the longest time. */
  readonly waitUntil?: Instant;
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Called once, with the number of certificates that the run is about. */
  readonly begins?: (certificates: number) => void;
}

export interface TryOutRequest {
  /**
   * Empty: all. @throws AppError USAGE for an unknown name, and for a CA without a known test
   * environment
   */
  readonly names: readonly string[];
  /** Stay until it is done. */
  readonly wait: boolean;
}

export interface IssueRequest {
  /** As typed; the app checks them like configured ones. */
  readonly domains: readonly string[];
  readonly services: readonly ServiceConfig[];
  /** Undefined: the provider of the zone. */
  readonly provider: string | undefined;
  /** Empty: as in an earlier `issue` of these names. */
  readonly deploy: readonly DeployConfig[];
  /** How long to stay; the next run continues. */
  readonly timeout: Seconds;
}

export interface AdoptRequest {
  readonly kind: 'adopt';
  /** Undefined: where the configuration deploys them. */
  readonly files?: { readonly certificate: string; readonly key: string };
}

export interface OperationRequest {
  readonly certificate: string;
  readonly what: Exclude<Operation, { kind: 'adopt' }> | AdoptRequest;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

export interface DeletionRequest {
  /** A certificate, or a TLSA owner that no certificate names any more. */
  readonly name: string;
  readonly keepRecords: boolean;
  readonly moveFiles: boolean;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

export interface RenameRequest {
  readonly from: string;
  readonly to: string;
  /** Stay until the next run under the new name has nothing left to do. */
  readonly wait: boolean;
  readonly dryRun: boolean;
}

export interface RevocationRequest extends RevokeRequest {
  readonly certificate: string;
}

/** One choice after a compromised key: the times of its steps, if no error occurs. */
export interface EmergencyChoice {
  readonly records: 'keep' | 'withdraw';
  /** The new key can go live. */
  readonly deployedAt: Instant;
  /** DANE clients no longer accept the old key. */
  readonly safeAt: Instant;
}

export interface CertificateOutcome {
  readonly certificate: string;
  readonly state:
    | 'done'
    | 'deleted'
    | 'renamed'
    | 'planned'
    | 'tried'
    | 'waiting'
    | 'blocked'
    | 'failed'
    | 'locked'
    | 'interrupted';
  readonly exit: ExitStatus;
  /** When a further run may change something. */
  readonly until?: Instant;
  /** Why it waits, is blocked or failed; one sentence each. */
  readonly why: readonly string[];
}

export interface RunSummary {
  /** The first that applies of 70, 2, 4, 3, 5, 0. */
  readonly exit: ExitStatus;
  readonly certificates: readonly CertificateOutcome[];
}

export interface App {
  run(request: RunRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /** Only the issuance, at the CA's test environment; nothing of it is stored. */
  tryOut(request: TryOutRequest, emit: (event: Event) => void): Promise<RunSummary>;
  issue(request: IssueRequest, emit: (event: Event) => void): Promise<RunSummary>;
  operate(request: OperationRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /** @throws AppError USAGE for a name that is still configured, or unknown */
  delete(request: DeletionRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /**
   * @throws AppError USAGE for a certificate that the configuration still calls by its old name,
   * for names in use, and for unknown names
   */
  rename(request: RenameRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /** What is in the state but not in the configuration, from the last observations. */
  leftBehind(): Promise<readonly LeftBehind[]>;
  /** @returns the number of the generation that was, or would be, revoked */
  revoke(request: RevocationRequest): Promise<number>;
  emergencyChoices(certificate: string): Promise<readonly EmergencyChoice[]>;
  status(names: readonly string[]): Promise<readonly CertificateStatus[]>;
  /** What happened to it, oldest first. @throws AppError USAGE for an unknown name */
  history(certificate: string): Promise<readonly Event[]>;
  /**
   * Writes, reads and removes records at names that nothing uses. `zone`: the zone; by default,
   * those for which the configuration uses the provider. @throws AppError USAGE for a provider that
   * is not configured
   */
  tryProvider(provider: string, zone: string | undefined): AsyncIterable<TrialStep>;
  /** Asks the machines of these [target.NAME], or all. @throws AppError USAGE for an unknown one */
  tryTargets(names: readonly string[]): Promise<readonly TargetTrial[]>;
  /**
   * `issuer`: of that name, or of [acme]. @throws AppError USAGE for one that is not configured;
   * `update`: sends the configured contact to the CA; creates an account if there is none.
   */
  account(update: boolean, issuer: string | undefined): Promise<AccountReport>;
  /** `key`: the content of a file with the account key of another client. @throws AppError USAGE */
  importAccount(key: string, issuer: string | undefined): Promise<AccountReport>;
  /** A new key for the same account. */
  changeAccountKey(issuer: string | undefined): Promise<AccountReport>;
  /** @throws AppError USAGE without the operator's confirmation */
  deactivateAccount(request: Deactivation, issuer: string | undefined): Promise<AccountReport>;
  /** Releases leases and sockets. */
  close(): Promise<void>;
}
