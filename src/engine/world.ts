// The ports of the engine, never adapters. app/world supplies them; a simulation may, too.
import type { Clock, Instant } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Chain } from '../dane/chain.ts';
import type { TrustedIssuers } from '../dane/pkix.ts';
import type { Fqdn } from '../dns/name.ts';
import type { Issuer, OrderWishes } from '../ports/issuer.ts';
import type { Probe, Protocol } from '../ports/probe.ts';
import type { DnsProvider } from '../ports/provider.ts';
import type { RunCommands } from '../ports/run-commands.ts';
import type { PairSource, RequestSource } from '../ports/source.ts';
import type { Resolver, SweepOptions } from '../ports/resolver.ts';
import type { GenerationFiles, Store } from '../ports/store.ts';
import type { Signatures } from '../ports/signatures.ts';
import type { DeployTarget } from '../ports/target.ts';
import type { Intent, KeyType } from '../rollover/model.ts';
import type { Accounts } from './accounts.ts';
import type { Event } from './events.ts';
import type { CaaAnswers } from './caa-answers.ts';
import type { OrderPlaces } from './order-places.ts';
import type { Visits } from './visits.ts';

/** How the operator wants aliases to be handled. */
export function aliasesOf({ ownNamesOnly }: Intent): SweepOptions {
  return ownNamesOnly === true ? { followCnames: false } : {};
}

/**
 * Keys and certificates, behind an interface: the real implementation takes time to load, a
 * simulated one needs no keys.
 */
export interface Pki {
  createKey(type: KeyType): Promise<string>;
  /** SubjectPublicKeyInfo, DER in hex. Here and below: a private key, or a request for one. */
  spkiOf(keyOrRequest: string): string;
  createCsr(keyOrRequest: string, domains: readonly string[]): Promise<Uint8Array>;
  readPem(pem: string): Chain;
  readDer(certificates: readonly Uint8Array[]): Chain;
  keyFits(keyOrRequest: string, chain: Chain): boolean;
  /** RFC 9773 §4.1; undefined for a certificate without authority key identifier. */
  certId(chain: Chain): string | undefined;
  /**
   * Whether these chains lead to a CA of the PKIX store. @throws AppError CONFIG_INVALID if the
   * store cannot be read
   */
  trusted(chains: readonly Chain[]): Promise<TrustedIssuers>;
}

/** How a service is reached from this machine. */
export interface Reach {
  /** Host name whose addresses are the endpoints, or one IP address. */
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** SNI, without trailing dot. */
  readonly serverName: string;
  /** The domain that XMPP is asked for if it is not `serverName`. */
  readonly xmppDomain?: string;
}

/** What an operator asks for outside the normal course. */
export type Operation =
  /** The previous chain goes live again. */
  | { readonly kind: 'rollback' }
  /**
   * The live key is compromised. `records`: what happens to its records until the new key is
   * deployed.
   */
  | { readonly kind: 'emergency'; readonly records: 'keep' | 'withdraw' }
  /** TLSA records are withdrawn and not published again, until `on`. */
  | { readonly kind: 'off' | 'on' }
  /** A running key and certificate, and the records that match them, are taken over unchanged. */
  | { readonly kind: 'adopt'; readonly privkeyPem: string; readonly chainPem: string }
  /** All targets, or the named one, take the live generation again, now. */
  /** `takeOver`: this holger is the only one that deploys to other machines from now on. */
  | { readonly kind: 'deploy'; readonly target?: string; readonly takeOver?: true }
  /** A silent name server or endpoint is ignored until it answers again. */
  | { readonly kind: 'forget'; readonly address: string }
  /** The certificate is deleted: records are withdrawn, and then all its state is archived. */
  | { readonly kind: 'delete'; readonly keepRecords?: true; readonly moveFiles?: true };

