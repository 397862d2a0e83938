// The input of the planner: what the operator wants (intent) and what is stored of a certificate
// (lineage). Observations of DNS and of handshakes are in record/. All of it is plain JSON.
import type { Instant, Moment, Seconds } from '../base/clock.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { Fqdn } from '../dns/name.ts';
import type { Selectable } from '../dane/association.ts';
import type { Chain } from '../dane/chain.ts';
import type { KeyAlgorithm } from '../dane/key-algorithm.ts';
import type { CombinationText } from '../dane/tlsa.ts';
import type { Attempts } from './attempts.ts';
import type { PlacedMemory, TargetIntent, TargetMemory } from './targets.ts';

export type KeyType = 'ec-p256' | 'ec-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';

/** The criterion by which a server with several certificates chooses one. */
export function algorithmOf(keyType: KeyType): Extract<KeyAlgorithm, 'ecdsa' | 'rsa'> {
  return keyType.startsWith('rsa-') ? 'rsa' : 'ecdsa';
}

/**
 * staged: each renewal has a new key, which waits until its record is in the caches. prepublished:
 * the next key's record is always in DNS. reuse-key: renewals keep the key.
 */
export type Strategy = 'staged' | 'prepublished' | 'reuse-key';

export interface Policy {
  /**
   * Combinations to publish; a usage 2 combination is computed from CA certificates of the chain.
   */
  readonly records: readonly CombinationText[];
  readonly trustAnchors: 'chain' | 'issuer' | 'top' | 'none';
  /** TTL of RRsets that holger creates. */
  readonly ttl: Seconds;
  readonly ttlFactor: number;
  readonly cacheFloor: Seconds;
  /**
   * How long a version from before the first sweep may be cached; 0: the operator knows that there
   * is none.
   */
  readonly assumedTtl: Seconds;
  readonly margin: Seconds;
  readonly settle: Seconds;
  /** How long old records stay after the proof; undefined: one further wait. */
  readonly rollback?: Seconds;
  /**
   * A deployment that fails at a target for this long is rolled back everywhere; undefined: the
   * other targets keep it.
   */
  readonly rollbackAfter?: Seconds;
}

export interface ServiceIntent {
  /** Scheme, host and port, "smtp://mx1.example.org:25": the key of its history. */
  readonly id: string;
  /** Where clients ask for TLSA, before CNAMEs. */
  readonly owner: Fqdn;
  /** Names that a usage 2 client accepts: the TLSA base domain, without trailing dot. */
  readonly names: readonly string[];
  /** Usages 0 and 1 are unusable (RFC 7672 §3.1.3). */
  readonly smtpLike: boolean;
  /**
   * Set by the operator: only services of this certificate use the owner, and its canonical name.
   */
  readonly ownerIsOurs?: true;
  /** False: the operator says that it does not run yet; nothing is live there. */
  readonly running: boolean;
  /**
   * Another certificate publishes TLSA records at its owner: clients check every chain there
   * against them.
   */
  readonly daneOfAnother?: true;
  /** False: this host may not connect; a deployment that was acknowledged is the evidence. */
  readonly reachable: boolean;
}

export interface Intent {
  readonly name: string;
  /** A-labels, lower case, wildcards as "*.example.org". */
  readonly domains: readonly string[];
  readonly keyType: KeyType;
  readonly dane: boolean;
  readonly strategy: Strategy;
  /** How old a key may become; undefined: as the strategy decides. */
  readonly rotateKeyEvery?: Seconds;
  /**
   * Renew when this much lifetime is left, or earlier; undefined: the usual share of the lifetime.
   */
  readonly renewBefore?: Seconds;
  /** The issuer: its directory URL, with a fragment if another issuer has the same one. */
  readonly directory: string;
  /** Further issuers, in the order of preference: what they have issued is right, too. */
  readonly otherDirectories?: readonly string[];
  /**
   * Another program renews it, and holger orders nothing: the file with its certificate, for
   * messages.
   */
  readonly source?: string;
  /** It is ordered with the certificate request in this file; its private key is not here. */
  readonly request?: string;
  /** Each key is made by the machine that uses it, and never leaves it. */
  readonly keyAtTarget?: true;
  /** How long orders at one issuer fail before the next one is asked; undefined: see issuer.ts. */
  readonly issuerPatience?: Seconds;
  /**
   * CA certificates to which chains of its issuers lead, as far as the operator names them; only
   * with several issuers.
   */
  readonly anchors?: readonly Selectable[];
  /** Why some of them are not known now. */
  readonly anchorsUnread?: string;
  readonly services: readonly ServiceIntent[];
  readonly targets: readonly TargetIntent[];
  /** How many targets must have a generation before the first one loads it; undefined: all. */
  readonly quorum?: number;
  readonly policy: Policy;
  /** Renew although it is not due. */
  readonly force: boolean;
  /** Records are written at the names themselves: a CNAME record there is an error. */
  readonly ownNamesOnly?: true;
  /**
   * The operator accepts that a wildcard does not answer while a challenge's record exists (rule
   * 26).
   */
  readonly hidesWildcard?: true;
}

