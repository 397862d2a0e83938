// The configuration as the program uses it: camelCase, seconds, absolute names and paths, defaults
// filled in. Every type here is made of the table of options (options/), whose reasons say what the
// values mean.
import type { Target } from '../check/gather/facts.ts';
import type { Selectable } from '../dane/association.ts';
import type { Document } from './options/document.ts';
import type { Policy } from './options/policy.ts';
import type { ProviderConfig } from './providers.ts';
import type { Settled } from './settled.ts';

type Whole = Settled<Omit<Document, 'provider'>>;

export type AcmeConfig = Whole['acme'];
type OtherIssuer = Whole['issuer'][string];
/** Another program renews; holger takes its files. */
export type PrivateCaIssuer = Extract<OtherIssuer, { readonly type: 'private-ca' }>;
export type SelfSignedIssuer = Extract<OtherIssuer, { readonly type: 'self-signed' }>;
export type FilesIssuer = Extract<OtherIssuer, { readonly type: 'files' }>;
export type PkixConfig = Whole['pkix'];
export type ZoneConfig = Whole['zone'][number];
export interface MonitorConfig extends Omit<Whole['monitor'], 'targets'> {
  readonly targets: readonly Target[];
}
export type NotifyConfig = MonitorConfig['notify'][number];
export type DeployConfig = Whole['certificate'][number]['deploy'][number];
export type TargetConfig = Whole['target'][string];
export type FilesDeploy = Extract<DeployConfig, { readonly type: 'files' }>;

export interface CertificateConfig
  extends Omit<Whole['certificate'][number], keyof Policy | 'csr' | 'quorum' | 'key'>, Policy {
  /** The file of the operator's certificate request. */
  readonly csr?: string | undefined;
  readonly quorum?: number | undefined;
  /** Made by the machine of its target. */
  readonly key?: 'target' | undefined;
  /**
   * Takes the place of the zones' providers; for a certificate that was named on the command line.
   */
  readonly provider?: string;
}

/** What trust_anchor_file of an issuer names. */
export interface KnownAnchors {
  readonly certificates: readonly Selectable[];
  /** Why the file cannot be used: what it names is unknown, which is not the same as nothing. */
  readonly unread?: string;
}

export interface Config extends Omit<Whole, 'zone' | 'certificate' | 'defaults' | 'monitor'> {
  /** The file from which it was read. */
  readonly path: string;
  /** Of the text of that file. */
  readonly digest: string;
  readonly providers: readonly ProviderConfig[];
  readonly zones: readonly ZoneConfig[];
  readonly defaults: Policy;
  readonly certificates: readonly CertificateConfig[];
  readonly monitor: MonitorConfig;
  /** By name of the issuer. */
  readonly anchors?: Readonly<Record<string, KnownAnchors>>;
  /** What is allowed but needs attention; printed by `config check` and logged by `run`. */
  readonly warnings: readonly string[];
}
