// Rule 19: of two acts that touch one owner one ends before the other begins. Names that CNAMEs
// lead to one RRset are owners of their own: their certificates do not know each other (rule 18),
// and what protects the RRset is the prerequisite of each write.
import type { DnsProvider } from '../../../src/ports/provider.ts';
import type { DeployTarget } from '../../../src/ports/target.ts';
import type { Chronicle } from '../chronicle.ts';

interface Act {
  readonly what: string;
  isDead(): boolean;
}

export class Acts {
  readonly #chronicle: Chronicle;
  /** Where CNAMEs lead to. */
  readonly #canonical: ReadonlySet<string>;
  readonly #underWay = new Map<string, Act>();

  constructor(chronicle: Chronicle, canonical: ReadonlySet<string>) {
    this.#chronicle = chronicle;
    this.#canonical = canonical;
  }

  async #during<T>(owner: string, act: Act, work: () => Promise<T>): Promise<T> {
    const other = this.#underWay.get(owner);
    if (other !== undefined && !other.isDead()) {
      this.#chronicle.violate(`rule 19: at ${owner} ${act.what} while ${other.what}`);
    }
    this.#underWay.set(owner, act);
    try {
      return await work();
    } finally {
      if (this.#underWay.get(owner) === act) this.#underWay.delete(owner);
    }
  }

  watchedProvider(provider: DnsProvider, isDead: () => boolean): DnsProvider {
    const apply: DnsProvider['apply'] = (edit, call) => {
      const { type, owner } = edit;
      if (type !== 'TLSA' || this.#canonical.has(owner)) return provider.apply(edit, call);
      const what = `${edit.add.length} are added and ${edit.remove.length} removed`;
      return this.#during(owner, { what, isDead }, () => provider.apply(edit, call));
    };
    return { ...provider, apply };
  }

  watchedTarget(owner: string, target: DeployTarget, isDead: () => boolean): DeployTarget {
    const act = (what: string): Act => ({ what: `${what} ${target.label}`, isDead });
    const { place, reload } = target;
    return {
      ...target,
      place: (what) => this.#during(owner, act('place'), () => place(what)),
      reload: (what) => this.#during(owner, act('reload'), () => reload(what)),
    };
  }
}