/**
 * key: a key and nothing else; issued: staged; live: its files are where services load them;
 * retired: was live.
 */
export const GENERATION_STATES = ['key', 'issued', 'live', 'retired'] as const;
export type GenerationState = (typeof GENERATION_STATES)[number];

export interface Generation {
  readonly number: number;
  readonly state: GenerationState;
  readonly keyType: KeyType;
  readonly domains: readonly string[];
  /** The CA of its order. */
  readonly directory: string;
  readonly createdAt: Instant;
  /** SubjectPublicKeyInfo of its key, DER in hex. */
  readonly spki: string;
  /** Earlier than `createdAt` if a key is used again. */
  readonly keyMadeAt: Instant;
  /** Its key is not here: it is ordered with a request of the operator. */
  readonly request?: true;
  /** Its key was made before it is needed; no order is placed yet. */
  readonly ahead?: true;
  /** The CA refuses its key; the next generation gets another. */
  readonly keyRefused?: true;
  /**
   * An attacker may have its key: it is never used again, and its records are removed as soon as no
   * endpoint presents it.
   */
  readonly compromised?: true;
  /** Key and chain are those of an earlier generation that is deployed again. */
  readonly rollbackOf?: number;
  /** Not requested by the operator: another generation could not be deployed everywhere. */
  readonly insteadOf?: { readonly generation: number; readonly because: string };
  readonly revokedAt?: Instant;
  /** The first renewal window of the CA, and since when the CA asks for an early renewal (ARI). */
  readonly firstWindow?: { readonly start: Instant; readonly end: Instant };
  readonly recalledAt?: Instant;
  /** The order, from the moment when the CA named its URL. */
  readonly orderUrl?: string;
  readonly chain?: Chain;
  readonly issuedAt?: Instant;
  /** The result of its last order was unusable: for another key, or without some of the names. */
  readonly wrong?: { readonly at: Instant; readonly lifetime: Seconds; readonly because: string };
  /** The placing of its files has begun: from now on its chain counts as live. */
  readonly deployBegunAt?: Instant;
  /** A target took it and another one fails: the first such attempt and the last one. */
  readonly deployFailing?: {
    readonly since: Instant;
    readonly last: Instant;
    readonly because: string;
  };
  /**
   * When its files were placed the last time, and the endpoints that presented a chain right
   * before.
   */
  readonly placedAt?: Instant;
  readonly presentedBefore?: readonly string[];
  /** Every target was reloaded and acknowledged it. A claim, not evidence. */
  readonly deployedAt?: Instant;
  /** The services were reloaded again, because one did not present it. */
  readonly reloads?: Attempts;
  /** Since when the reload fails. */
  readonly reloadFailingSince?: Instant;
  /** Services that worked before its deployment and fail since then, and when that was reported. */
  readonly broken?: { readonly at: Instant; readonly because: readonly string[] };
  /** Every endpoint was seen to present it and nothing else. */
  readonly provenAt?: Instant;
}

/**
 * Stored ACME renewal information (RFC 9773): the time within the window is chosen once and kept.
 */
export interface RenewalMemory {
  readonly certId: string;
  readonly windowStart?: Instant;
  readonly windowEnd?: Instant;
  readonly chosenAt?: Instant;
  readonly explanationUrl?: string;
  readonly nextLookAt: Instant;
}

/** A TXT record of a challenge that must be withdrawn, stored before it is published. */
export interface ChallengeRecord {
  readonly owner: Fqdn;
  /** The canonical name when it was published. */
  readonly target?: Fqdn;
  readonly rdata: string;
  readonly at: Instant;
  /** When the provider accepted it last; it is sent again if no server shows it. */
  readonly sentAt?: Instant;
  /** The TTL that was served there before: of other values, or of their absence. */
  readonly ttlBefore?: Seconds;
  /**
   * The issuer whose later orders need it, too: it is withdrawn only when they need another one, or
   * none.
   */
  readonly stays?: string;
}

/** When the CA was asked to check a challenge; the first time and the last one. */
export interface ChallengeAnswer {
  readonly first: Instant;
  readonly last: Instant;
  readonly count: number;
  /** How long a resolver may cache that the record does not exist. */
  readonly negativeTtl: Seconds;
  /** The CA received the last request. Absent: not known. */
  readonly sent?: true;
  /** When the CA wants to be asked again (Retry-After). */
  readonly notBefore?: Instant;
}

/** A name server that does not answer while a challenge must become visible there. */
export interface SilentServer {
  readonly server: Fqdn;
  readonly since: Instant;
  /** Set by the operator: it is ignored until it answers again. */
  readonly forgotten?: true;
}

