// What the command line needs of the program. wire.ts offers it; cli/ is written against it and
// knows no adapter.
import type { Instant, Seconds } from '../../base/clock.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ServiceConfig } from '../../config/options/service.ts';
import type { Config, DeployConfig } from '../../config/schema.ts';
import type { Event } from '../../engine/events.ts';
import type { Intervention } from '../../engine/world.ts';
import type { RevokeRequest } from '../../engine/revoke.ts';
import type { Deactivation } from './account-change.ts';
import type { AccountReport } from './account.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';
import type { LeftBehind } from '../known/left-behind.ts';
import type { TrialStep } from './provider-trial.ts';

export interface AppContext {
  /** With --state laid over it. */
  readonly config: Config;
  readonly logger: Logger;
  /** Aborted by SIGINT and SIGTERM: finish the act in hand, save, and return with exit 3. */
  readonly signal: AbortSignal;
}

export type OpenApp = (context: AppContext) => Promise<App>;

export interface RunRequest {
  /**
   * Empty: all. @throws AppError USAGE for a name that neither the configuration nor the state
   * knows
   */
  readonly names: readonly string[];
  readonly wait: boolean;
  /** With `wait`: no longer than this. */
  readonly waitUntil?: Instant;
  readonly dryRun: boolean;
  readonly force: boolean;
}

export interface TryOutRequest {
  /**
   * Empty: all. @throws AppError USAGE for a name that is not known, and for a CA without a known
   * test environment
   */
  readonly names: readonly string[];
  /** Stay, however long it takes. */
  readonly wait: boolean;
}

export interface IssueRequest {
  /** As typed; the app checks them as it checks configured ones. */
  readonly domains: readonly string[];
  readonly services: readonly ServiceConfig[];
  /** Undefined: whichever the zones say. */
  readonly provider: string | undefined;
  /** Empty: where an earlier `issue` of these names had it. */
  readonly deploy: readonly DeployConfig[];
  /** How long it is stayed for; the next run goes on. */
  readonly timeout: Seconds;
}

export interface AdoptRequest {
  readonly kind: 'adopt';
  /** Undefined: where the configuration deploys them. */
  readonly files?: { readonly certificate: string; readonly key: string };
}

export interface InterventionRequest {
  readonly certificate: string;
  readonly what: Exclude<Intervention, { kind: 'adopt' }> | AdoptRequest;
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

/** One way out of a compromised key: what happens when, if everything goes well from now on. */
export interface EmergencyChoice {
  readonly records: 'keep' | 'withdraw';
  /** The new key can go live. */
  readonly deployedAt: Instant;
  /** No client of DANE accepts the old key any more. */
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
  /** The issuance alone, at the CA's test environment; nothing of it is kept. */
  tryOut(request: TryOutRequest, emit: (event: Event) => void): Promise<RunSummary>;
  issue(request: IssueRequest, emit: (event: Event) => void): Promise<RunSummary>;
  intervene(request: InterventionRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /** @throws AppError USAGE for what is still configured, or not known */
  delete(request: DeletionRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /**
   * @throws AppError USAGE for what the configuration still calls by its old name, for names in
   * use, and for what is not known
   */
  rename(request: RenameRequest, emit: (event: Event) => void): Promise<RunSummary>;
  /** What the state knows and the configuration does not, as it was seen last. */
  leftBehind(): Promise<readonly LeftBehind[]>;
  /** @returns the number of the generation that was, or would be, revoked */
  revoke(request: RevocationRequest): Promise<number>;
  emergencyChoices(certificate: string): Promise<readonly EmergencyChoice[]>;
  status(names: readonly string[]): Promise<readonly CertificateStatus[]>;
  /**
   * Writes, reads and removes records on names that nobody uses. `zone`: where; by default, where
   * the configuration uses the provider.
   * @throws AppError USAGE for a provider that is not configured
   */
  tryProvider(provider: string, zone: string | undefined): AsyncIterable<TrialStep>;
  /** `update`: the CA is told the configured contact; an account is made when there is none. */
  account(update: boolean): Promise<AccountReport>;
  /** A new key for the same account. */
  changeAccountKey(): Promise<AccountReport>;
  /** @throws AppError USAGE without the operator's word */
  deactivateAccount(request: Deactivation): Promise<AccountReport>;
  /** Gives back leases and sockets. */
  close(): Promise<void>;
}