/** No configuration names it any more; what is left is to finish what it began. */
export interface Departed {
  /**
   * Its services read keys and chains in the state folder itself: it is not known that they were
   * changed to read others.
   */
  readonly readInPlace: boolean;
  /** Keys of documents of owners and services that other certificates continue to use. */
  readonly shared: ReadonlySet<string>;
  /** Keys of further documents that concern only this certificate. */
  readonly documents: readonly string[];
}

/** It had another name, and all or a part of its state is still under that name. */
export interface Former {
  readonly name: string;
  /** Further documents as they are under the new name. */
  readonly documents: readonly { readonly key: string; readonly value: unknown }[];
  /** Keys of further documents that concern the old name. */
  readonly obsolete: readonly string[];
  /**
   * The operator requests it now, and nothing else; absent: it has begun, and a run does the rest.
   */
  readonly ordered?: true;
}

/** One configured certificate, in the form of the engine. */
export interface Task {
  readonly intent: Intent;
  /** Other certificates of this installation that share an owner. */
  readonly neighbours: readonly Pick<Task, 'intent' | 'reach' | 'targets'>[];
  readonly reach: Readonly<Record<string, Reach>>;
  readonly targets: readonly DeployTarget[];
  /** Another program renews it, and holger takes its key and chain there. */
  readonly source?: PairSource;
  /** It is ordered with a request of the operator, and its private key is never here. */
  readonly request?: RequestSource;
  /** The files from which the intent has its anchors. */
  readonly anchorFiles?: readonly string[];
  /** Writes all zones of this certificate. */
  readonly provider?: string;
  /** By issuer. */
  readonly wishes?: Readonly<Record<string, OrderWishes>>;
  /** The preferred issuer, when another one is asked because it fails. */
  readonly insteadOf?: { readonly directory: string; readonly since: Instant };
  /** The operator named it: no pause applies. */
  readonly insists?: true;
  /** What the operator requested with this run; done once, before anything else. */
  readonly operation?: Operation;
  readonly departed?: Departed;
  readonly formerly?: Former;
}

/** For an order at the issuer whose turn it is. */
export function wishesOf({ intent, wishes = {} }: Task): OrderWishes {
  return wishes[intent.directory] ?? {};
}

/** Orders and deployments of a run, between the two commands of the operator. */
export interface Work {
  /** Before an order or a deployment. @throws AppError if neither may begin */
  begin(): Promise<void>;
  /** A dry run would begin it. */
  foresee(): void;
}

export interface World {
  readonly clock: Clock;
  /** When this process began. */
  readonly startedAt?: Instant;
  /** Uniform in [0, 1). */
  random(): number;
  readonly store: Store;
  readonly files: GenerationFiles;
  readonly resolver: Resolver;
  readonly probe: Probe;
  /** By id (Intent.directory); undefined: the configuration does not name it any more. */
  issuerAt(id: string): Issuer | undefined;
  /** Absent: every file is read. */
  readonly signatures?: Signatures;
  /**
   * `name`: that provider, whatever the zones say. @throws AppError CONFIG_INVALID if none is
   * configured for the zone
   */
  providerFor(zone: Fqdn, purpose: 'tlsa' | 'acme', name?: string): DnsProvider;
  readonly pki: Pki;
  readonly log: Logger;
  emit(event: Event): void;
  /** Called between any two steps with an outside effect; tests end the process here. */
  instant(label: string): void;
  /** Absent: none is configured. */
  readonly runCommands?: RunCommands;
  /** Of this process; the run adds it. */
  readonly work?: Work;
  /** Of this process; the run adds it. */
  readonly visits?: Visits;
  /** Of this process; the run adds it. */
  readonly orderPlaces?: OrderPlaces;
  /** Of this process; the run adds it. Absent: each certificate asks by itself. */
  readonly caaAnswers?: CaaAnswers;
  /** Of this process; the run adds it. Absent: every document of an account is read. */
  readonly accounts?: Accounts;
}