/** The last failure, stored for `status` and so that `run` does not try too often. */
export interface LastFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly at: Instant;
  readonly attempts: number;
  readonly notBefore: Instant;
  readonly exit: number;
}

/** An order that failed: the earliest time of the next attempt, and how the last one ended. */
export interface OrderPause {
  /** What was ordered, and how: an order for something else need not wait. */
  readonly subject: string;
  /** In a row. */
  readonly attempts: number;
  readonly at: Instant;
  readonly notBefore: Instant;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** The CA's type for it (RFC 8555 §6.7). */
  readonly type?: string;
  readonly exit: number;
}

export interface Leaving {
  readonly since: Instant;
  /** Records stay: the zone does not exist any more, or belongs to another party. */
  readonly keepRecords?: true;
  /** Keys and chains are archived although a service may still read them there. */
  readonly moveFiles?: true;
}

/** The pending operation of the operator; it lasts until it is done or cancelled. */
export interface Orders {
  /** TLSA records are withdrawn and not published again. */
  readonly offSince?: Instant;
  /**
   * Not requested by the operator: the configuration says `dane = false`. Only until the records
   * are withdrawn.
   */
  readonly offByConfiguration?: true;
  /** Its records are withdrawn; when no cache holds them any more, all its state is archived. */
  readonly leaving?: Leaving;
  /**
   * The live key is compromised: keep its records until no client needs them, or withdraw all TLSA
   * records first.
   */
  readonly emergency?: { readonly since: Instant; readonly records: 'keep' | 'withdraw' };
}

export interface Lineage {
  readonly schema: 1;
  /** When this was stored, to detect later whether the clock was set. */
  readonly savedAt?: Moment;
  readonly name: string;
  readonly generations: readonly Generation[];
  readonly renewal?: RenewalMemory;
  /** Of the staged certificate: the CA may revoke it before it is deployed. */
  readonly stagedRenewal?: RenewalMemory;
  readonly challengeRecords: readonly ChallengeRecord[];
  /**
   * Its documents were lost: the records of challenges that stay for later orders are to be found
   * again.
   */
  readonly standingLost?: true;
  /** By the URL of the challenge, while its order is pending. */
  readonly challengeAnswers?: Readonly<Record<string, ChallengeAnswer>>;
  /** By address. */
  readonly silentServers?: Readonly<Record<string, SilentServer>>;
  /** How long the last rollover took from the staged chain to its deployment. */
  readonly lastWait?: Seconds;
  readonly trouble?: LastFailure;
  readonly orderPause?: OrderPause;
  /** By issuer: the first order that failed there since the last certificate. */
  readonly orderFailures?: Readonly<Record<string, Instant>>;
  /** Those of the last deployments to other machines, also of attempts that failed. */
  readonly fences?: readonly number[];
  /** By id. */
  readonly targets?: Readonly<Record<string, TargetMemory>>;
  /** By place, also of one that the configuration does not name any more. */
  readonly placed?: Readonly<Record<string, PlacedMemory>>;
  readonly orders?: Orders;
  /** When an idle certificate is to be checked again; absent during a rollover. */
  readonly idleUntil?: Instant;
  /** Fingerprint of the intent under which `idleUntil` was decided. */
  readonly idleIntent?: string;
}

export function newLineage(name: string): Lineage {
  return { schema: 1, name, generations: [], challengeRecords: [] };
}

/** An idle certificate that is to be checked again at once. */
export function awake(lineage: Lineage): Lineage {
  const { idleUntil: _slept, idleIntent: _then, ...rest } = lineage;
  return rest;
}

/** The newest generation whose files were placed, proven or not. */
export function liveGeneration(lineage: Lineage): Generation | undefined {
  return lineage.generations.findLast((generation) => generation.state === 'live');
}

/** Every endpoint was seen to present it since its files were placed the last time. */
export function isProven({ provenAt, deployedAt = Infinity }: Generation): boolean {
  return provenAt !== undefined && provenAt >= deployedAt;
}

/** The staged generation: newer than the live one, and wanted. */
export function stagedGeneration(lineage: Lineage): Generation | undefined {
  const last = lineage.generations.at(-1);
  if (last === undefined || last.ahead === true) return undefined;
  return last.state === 'key' || last.state === 'issued' ? last : undefined;
}

/** The generation whose key was made ahead and waits for the next renewal. */
export function aheadGeneration(lineage: Lineage): Generation | undefined {
  const last = lineage.generations.at(-1);
  return last?.ahead === true ? last : undefined;
}

export function withGeneration(lineage: Lineage, changed: Generation): Lineage {
  const rest = lineage.generations.filter(({ number }) => number !== changed.number);
  return {
    ...lineage,
    generations: [...rest, changed].sort((a, b) => a.number - b.number),
  };
}

export function nextNumber(lineage: Lineage): number {
  return (lineage.generations.at(-1)?.number ?? 0) + 1;
}
