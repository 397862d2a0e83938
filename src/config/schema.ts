// The configuration as the program uses it: camelCase, seconds, absolute names and paths, defaults
// filled in. options/ says how it is written in TOML; build.ts makes the one from the other.
import type { Seconds } from '../base/clock.ts';
import type { RuleName } from '../check/rules/catalogue.ts';
import type { Target } from '../check/gather/facts.ts';
import type { Fqdn } from '../dns/name.ts';
import type { TsigAlgorithm } from '../dns/tsig.ts';
import type { Protocol } from '../ports/probe.ts';
import type { ServiceScheme } from '../dane/owner.ts';
import type { SecretRef, ServerAddress } from './fields.ts';
import type { Policy } from './options/policy.ts';

export interface ExternalAccountConfig {
  readonly kid: string;
  readonly hmac: SecretRef;
}

export interface AcmeConfig {
  readonly directory: string;
  readonly email: string | undefined;
  /** PEM file: trust for the HTTPS of a private CA. */
  readonly caFile: string | undefined;
  readonly eab: ExternalAccountConfig | undefined;
  /** Where `run --staging` tries an issuance out. Undefined: what is known of the CA. */
  readonly stagingDirectory: string | undefined;
  /** The external account there: never that of `directory`. */
  readonly stagingEab: ExternalAccountConfig | undefined;
}

export interface PkixConfig {
  /**
   * PEM file: the CAs that clients of usages 0 and 1 trust. Undefined: the roots that Node.js
   * brings.
   */
  readonly caFile: string | undefined;
}

/** How services are looked at. */
export interface ProbeConfig {
  /** For each step: greeting, each later answer, TLS handshake. */
  readonly timeout: Seconds;
  /**
   * What SMTP and LMTP servers are told in EHLO. Undefined: the machine's name, or its address
   * where that is not fully qualified.
   */
  readonly ehlo: string | undefined;
}

export interface TsigConfig {
  readonly name: Fqdn;
  readonly algorithm: TsigAlgorithm;
  /** Base64, as BIND's key files have it. */
  readonly secret: SecretRef;
}

/**
 * What an option of a provider is set to; secrets are still references, files have absolute names.
 */
export type OptionSetting =
  string | number | boolean | SecretRef | TsigConfig | readonly ServerAddress[] | readonly string[];

export interface ProviderConfig {
  readonly name: string;
  /** Of `providers/index.ts`. */
  readonly type: string;
  readonly options: Readonly<Record<string, OptionSetting>>;
}

export interface ZoneConfig {
  readonly name: Fqdn;
  /**
   * Write TLSA records: all of them, where several sign one zone. Undefined: the only provider
   * there is.
   */
  readonly provider: readonly string[] | undefined;
  /** Write the TXT records of DNS-01. Undefined: `provider`. */
  readonly acmeProvider: readonly string[] | undefined;
  /** Asked instead of the NS set and its addresses; undefined: what DNS says. */
  readonly nameservers: readonly ServerAddress[] | undefined;
  /** Asked as well: secondaries that no NS record names. */
  readonly extraNameservers: readonly ServerAddress[];
}

export interface ServiceConfig {
  /** As configured, for messages: `smtp://mx1.example.org:25`. */
  readonly url: string;
  /** The URL's scheme: `smtp`, `imaps`, `https`, … */
  readonly scheme: ServiceScheme;
  readonly protocol: Protocol;
  /** Clients are mail transfer agents: usages 0 and 1 count for nothing (RFC 7672 §3.1.3). */
  readonly smtpLike: boolean;
  readonly host: Fqdn;
  readonly port: number;
  /** Where the handshake goes instead of the host's addresses. */
  readonly connect: ServerAddress | undefined;
  /** The owner of the TLSA RRset when it is not `_port._tcp.host`. */
  readonly tlsaOwner: Fqdn | undefined;
  /** False: no handshake is possible from here; the deploy target's word counts. */
  readonly reachable: boolean;
  /** False: it serves nothing yet. */
  readonly running: boolean;
  /** True: nobody else uses its TLSA owner, or what that is a CNAME to. */
  readonly ownerIsOurs: boolean;
  /** Whom XMPP is asked for when it is not the host. */
  readonly xmppDomain: Fqdn | undefined;
}

export interface FilesDeploy {
  readonly type: 'files';
  /** Receives the full chain. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** The chain without the leaf. */
  readonly chain: string | undefined;
  /** Key and full chain in one file. */
  readonly combined: string | undefined;
  /** All files under their usual names. */
  readonly directory: string | undefined;
  /**
   * The key comes from elsewhere and lies here; `certificate` is placed only when it is for this
   * key.
   */
  readonly existingKey: string | undefined;
  /**
   * Files that cannot be replaced are written over. Undefined: the new file takes the place of the
   * old one.
   */
  readonly write: 'in-place' | undefined;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  /** Permission bits, like 0o640. */
  readonly mode: number | undefined;
  readonly reload: readonly string[] | undefined;
  readonly timeout: Seconds;
}

export interface CommandDeploy {
  readonly type: 'command';
  readonly command: readonly string[];
  readonly timeout: Seconds;
}

export type DeployConfig = FilesDeploy | CommandDeploy;

export interface CertificateConfig extends Policy {
  readonly name: string;
  /** A-labels, lower case, no trailing dot; wildcards as `*.example.org`. */
  readonly domains: readonly string[];
  readonly services: readonly ServiceConfig[];
  readonly deploy: readonly DeployConfig[];
  /** Instead of what the zones say; for a certificate that was named on the command line. */
  readonly provider?: string;
}

export interface EmailNotify {
  readonly type: 'email';
  readonly smtp: ServerAddress;
  readonly tls: 'none' | 'starttls' | 'tls';
  /** PEM file: trusted instead of the public CAs. */
  readonly caFile: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly login: { readonly username: string; readonly password: SecretRef } | undefined;
}

export interface WebhookNotify {
  readonly type: 'webhook';
  readonly url: string;
  readonly caFile: string | undefined;
  readonly bearer: SecretRef | undefined;
  readonly hmac: SecretRef | undefined;
}

export interface CommandNotify {
  readonly type: 'command';
  readonly command: readonly string[];
  readonly timeout: Seconds;
}

export type NotifyConfig = EmailNotify | WebhookNotify | CommandNotify;

/** What `check --watch` looks at, and who is told. */
export interface MonitorConfig {
  readonly interval: Seconds;
  /** Services, then mail domains. */
  readonly targets: readonly Target[];
  /** The services of the certificates, too. */
  readonly configured: boolean;
  readonly silence: readonly RuleName[];
  readonly repeat: number;
  /** How long a CRITICAL lasts until it is told again; 0: never. */
  readonly remind: Seconds;
  readonly notify: readonly NotifyConfig[];
}

export interface Config {
  /** The file it came from. */
  readonly path: string;
  readonly acme: AcmeConfig;
  readonly dns: { readonly resolver: readonly ServerAddress[] };
  readonly providers: readonly ProviderConfig[];
  readonly zones: readonly ZoneConfig[];
  readonly pkix: PkixConfig;
  readonly probe: ProbeConfig;
  readonly state: { readonly directory: string };
  readonly defaults: Policy;
  readonly certificates: readonly CertificateConfig[];
  readonly monitor: MonitorConfig;
  /** What is allowed but deserves a look; printed by `config check` and logged by `run`. */
  readonly warnings: readonly string[];
}
