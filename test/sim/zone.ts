// One signed zone: a primary that takes writes, addresses that follow it with their own lag, and every answer they ever gave
// that a cache may still hold.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { rdataSet, sameRdata } from '../../src/dns/rrset.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import type { AddressAnswer, Resolver, SweptAddress } from '../../src/ports/resolver.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

export const ZONE = fqdn('example.org');
const SIGNED_FOR = 30 * 86_400;

/** One RRset as it came to be at the primary; the same content may come to be twice. */
export interface Instance {
  readonly rdata: readonly RdataHex[];
  readonly ttl: Seconds;
  /** How many foreign edits of this owner came before it. */
  readonly foreignEdits: number;
  /** When an address last answered it; Infinity while one does. */
  servedUntil: Instant;
}

/** The contents of the zone at one time. Never changed, only replaced. */
interface Copy {
  readonly serial: number;
  readonly signedUntil: Instant;
  readonly rrsets: ReadonlyMap<string, Instance>;
}

interface Address {
  readonly server: Fqdn;
  readonly address: string;
  copy: Copy;
  /** Does not answer holger before this time; caches may be luckier. */
  silentUntil: Instant;
  /** By owner: what it answered holger last, and how many foreign edits had been made by then. */
  readonly lastShown: Map<string, { readonly content: string; readonly edits: number }>;
}

export interface ZoneFaults {
  readonly lag: Seconds;
  readonly loss: number;
  readonly lostAnswers: number;
}

export interface ZoneOptions {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly addresses: number;
  /** The primary is not among the addresses that are asked. */
  readonly hidden: boolean;
  readonly negativeTtl: Seconds;
  /** Holger takes a serial that moved too far as a sign of versions that it missed. */
  readonly tellsJumps: boolean;
  readonly faults: ZoneFaults;
}

export function keyOfOwner(owner: string, type: RecordType): string {
  return `${owner} ${type}`;
}

