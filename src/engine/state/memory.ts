// The state documents of one certificate, loaded once and written through. Save before act: every
// method that saves something returns only when it is on disk. What is only noted goes to the disk
// with what is saved next, and at the latest when `flush` is called.
import type { Moment, Seconds } from '../../base/clock.ts';
import {
  shiftLineage,
  shiftOwner,
  shiftService,
  stepBetween,
} from '../../rollover/record/clock-step.ts';
import type { Intent, Lineage } from '../../rollover/model.ts';
import { newLineage } from '../../rollover/model.ts';
import type { Fqdn } from '../../dns/name.ts';
import { withBases } from '../../rollover/law/base-domains.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import type { ServiceHistory } from '../../rollover/record/service-history.ts';
import { newServiceHistory } from '../../rollover/record/service-history.ts';
import type { OwnerHistory } from '../../rollover/record/owner-history.ts';
import { readOrSetAside } from './documents.ts';
import type { World } from '../world.ts';

export function lineageKey(name: string): string {
  return `certificate/${name}`;
}

/** Written only under its lease, which a run has while it works on the certificate. */
export function isLineageKey(key: string): boolean {
  return key.startsWith('certificate/');
}

interface Slot<T> {
  readonly key: string;
  value: T;
  revision: number;
  /** The text that was read or written last; absent until there is something to write. */
  written?: string;
}

/** The part that must be written when it changed; the time of writing alone is not a change. */
function contentOf(document: unknown): string {
  return JSON.stringify({ ...(document as { savedAt?: Moment }), savedAt: undefined });
}

async function readSlot<T>(key: string, absent: T, world: World): Promise<Slot<T>> {
  const stored = await readOrSetAside<T>(key, world);
  if (stored === undefined) return { key, value: absent, revision: 0, written: '' };
  return { ...stored, key };
}

export class Memory {
  readonly #world: World;
  readonly #lineage: Slot<Lineage>;
  readonly #owners = new Map<string, Slot<OwnerHistory | undefined>>();
  readonly #services = new Map<string, Slot<ServiceHistory>>();
  #isNoted = false;

  private constructor(world: World, lineage: Slot<Lineage>) {
    this.#world = world;
    this.#lineage = lineage;
  }

  /** `services`: all that count at the owners of the intent, whichever certificate names them. */
  static async load(
    world: World,
    intent: Intent,
    services: readonly { readonly id: string }[] = intent.services,
  ): Promise<Memory> {
    const { name } = intent;
    const memory = new Memory(world, await readSlot(lineageKey(name), newLineage(name), world));
    for (const owner of ownersOf(intent)) {
      memory.#owners.set(owner, await readSlot(`owner/${owner}`, undefined, world));
    }
    for (const { id } of services) {
      memory.#services.set(id, await readSlot(`service/${id}`, newServiceHistory(id), world));
    }
    for (const owner of ownersOf(withBases(intent, memory.services))) await memory.watch(owner);
    return memory;
  }

  /**
   * An owner that is observed but never written: no lease covers it, so each certificate has its
   * own history of it.
   */
  async watch(owner: Fqdn): Promise<void> {
    if (this.#owners.has(owner)) return;
    const key = `watched/${this.lineage.name}/${owner}`;
    this.#owners.set(owner, await readSlot(key, undefined, this.#world));
  }

  get lineage(): Lineage {
    const { value } = this.#lineage;
    return shiftLineage(value, this.#clockStep(value));
  }

  get owners(): Readonly<Record<string, OwnerHistory>> {
    const known = [...this.#owners.keys()].flatMap((owner) => {
      const history = this.owner(owner);
      return history === undefined ? [] : [[owner, history] as const];
    });
    return Object.fromEntries(known);
  }

  get services(): Readonly<Record<string, ServiceHistory>> {
    return Object.fromEntries([...this.#services.keys()].map((id) => [id, this.service(id)]));
  }

  owner(name: string): OwnerHistory | undefined {
    const history = this.#owners.get(name)?.value;
    return history && shiftOwner(history, this.#clockStep(history));
  }

  service(id: string): ServiceHistory {
    const history = this.#services.get(id)?.value ?? newServiceHistory(id);
    return shiftService(history, this.#clockStep(history));
  }

  /** Whether there is a document of it: its endpoints were met before. */
  hasService(id: string): boolean {
    return (this.#services.get(id)?.revision ?? 0) > 0;
  }

  /** By how much the clock was set since a document was written: stored times are moved along. */
  #clockStep({ savedAt }: { readonly savedAt?: Moment }): Seconds {
    return stepBetween(savedAt, this.#world.clock.moment?.());
  }

  #saved<T extends object>(document: T): T & { readonly savedAt?: Moment } {
    const savedAt = this.#world.clock.moment?.();
    return savedAt === undefined ? document : { ...document, savedAt };
  }

  async saveLineage(lineage: Lineage): Promise<void> {
    await this.#save(this.#lineage, this.#saved(lineage));
    this.#isNoted = false;
  }

  /**
   * What an act has left behind, and nothing depends on: after a crash it is observed, or done,
   * once more. A write to the disk takes longer than most of what it is about.
   */
  noteLineage(lineage: Lineage): void {
    const slot = this.#lineage;
    slot.written ??= contentOf(slot.value);
    slot.value = this.#saved(lineage);
    this.#isNoted = true;
  }

  /** What was noted is on disk afterwards. */
  async flush(): Promise<void> {
    if (this.#isNoted) await this.#save(this.#lineage, this.#lineage.value);
    this.#isNoted = false;
  }

  async saveOwner(history: OwnerHistory): Promise<void> {
    const slot = this.#owners.get(history.owner);
    if (slot !== undefined) await this.#save(slot, this.#saved(history));
  }

  /**
   * An alias has a new target: the records that holger wrote at the old one are stored under that
   * name from now on, without a certificate.
   */
  async leaveBehind(history: OwnerHistory): Promise<void> {
    const { target } = history;
    const key = `owner/${target}`;
    if (history.ours.length === 0 || this.#owners.has(target)) return;
    if ((await this.#world.store.read(key)) !== undefined) return;
    await this.#world.store.write(key, { ...history, owner: target }, 0);
  }

  async saveService(history: ServiceHistory): Promise<void> {
    const slot = this.#services.get(history.id);
    if (slot !== undefined) await this.#save(slot, this.#saved(history));
  }

  async #save<T>(slot: Slot<T>, value: T): Promise<void> {
    const { key } = slot;
    const text = contentOf(value);
    slot.written ??= contentOf(slot.value);
    if (text === slot.written) {
      // Something else may have been noted meanwhile.
      slot.value = value;
      return;
    }
    this.#world.instant(`before save ${key}`);
    slot.revision = await this.#world.store.write(key, value, slot.revision);
    slot.value = value;
    slot.written = text;
    this.#world.instant(`after save ${key}`);
  }
}
