// Everything that the planner knows of one certificate, and the questions that it asks often.
import type { Instant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import type { Chain } from '../../dane/chain.ts';
import { sameLeaf } from '../../dane/chain.ts';
import type { TrustedIssuers } from '../../dane/pkix.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Clientele, EndpointLive, Live } from './laws.ts';
import type { Generation, Intent, Lineage, ServiceIntent } from '../model.ts';
import { begun, goneChainsOf } from '../record/placed-chains.ts';
import type { Offer } from '../record/offer.ts';
import type { RequestFact } from '../record/request.ts';
import { NO_TLS } from '../record/service-history.ts';
import type { EndpointMemory, ServiceHistory } from '../record/service-history.ts';
import type { OwnerHistory } from '../record/owner-history.ts';

/** Another certificate of this installation that shares an owner with this one. */
export interface Neighbour {
  readonly intent: Intent;
  readonly lineage: Lineage;
  /** Chains in files that its services load. */
  readonly placed: readonly Chain[];
}

export interface Facts {
  readonly lineage: Lineage;
  /** By service id. */
  readonly services: Readonly<Record<string, ServiceHistory>>;
  /** By asked owner. */
  readonly owners: Readonly<Record<string, OwnerHistory>>;
  /** Chains in files that the services load, read locally (rule 15). */
  readonly placed: readonly Chain[];
  /** What the program has that renews this certificate (Intent.source). */
  readonly offer?: Offer;
  /** The certificate request of the operator (Intent.request). */
  readonly request?: RequestFact;
  readonly neighbours: readonly Neighbour[];
  /** Records that other certificates of this installation want at an owner (rule 19). */
  readonly wantedByOthers: Readonly<Record<string, readonly RdataHex[]>>;
  /** Whether these chains lead to a CA of the PKIX store; empty if no service needs it. */
  readonly trusted: TrustedIssuers;
  /**
   * When this run began to observe: an earlier handshake does not allow a new combination (rule
   * 16).
   */
  readonly lookedAt: Instant;
  /**
   * When this process began: a person is asked again for a change that an earlier process asked
   * for.
   */
  readonly runningSince?: Instant;
}

export function ownersOf(intent: Intent): readonly Fqdn[] {
  return [...new Set(intent.services.map(({ owner }) => owner))];
}

/** Owners at which clients check records, because of this certificate or another one. */
export function daneOwners(intent: Intent): readonly Fqdn[] {
  const held = intent.services.filter(({ daneOfAnother }) => intent.dane || daneOfAnother === true);
  return [...new Set(held.map(({ owner }) => owner))];
}

function uniqueLive(live: readonly Live[]): Live[] {
  const seen = new Map(live.map((item) => [item === NO_TLS ? NO_TLS : item.id, item]));
  return [...seen.values()];
}

/**
 * The owners whose records are at the same place as those of this one, through CNAMEs or a
 * wildcard. Itself first.
 */
export function sharingWith(owner: Fqdn, { owners }: Pick<Facts, 'owners'>): readonly Fqdn[] {
  const target = owners[owner]?.target;
  const others = Object.values(owners).filter((other) => other.target === target);
  return [...new Set([owner, ...others.map((other) => other.owner)])];
}

/** This certificate first, then those that share an owner with it. */
export function certificatesAt(owner: Fqdn, intent: Intent, facts: Facts): Neighbour[] {
  const { lineage, placed, neighbours } = facts;
  const here = sharingWith(owner, facts);
  return [{ intent, lineage, placed }, ...neighbours].filter((one) =>
    ownersOf(one.intent).some((each) => here.includes(each)),
  );
}

/**
 * What may be live at each endpoint of the services at an owner, whichever certificate names them
 * (rules 14-17).
 */
export function liveAt(owner: Fqdn, intent: Intent, facts: Facts): EndpointLive[] {
  const all = certificatesAt(owner, intent, facts);
  const here = sharingWith(owner, facts);
  const services = new Map<string, ServiceIntent>();
  for (const service of all.flatMap((one) => one.intent.services)) {
    const isHere = here.includes(service.owner);
    if (isHere && !services.has(service.id)) services.set(service.id, service);
  }
  return [...services.values()].flatMap((service) => {
    const naming = all.filter((one) => one.intent.services.some(({ id }) => id === service.id));
    return liveOf({ service, trusted: facts.trusted }, naming, facts.services[service.id]);
  });
}

/** What may be live at each endpoint of one service, if these certificates may be loaded. */
export function liveOf(
  clientele: Clientele,
  certificates: readonly Neighbour[],
  history: ServiceHistory | undefined,
): EndpointLive[] {
  const { service } = clientele;
  const loadable = certificates.flatMap(({ lineage, placed }) =>
    [...placed, ...goneChainsOf(lineage), ...begun(lineage)].map((chain) => ({ chain, lineage })),
  );
  if (!service.reachable || !service.running) {
    // The operator's setting replaces the handshake; only what was placed there can be live.
    const live = uniqueLive(loadable.map(({ chain }) => chain));
    return live.length === 0 ? [] : [{ ...clientele, address: 'as deployed', live }];
  }
  const endpoints = Object.entries(history?.endpoints ?? {});
  if (endpoints.length === 0) return [{ ...clientele, address: 'no address', live: [] }];
  return endpoints.map(([address, endpoint]) => {
    const seen = endpoint.sightings.flatMap(({ chain }): Live[] =>
      chain === NO_TLS ? [NO_TLS] : [history?.chains[chain] ?? []].flat(),
    );
    const loaded = loadable.map(({ chain, lineage }) => cutLike(chain, endpoint, history, lineage));
    const live = seen.length === 0 ? [] : uniqueLive([...seen, ...loaded]);
    return {
      ...clientele,
      address,
      live,
      ...(endpoint.failure === undefined ? {} : { stale: true }),
      ...defined({ metAnewAt: metAnewAt(endpoint, history) }),
    };
  });
}

function metAnewAt(
  { metAt = -Infinity }: EndpointMemory,
  history: ServiceHistory | undefined,
): Instant | undefined {
  return history?.anewAt === undefined ? undefined : Math.max(history.anewAt, metAt);
}

/**
 * A service that was seen to send fewer certificates than its generation has will do the same with
 * the next chain (rule 3: it loads the leaf file only).
 */
export function cutLike(
  chain: Chain,
  endpoint: Pick<EndpointMemory, 'sightings'> | undefined,
  history: ServiceHistory | undefined,
  lineage: Lineage,
): Chain {
  let length = chain.certificates.length;
  for (const sighting of endpoint?.sightings ?? []) {
    const sent = history?.chains[sighting.chain];
    const ours = sent === undefined ? undefined : generationOf(sent, lineage)?.chain;
    if (
      sent !== undefined &&
      ours !== undefined &&
      sent.certificates.length < ours.certificates.length
    ) {
      length = Math.min(length, sent.certificates.length);
    }
  }
  if (length === chain.certificates.length) return chain;
  return { id: `${chain.id}/${length}`, certificates: chain.certificates.slice(0, length) };
}

/** The generation of this certificate to which the served chain belongs. */
export function generationOf(chain: Chain, lineage: Lineage): Generation | undefined {
  return lineage.generations.findLast(
    (generation) => generation.chain !== undefined && sameLeaf(generation.chain, chain),
  );
}

/**
 * Whether usage 2 may be published at an owner: each endpoint was seen to send CA certificates of a
 * deployed chain, and nothing else is live (rule 3).
 */
export function sendsTrustAnchors(
  endpoints: readonly EndpointLive[],
  certificates: readonly Neighbour[],
): boolean {
  return (
    endpoints.length > 0 &&
    endpoints.every(
      ({ live }) =>
        live.length > 0 &&
        live.every((item) => {
          if (item === NO_TLS || item.certificates.length < 2) return false;
          return certificates.some(
            ({ lineage }) => generationOf(item, lineage)?.deployBegunAt !== undefined,
          );
        }),
    )
  );
}