export class Zone {
  readonly #options: ZoneOptions;
  readonly addresses: Address[] = [];
  #primary: Copy;
  #faults: ZoneFaults;
  readonly #absent = new Map<string, Instance>();
  readonly #ever = new Map<string, Set<Instance>>();
  /** By owner: when holger was first shown the zone after its n-th foreign edit. */
  readonly #afterEdit = new Map<string, string[]>();
  readonly #shown = new Map<string, Instant[]>();
  /** What a process was shown and has not written down yet: its death takes it along. */
  #unsaved: { readonly owner: string; readonly save: () => void }[] = [];
  /** Told after each change of a TLSA RRset at the primary by holger. */
  judgeWrite: (owner: string, before: Instance, after: Instance) => void = () => undefined;
  /** Told after each change of what may be held. */
  judgeAll: () => void = () => undefined;

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#faults = options.faults;
    this.#primary = {
      serial: 100,
      signedUntil: options.timeline.now() + SIGNED_FOR,
      rrsets: new Map(),
    };
    for (let index = 0; index < options.addresses; index += 1) {
      this.addresses.push({
        server: fqdn(`ns${index}.example.org`),
        address: `192.0.2.${53 + index}`,
        copy: this.#primary,
        silentUntil: -Infinity,
        lastShown: new Map(),
      });
    }
  }

  /** Everything works from now on. */
  heal(): void {
    this.#faults = { lag: 2, loss: 0, lostAnswers: 0 };
    for (const address of this.addresses) {
      address.silentUntil = -Infinity;
      this.#transfer(address);
    }
  }

  #instance(key: string, copy: Copy): Instance {
    const present = copy.rrsets.get(key);
    if (present !== undefined) return present;
    let absent = this.#absent.get(key);
    if (absent === undefined) {
      absent = {
        rdata: [],
        ttl: this.#options.negativeTtl,
        foreignEdits: 0,
        servedUntil: Infinity,
      };
      this.#absent.set(key, absent);
      this.#remember(key, absent);
    }
    return absent;
  }

  #remember(key: string, instance: Instance): void {
    const ever = this.#ever.get(key) ?? new Set();
    this.#ever.set(key, ever.add(instance));
  }

  /** What stands at the primary. */
  current(owner: string, type: RecordType): Instance {
    return this.#instance(keyOfOwner(owner, type), this.#primary);
  }

  /** What a legal cache may hold now, and what it may be answered soon. */
  held(owner: string): Instance[] {
    const now = this.#options.timeline.now();
    const key = keyOfOwner(owner, 'TLSA');
    const ever = this.#ever.get(key) ?? new Set();
    for (const instance of ever) {
      if (now >= instance.servedUntil + instance.ttl) ever.delete(instance);
    }
    return [...new Set([...ever, this.current(owner, 'TLSA')])];
  }

  /** A version that some cache holds from before the history begins. */
  holdFromBefore(owner: string, rdata: readonly RdataHex[], ttl: Seconds): void {
    const servedUntil = this.#options.timeline.now();
    this.#remember(keyOfOwner(owner, 'TLSA'), {
      rdata: rdataSet(rdata),
      ttl,
      foreignEdits: 0,
      servedUntil,
    });
  }

  /** No cache remembers that an owner had no records. */
  forgetAbsence(owner: string): void {
    const key = keyOfOwner(owner, 'TLSA');
    for (const instance of this.#ever.get(key) ?? []) {
      if (instance.rdata.length === 0) this.#ever.get(key)?.delete(instance);
    }
  }

  /** Whether holger had been shown everything that people had done when this instance came to be. */
  wasShown(owner: string, instance: Instance, before: Instant): boolean {
    if (instance.foreignEdits === 0 && this.#options.tellsJumps) return true;
    const at = this.#shown.get(owner)?.[instance.foreignEdits];
    return at !== undefined && at <= before;
  }

  /** A change at the primary. */
  change(
    owner: string,
    type: RecordType,
    rdata: readonly RdataHex[],
    ttl: Seconds,
    by: 'holger' | 'people' | 'start',
  ): void {
    const key = keyOfOwner(owner, type);
    const before = this.#instance(key, this.#primary);
    const content = rdataSet(rdata);
    const foreignEdits = before.foreignEdits + (by === 'people' ? 1 : 0);
    const after: Instance = {
      rdata: content,
      ttl: content.length === 0 ? this.#options.negativeTtl : ttl,
      foreignEdits,
      // No address serves it before the first transfer.
      servedUntil: -Infinity,
    };
    const rrsets = new Map(this.#primary.rrsets).set(key, after);
    const serial = (this.#primary.serial + 1) >>> 0;
    const signedUntil = this.#options.timeline.now() + SIGNED_FOR;
    this.#primary = { serial, signedUntil, rrsets };
    this.#remember(key, after);
    if (by === 'people') {
      const contents = this.#afterEdit.get(owner) ?? [];
      contents[foreignEdits] = `${after.ttl} ${content.join(' ')}`;
      this.#afterEdit.set(owner, contents);
    }
    if (type === 'TLSA' && by === 'holger') this.judgeWrite(owner, before, after);
    this.addresses.forEach((address, index) => {
      if (by === 'start' || (index === 0 && !this.#options.hidden)) this.#transfer(address);
      else this.#options.timeline.in(this.#lag(), () => this.#transfer(address));
    });
    this.judgeAll();
  }

  #lag(): Seconds {
    const { chance } = this.#options;
    const { lag } = this.#faults;
    return chance.happens(0.1) ? chance.between(0, 10 * lag) : chance.between(0, lag);
  }

  #transfer(address: Address): void {
    const { copy } = address;
    address.copy = this.#primary;
    const now = this.#options.timeline.now();
    for (const key of new Set([...copy.rrsets.keys(), ...this.#primary.rrsets.keys()])) {
      const before = this.#instance(key, copy);
      const after = this.#instance(key, this.#primary);
      if (before === after) continue;
      after.servedUntil = Infinity;
      this.#remember(key, after);
      const still = this.addresses.some((other) => this.#instance(key, other.copy) === before);
      if (!still) before.servedUntil = now;
    }
    this.judgeAll();
  }

  silence(index: number, seconds: Seconds): void {
    const address = this.addresses[index % this.addresses.length];
    if (address !== undefined) address.silentUntil = this.#options.timeline.now() + seconds;
  }

  /** The resolver port of one process of holger. */
  resolver(alive: () => void, hosts: ReadonlyMap<string, readonly RdataHex[]>): Resolver {
    const { timeline, chance } = this.#options;
    const pause = (): void => {
      alive();
      timeline.advanceTo(timeline.now() + (chance.happens(0.5) ? chance.between(0, 0.4) : 0));
      alive();
    };
    return {
      lookup: (name, type) => {
        pause();
        const rdata = type === 'A' ? hosts.get(name) : undefined;
        return Promise.resolve(
          rdata === undefined
            ? { status: 'nodata', aliases: [], authentic: true }
            : {
                status: 'found',
                rrset: { owner: name, type, ttl: 60, rdata },
                aliases: [],
                authentic: true,
              },
        );
      },
      sweep: (owner, type) => {
        alive();
        const startedAt = timeline.now();
        const swept: SweptAddress[] = [];
        for (const address of this.addresses) {
          pause();
          swept.push({
            server: address.server,
            address: address.address,
            answer: this.#ask(address, owner, type),
          });
        }
        pause();
        return Promise.resolve({
          zone: ZONE,
          owner,
          type,
          aliases: [],
          security: 'secure',
          addresses: swept,
          serversTtl: 0,
          startedAt,
          receivedAt: timeline.now(),
        });
      },
    };
  }

  #ask(address: Address, owner: Fqdn, type: RecordType): AddressAnswer {
    const { timeline, chance } = this.#options;
    const now = timeline.now();
    if (now < address.silentUntil || chance.happens(this.#faults.loss)) {
      return { status: 'timeout', detail: 'no answer' };
    }
    const { rdata, ttl, foreignEdits } = this.#instance(keyOfOwner(owner, type), address.copy);
    if (type === 'TLSA') {
      const content = `${ttl} ${rdata.join(' ')}`;
      const save = (): void => this.#show(owner, address, foreignEdits, content, now);
      this.#unsaved.push({ owner, save });
    }
    const { serial, signedUntil } = address.copy;
    return { status: 'answered', rdata, ttl, serial, signedUntil };
  }

  /** Holger wrote down what it knows of an owner. */
  saved(owner: string): void {
    for (const show of this.#unsaved) if (show.owner === owner) show.save();
    this.#unsaved = this.#unsaved.filter((show) => show.owner !== owner);
  }

  /** A process began or ended. */
  forgetUnsaved(): void {
    this.#unsaved = [];
  }

  /**
   * Holger has met the zone after so many foreign edits. That there were others in between it can tell from the serial, unless
   * they undid one another (a documented limit) or the operator said that nobody else edits (`assumedTtl` 0).
   */
  #show(owner: Fqdn, address: Address, edits: number, content: string, now: Instant): void {
    const shown = this.#shown.get(owner) ?? [];
    this.#shown.set(owner, shown);
    shown[edits] ??= now;
    const last = address.lastShown.get(owner);
    const after = this.#afterEdit.get(owner)?.[edits];
    const undone = this.addresses.some((one) => one.lastShown.get(owner)?.content === after);
    if (this.#options.tellsJumps && !undone && edits > (last?.edits ?? -1)) {
      for (let edit = 0; edit < edits; edit += 1) shown[edit] ??= now;
    }
    address.lastShown.set(owner, { content, edits });
  }

  /** The provider port of one process of holger. */
  provider(alive: () => void): DnsProvider {
    const { timeline, chance } = this.#options;
    return {
      traits: { types: ['TLSA', 'TXT'], conditional: true },
      read: (_zone, owner, type) => {
        alive();
        const { rdata, ttl } = this.current(owner, type);
        return Promise.resolve(rdata.length === 0 ? undefined : { owner, type, ttl, rdata });
      },
      apply: async (edit) => {
        alive();
        timeline.advanceTo(timeline.now() + chance.between(0, 0.5));
        alive();
        const lost = chance.happens(this.#faults.lostAnswers);
        if (lost && chance.happens(0.3)) throw noAnswer();
        if (lost && chance.happens(0.3)) {
          // The request is still on its way when the client gives up.
          timeline.in(chance.between(0, 3), () => this.#apply(edit));
          throw noAnswer();
        }
        const outcome = this.#apply(edit);
        if (lost) throw noAnswer();
        return Promise.resolve(outcome);
      },
    };
  }

  #apply(edit: RRsetEdit): 'accepted' | 'conflict' {
    const { rdata } = this.current(edit.owner, edit.type);
    if (!sameRdata(rdata, rdataSet(edit.expect))) return 'conflict';
    const kept = rdata.filter((item) => !edit.remove.includes(item));
    const next = rdataSet([...kept, ...edit.add]);
    this.change(edit.owner, edit.type, next, edit.ttl, 'holger');
    return 'accepted';
  }
}

function noAnswer(): AppError {
  return new AppError('DNS_TIMEOUT', 'the primary did not answer');
}
