// What the engine is given: ports, never adapters. app/world fills it; a simulation may fill it
// too.
import type { Clock, Instant } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Chain } from '../dane/chain.ts';
import type { TrustedIssuers } from '../dane/pkix.ts';
import type { Fqdn } from '../dns/name.ts';
import type { Issuer } from '../ports/issuer.ts';
import type { Probe, Protocol } from '../ports/probe.ts';
import type { DnsProvider } from '../ports/provider.ts';
import type { Resolver, SweepOptions } from '../ports/resolver.ts';
import type { GenerationFiles, Store } from '../ports/store.ts';
import type { DeployTarget } from '../ports/target.ts';
import type { Intent, KeyType } from '../rollover/model.ts';
import type { Event } from './events.ts';
import type { Visits } from './visits.ts';

/** How the operator wants aliases to be taken. */
export function aliasesOf({ ownNamesOnly }: Intent): SweepOptions {
  return ownNamesOnly === true ? { followCnames: false } : {};
}

/**
 * Keys and certificates, behind a seam: the real one costs time to load, a simulated one needs no
 * keys at all.
 */
export interface Pki {
  createKey(type: KeyType): Promise<string>;
  /** SubjectPublicKeyInfo of a private key, DER in hex. */
  spkiOf(privkeyPem: string): string;
  createCsr(privkeyPem: string, domains: readonly string[]): Promise<Uint8Array>;
  readPem(pem: string): Chain;
  readDer(certificates: readonly Uint8Array[]): Chain;
  keyFits(privkeyPem: string, chain: Chain): boolean;
  /** RFC 9773 §4.1; undefined for a certificate without authority key identifier. */
  certId(chain: Chain): string | undefined;
  /**
   * What the PKIX store says about these chains. @throws AppError CONFIG_INVALID when it cannot be
   * read
   */
  trusted(chains: readonly Chain[]): Promise<TrustedIssuers>;
}

/** How a service is reached from here. */
export interface Reach {
  /** Host name whose addresses are the endpoints, or one IP address. */
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** SNI, without trailing dot. */
  readonly serverName: string;
  /** Whom XMPP is asked for when it is not `serverName`. */
  readonly xmppDomain?: string;
}

/** What the operator may order beside the normal course. */
export type Intervention =
  /** The chain before the present one goes live again. */
  | { readonly kind: 'rollback' }
  /**
   * The live key is compromised. `records`: what happens to its records until the new key is
   * deployed.
   */
  | { readonly kind: 'emergency'; readonly records: 'keep' | 'withdraw' }
  /** TLSA is withdrawn and stays so, until `on`. */
  | { readonly kind: 'off' | 'on' }
  /** A running key and certificate, and the records that match them, become ours as they are. */
  | { readonly kind: 'adopt'; readonly privkeyPem: string; readonly chainPem: string }
  /** All targets, or the named one, take what is live once more, now. */
  | { readonly kind: 'deploy'; readonly target?: string }
  /** A name server or an endpoint that is silent counts for nothing until it answers again. */
  | { readonly kind: 'forget'; readonly address: string }
  /**
   * The certificate leaves: records are withdrawn, and then all that is known of it is put aside.
   */
  | { readonly kind: 'delete'; readonly keepRecords?: true; readonly moveFiles?: true };

/** No configuration names it any more; what is left is to end what it began. */
export interface Departed {
  /**
   * Its services read keys and chains in the state folder itself: nothing says that they were told
   * to read others.
   */
  readonly readInPlace: boolean;
  /** Keys of documents of owners and services that other certificates go on using. */
  readonly shared: ReadonlySet<string>;
  /** Keys of further documents that are about nothing else. */
  readonly documents: readonly string[];
}

/** It had another name, and what it has is still there, all of it or a part. */
export interface Former {
  readonly name: string;
  /** Further documents as they are under the new name. */
  readonly documents: readonly { readonly key: string; readonly value: unknown }[];
  /** Keys of further documents that are about the old name. */
  readonly obsolete: readonly string[];
  /**
   * The operator orders it now, and nothing else; absent: it was begun, and a run does the rest.
   */
  readonly ordered?: true;
}

/** One configured certificate, ready to be worked on. */
export interface Task {
  readonly intent: Intent;
  /** Other certificates of this installation that share an owner. */
  readonly neighbours: readonly Pick<Task, 'intent' | 'reach' | 'targets'>[];
  readonly reach: Readonly<Record<string, Reach>>;
  readonly targets: readonly DeployTarget[];
  /** Writes all zones of this certificate. */
  readonly provider?: string;
  readonly profile?: string;
  readonly preferredChain?: string;
  /** The operator named it: pauses do not hold it up. */
  readonly insists?: true;
  /** What the operator ordered with this run; done once, before anything else. */
  readonly intervention?: Intervention;
  readonly departed?: Departed;
  readonly formerly?: Former;
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
  readonly issuer: Issuer;
  /**
   * `name`: that one, whatever the zones say. @throws AppError CONFIG_INVALID when none is
   * configured for the zone
   */
  providerFor(zone: Fqdn, purpose: 'tlsa' | 'acme', name?: string): DnsProvider;
  readonly pki: Pki;
  readonly log: Logger;
  emit(event: Event): void;
  /** Called between any two instructions that touch the outside; tests end the process here. */
  instant(label: string): void;
  /** Of this process; the run adds it. */
  readonly visits?: Visits;
}
