// One certificate, everything known of it, and the time: the input of every part of the planner.
// Shared answers are computed once; none depends on the order of the questions.
import type { Instant } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import { withBases } from './base-domains.ts';
import { daneOwners } from './facts.ts';
import type { Facts } from './facts.ts';
import { OwnerView } from './owner-view.ts';
import type { Intent, Lineage } from '../model.ts';

export class Situation {
  readonly intent: Intent;
  readonly facts: Facts;
  readonly now: Instant;
  readonly #owners = new Map<Fqdn, OwnerView>();
  #behindAliases: Situation | undefined;

  constructor(intent: Intent, facts: Facts, now: Instant) {
    this.intent = intent;
    this.facts = facts;
    this.now = now;
  }

  get lineage(): Lineage {
    return this.facts.lineage;
  }

  owner(owner: Fqdn): OwnerView {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    const view = new OwnerView(owner, this.intent, this.facts, this.now);
    this.#owners.set(owner, view);
    return view;
  }

  /** The owners at which clients check records. */
  get daneOwners(): readonly OwnerView[] {
    return daneOwners(this.intent).map((owner) => this.owner(owner));
  }

  /** The same, with each service once more at every name behind an alias of its host (rule 13). */
  get behindAliases(): Situation {
    if (this.#behindAliases !== undefined) return this.#behindAliases;
    const intent = withBases(this.intent, this.facts.services);
    this.#behindAliases =
      intent === this.intent ? this : new Situation(intent, this.facts, this.now);
    return this.#behindAliases;
  }
}
