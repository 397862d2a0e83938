// One owner for both laws, for one certificate at one time. Answers that are needed often are
// computed once.
import type { Instant } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { tlsaOf } from '../../dane/tlsa.ts';
import type { Tlsa } from '../../dane/tlsa.ts';
import { servedInstead } from './base-domains.ts';
import { replaceableAt } from './dual-algorithm.ts';
import { certificatesAt, liveAt, sendsTrustAnchors, sharingWith } from './facts.ts';
import type { Facts, Neighbour } from './facts.ts';
import type { EndpointLive } from './laws.ts';
import type { Intent, ServiceIntent } from '../model.ts';
import { newestVersion } from '../record/versions.ts';
import type { OwnerHistory, Version } from '../record/owner-history.ts';

export class OwnerView {
  readonly owner: Fqdn;
  readonly intent: Intent;
  readonly facts: Facts;
  readonly now: Instant;
  /** Undefined before the first sweep. */
  readonly history: OwnerHistory | undefined;
  /** The newest RRset; undefined while no server that is up to date answers. */
  readonly newest: Version | undefined;
  /** Records that holger published and did not withdraw. */
  readonly ours: ReadonlySet<Tlsa>;
  #sharing: readonly Fqdn[] | undefined;
  #certificates: readonly Neighbour[] | undefined;
  #endpoints: readonly EndpointLive[] | undefined;
  #replaceable: readonly EndpointLive[] | undefined;
  #sendsTrustAnchors: boolean | undefined;
  #claimed: ReadonlySet<Tlsa> | undefined;
  #records: readonly Tlsa[] | undefined;

  constructor(owner: Fqdn, intent: Intent, facts: Facts, now: Instant) {
    this.owner = owner;
    this.intent = intent;
    this.facts = facts;
    this.now = now;
    this.history = facts.owners[owner];
    this.newest = this.history && newestVersion(this.history);
    this.ours = new Set(this.history?.ours.map(tlsaOf));
  }

  /** The owners whose records are at the same place as those of this one; itself first. */
  get sharing(): readonly Fqdn[] {
    return (this.#sharing ??= sharingWith(this.owner, this.facts));
  }

  /** The services of this certificate whose records are here. */
  get services(): readonly ServiceIntent[] {
    return this.intent.services.filter(({ owner }) => this.sharing.includes(owner));
  }

  /** This certificate first, then the others of this installation that have services here. */
  get certificates(): readonly Neighbour[] {
    return (this.#certificates ??= certificatesAt(this.owner, this.intent, this.facts));
  }

  /** What may be live at each endpoint here, whichever certificate names it (rules 14-17). */
  get endpoints(): readonly EndpointLive[] {
    return (this.#endpoints ??= liveAt(this.owner, this.intent, this.facts));
  }

  /** The chains that a new chain of this certificate would replace, at each endpoint. */
  get replaceable(): readonly EndpointLive[] {
    return (this.#replaceable ??= replaceableAt(this.owner, this.intent, this.facts));
  }

  /** Whether usage 2 may be published here (rule 3). */
  get sendsTrustAnchors(): boolean {
    return (this.#sendsTrustAnchors ??= sendsTrustAnchors(this.endpoints, this.certificates));
  }

  /** What other certificates of this installation want here (rule 19). */
  get claimed(): ReadonlySet<Tlsa> {
    const { wantedByOthers } = this.facts;
    return (this.#claimed ??= new Set(
      this.sharing.flatMap((each) => wantedByOthers[each] ?? []).map(tlsaOf),
    ));
  }

  /** Of the newest RRset; none while it is not known. */
  get records(): readonly Tlsa[] {
    return (this.#records ??= (this.newest?.content ?? []).map(tlsaOf));
  }

  /** What clients find here when the owner has no records any more, besides none (rule 13). */
  get servedInstead(): readonly (readonly Tlsa[])[] {
    return servedInstead(this.owner, this.intent, this.facts, this.now);
  }
}
