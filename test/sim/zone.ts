// One signed zone: a primary that takes writes, or several that do not know each other, addresses
// that follow with their own lag, and every answer that a cache may still hold.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { together } from '../../src/app/world/multi-signer.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { rdataSet, sameRdata } from '../../src/dns/rrset.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import type {
  AddressAnswer,
  DirectAnswer,
  Resolver,
  Sweep,
  SweptAddress,
} from '../../src/ports/resolver.ts';
import type { Chance } from './chance.ts';
import { answerIn, lostBetween } from './names.ts';
import type { Asked, Contents } from './names.ts';
import type { Timeline } from './timeline.ts';
import { hex } from './tokens.ts';

export const ZONE = fqdn('example.org');

/** One RRset version as it was made at the primary; the same content may be made twice. */
export interface Instance {
  readonly rdata: readonly RdataHex[];
  readonly ttl: Seconds;
  /** How many foreign edits of this owner came before it. */
  readonly foreignEdits: number;
  /** When an address last answered it; Infinity while one does. */
  servedUntil: Instant;
  /**
   * The newest signature with which an address ever had it: no cache that validates holds it
   * longer.
   */
  signedUntil: Instant;
}

/** The contents of the zone at one time. Never changed, only replaced. */
interface Copy {
  readonly serial: number;
  readonly signedUntil: Instant;
  readonly rrsets: ReadonlyMap<string, Instance>;
}

export interface Address {
  readonly server: Fqdn;
  readonly address: string;
  /** Which primary it follows. */
  readonly signer: number;
  copy: Copy;
  /** Does not answer holger before this time; caches may get an answer. */
  silentUntil: Instant;
  /** Follows the primary after this time, independently of the others; Infinity: never. */
  lag?: Seconds;
  /** It does not answer any more, caches neither. */
  gone?: true;
  /** The operator said that it is gone, and it did not answer holger during this time. */
  givenUp?: { readonly from: Instant; until: Instant };
  /** A second machine behind the address, which answers in turn, and what it still has. */
  late?: { readonly copy: Copy; turn: boolean };
  /** Its failure instead of an answer, about TLSA records or about everything. */
  refuses?: { readonly status: 'servfail' | 'lame' | 'no-route'; readonly type?: RecordType };
  /** By owner: what it answered holger last, and how many foreign edits had been made by then. */
  readonly lastShown: Map<string, { readonly content: string; readonly edits: number }>;
}

/** An RRset as a person writes it. */
interface Wanted {
  readonly owner: string;
  readonly type: RecordType;
  readonly rdata: readonly RdataHex[];
  readonly ttl: Seconds;
}

/** The fate of an UPDATE: `late` and `answer-lost` are carried out all the same. */
export type Fate = 'arrives' | 'request-lost' | 'late' | 'answer-lost' | 'refused';

export interface ZoneFaults {
  readonly lag: Seconds;
  readonly loss: number;
  readonly lostAnswers: number;
}

export interface ZoneOptions {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly addresses: readonly { readonly server: string; readonly address: string }[];
  /** Providers of the zone: each has a primary of its own, with a serial of its own. */
  readonly signers?: number;
  /** The primary is not among the addresses that are queried. */
  readonly hidden: boolean;
  readonly negativeTtl: Seconds;
  /** holger counts a serial that moved too far as a sign of versions that it missed. */
  readonly tellsJumps: boolean;
  readonly faults: ZoneFaults;
}

export function keyOfOwner(owner: string, type: RecordType): string {
  return `${owner} ${type}`;
}

/** Any number of name servers, with one address each. */
export function nameServers(count: number): ZoneOptions['addresses'] {
  return Array.from({ length: count }, (_, index) => ({
    server: `ns${index}.example.org`,
    address: `192.0.2.${53 + index}`,
  }));
}

export class Zone {
  readonly #options: ZoneOptions;
  readonly addresses: Address[] = [];
  readonly #primaries: Copy[];
  #faults: ZoneFaults;
  readonly #absent = new Map<string, Instance>();
  readonly #ever = new Map<string, Set<Instance>>();
  /** By owner: edits that are not holger's, and the primaries that have them. */
  readonly #edits = new Map<string, number>();
  /** By owner: when holger first observed the zone after its n-th foreign edit. */
  readonly #afterEdit = new Map<string, string[]>();
  readonly #shown = new Map<string, Instant[]>();
  /** By owner: edits that a write of holger replaced before any sweep could see them. */
  readonly #untold = new Map<string, Set<number>>();
  /** What a process observed and has not stored yet: it is lost when the process ends. */
  #unsaved: { readonly owner: string; readonly save: () => void }[] = [];
  /** For how long the signer signs. */
  signedFor: Seconds = 30 * 86_400;
  /** The verdict of a validating resolver on the zone. */
  security: Sweep['security'] = 'secure';
  /** By owner: the name that its CNAME leads to, in this zone. */
  readonly aliases = new Map<string, Fqdn>();
  /** Records that do not change, wildcards among them, by `owner TYPE`. */
  readonly standing = new Map<string, readonly RdataHex[]>();
  /** What others query in this zone. */
  asked: readonly Asked[] = [];
  /** Called for queries that a write of holger left without an answer. */
  judgeNames: (lost: readonly Asked[]) => void = () => undefined;
  /** The fate of the next UPDATE; random where this does not decide. */
  fate: (edit: RRsetEdit, signer: number) => Fate | undefined = () => undefined;
  /** Called after each change of a TLSA RRset at the primary by holger. */
  judgeWrite: (owner: string, before: Instance, after: Instance) => void = () => undefined;
  /** Called after each change of what may be held. */
  judgeAll: () => void = () => undefined;

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#faults = options.faults;
    const signers = Math.min(options.signers ?? 1, options.addresses.length);
    const signedUntil = options.timeline.now() + this.signedFor;
    const rising = signers > 1 && options.chance.happens(0.5);
    this.#primaries = Array.from({ length: signers }, (_, signer) => ({
      serial: rising ? 100 * (signer + 1) : 100 * (signers - signer),
      signedUntil,
      rrsets: new Map(),
    }));
    for (const [index, { server, address }] of options.addresses.entries()) {
      const signer = index % signers;
      this.addresses.push({
        server: fqdn(server),
        address,
        signer,
        copy: this.#primary(signer),
        silentUntil: -Infinity,
        lastShown: new Map(),
      });
    }
  }

  #primary(signer: number): Copy {
    const copy = this.#primaries[signer];
    if (copy === undefined) throw new RangeError(`no primary ${signer}`);
    return copy;
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
        signedUntil: copy.signedUntil,
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

  /** The zone with all its records. */
  #contents({ rrsets }: Copy): Contents {
    const rolled = [...rrsets].map(([key, { rdata }]) => [key, rdata] as const);
    return new Map([...this.standing, ...rolled]);
  }

  /** What the primary has. */
  current(owner: string, type: RecordType, signer = 0): Instance {
    return this.#instance(keyOfOwner(owner, type), this.#primary(signer));
  }

  /** What one address serves. */
  servedAt({ copy }: Address, owner: string): Instance {
    return this.#instance(keyOfOwner(owner, 'TLSA'), copy);
  }

  /** What a legal cache may hold now, and what it may be answered soon. */
  held(owner: string): Instance[] {
    const now = this.#options.timeline.now();
    const key = keyOfOwner(owner, 'TLSA');
    const ever = this.#ever.get(key) ?? new Set();
    for (const instance of ever) {
      const { servedUntil, signedUntil, ttl } = instance;
      if (now >= Math.min(servedUntil + ttl, signedUntil)) ever.delete(instance);
    }
    const current = this.#primaries.map((copy) => this.#instance(key, copy));
    return [...new Set([...ever, ...current])];
  }

  /** A version that some cache holds from before the history begins. */
  holdFromBefore(owner: string, rdata: readonly RdataHex[], ttl: Seconds): void {
    const servedUntil = this.#options.timeline.now();
    this.#remember(keyOfOwner(owner, 'TLSA'), {
      rdata: rdataSet(rdata),
      ttl,
      foreignEdits: 0,
      servedUntil,
      signedUntil: Infinity,
    });
  }

  /** No cache holds that an owner had no records. */
  forgetAbsence(owner: string): void {
    const key = keyOfOwner(owner, 'TLSA');
    for (const instance of this.#ever.get(key) ?? []) {
      if (instance.rdata.length === 0) this.#ever.get(key)?.delete(instance);
    }
  }

  /** holger does not wait for a name server any more: the operation forget. */
  giveUp(text: string): void {
    const address = this.addresses.find((one) => one.address === text);
    if (address !== undefined && address.givenUp?.until !== Infinity) {
      address.givenUp = { from: this.#options.timeline.now(), until: Infinity };
    }
  }

  /**
   * Whether this version was last served while a server was ignored by the operation forget: it was
   * not waited for.
   */
  wasGivenUp({ servedUntil }: Instance): boolean {
    return this.addresses.some(
      ({ givenUp }) =>
        givenUp !== undefined && givenUp.from <= servedUntil && servedUntil <= givenUp.until,
    );
  }

  /** Whether holger had observed everything that people had done when this version was made. */
  wasShown(owner: string, instance: Instance, before: Instant): boolean {
    if (instance.foreignEdits === 0 && this.#options.tellsJumps) return true;
    const at = this.#shown.get(owner)?.[instance.foreignEdits];
    return at !== undefined && at <= before;
  }

  /** A change by people, who make it at every primary. */
  change(
    owner: string,
    type: RecordType,
    rdata: readonly RdataHex[],
    ttl: Seconds,
    by: 'people' | 'start',
  ): void {
    if (by === 'people') this.#countEdit(owner);
    for (const signer of this.#primaries.keys()) {
      this.#change({ owner, type, rdata, ttl }, by, signer);
    }
    this.judgeAll();
  }

  #change(
    { owner, type, rdata, ttl }: Wanted,
    by: 'holger' | 'people' | 'start',
    signer: number,
  ): void {
    const primary = this.#primary(signer);
    const key = keyOfOwner(owner, type);
    const before = this.#instance(key, primary);
    const content = rdataSet(rdata);
    const hidden = by === 'holger' && type === 'TLSA' && this.#writtenOver(owner, before);
    if (hidden) this.#countEdit(owner);
    const foreignEdits = by === 'people' || hidden ? this.#editsOf(owner) : before.foreignEdits;
    const signedUntil = this.#options.timeline.now() + this.signedFor;
    const after: Instance = {
      rdata: content,
      ttl: content.length === 0 ? this.#options.negativeTtl : ttl,
      foreignEdits,
      // No address serves it before the first transfer.
      servedUntil: -Infinity,
      signedUntil,
    };
    const rrsets = new Map(primary.rrsets).set(key, after);
    const serial = (primary.serial + 1) >>> 0;
    this.#primaries[signer] = { serial, signedUntil, rrsets };
    if (by === 'holger') {
      const [then, now] = [this.#contents(primary), this.#contents({ ...primary, rrsets })];
      const lost = lostBetween(then, now, ZONE, this.asked);
      if (lost.length > 0) this.judgeNames(lost);
    }
    this.#remember(key, after);
    if (by === 'people' || hidden) {
      const contents = this.#afterEdit.get(owner) ?? [];
      contents[foreignEdits] = `${after.ttl} ${content.join(' ')}`;
      this.#afterEdit.set(owner, contents);
    }
    if (type === 'TLSA' && by === 'holger') this.judgeWrite(owner, before, after);
    this.#notify(by === 'start', signer);
  }

  /**
   * Whether people changed the TTL between the sweep and this write. Prerequisites have none (RFC
   * 2136 §2.4) and the write sets it: it is not detected (a documented limit), and what was written
   * counts as an edit of its own, which is known.
   */
  #writtenOver(owner: string, { foreignEdits }: Instance): boolean {
    const shown = this.#shown.get(owner) ?? [];
    if (shown.length === 0 || shown[foreignEdits] !== undefined) return false;
    const untold = this.#untold.get(owner) ?? new Set();
    this.#untold.set(owner, untold.add(foreignEdits));
    shown[this.#editsOf(owner) + 1] = this.#options.timeline.now();
    return true;
  }

  #editsOf(owner: string): number {
    return this.#edits.get(owner) ?? 0;
  }

  #countEdit(owner: string): void {
    this.#edits.set(owner, this.#editsOf(owner) + 1);
  }

  /** New signatures over the same contents. */
  resign(): void {
    const signedUntil = this.#options.timeline.now() + this.signedFor;
    for (const [signer, copy] of this.#primaries.entries()) {
      const serial = (copy.serial + 1) >>> 0;
      this.#primaries[signer] = { ...copy, serial, signedUntil };
      this.#notify(false, signer);
    }
  }

  #notify(atOnce: boolean, signer: number): void {
    const followers = this.addresses.filter((address) => address.signer === signer);
    followers.forEach((address, index) => {
      if (atOnce || (index === 0 && !this.#options.hidden)) this.#transfer(address);
      else if (address.lag !== Infinity) {
        const { lag } = address;
        // A change of its lag ends the transfers in progress.
        this.#options.timeline.in(lag ?? this.#lag(), () => {
          if (address.lag === lag) this.#transfer(address);
        });
      }
    });
  }

  /** It is removed permanently: what only it served is not served any more. */
  remove(address: Address): void {
    address.gone = true;
    address.lag = Infinity;
    address.silentUntil = Infinity;
    for (const key of address.copy.rrsets.keys()) {
      this.#endUnlessServed(key, this.#instance(key, address.copy));
    }
  }

  #endUnlessServed(key: string, instance: Instance): void {
    const still = this.addresses.some(
      ({ gone, copy }) => gone === undefined && this.#instance(key, copy) === instance,
    );
    if (!still) instance.servedUntil = this.#options.timeline.now();
  }

  /** It follows again, and has the zone as it is now. */
  catchUp(address: Address): void {
    delete address.lag;
    this.#transfer(address);
  }

  #lag(): Seconds {
    const { chance } = this.#options;
    const { lag } = this.#faults;
    return chance.happens(0.1) ? chance.between(0, 10 * lag) : chance.between(0, lag);
  }

  #transfer(address: Address): void {
    const { copy } = address;
    const primary = this.#primary(address.signer);
    address.copy = primary;
    for (const key of new Set([...copy.rrsets.keys(), ...primary.rrsets.keys()])) {
      const before = this.#instance(key, copy);
      const after = this.#instance(key, primary);
      after.signedUntil = Math.max(after.signedUntil, primary.signedUntil);
      this.#remember(key, after);
      if (before === after) continue;
      after.servedUntil = Infinity;
      this.#endUnlessServed(key, before);
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
    const time = (): number => (chance.happens(0.5) ? chance.between(0, 0.4) : 0);
    const pause = (): void => {
      alive();
      timeline.take(time());
      alive();
    };
    return {
      lookup: (name, type) => {
        pause();
        const rdata = type === 'A' ? this.#addressesOf(name, hosts) : [];
        return Promise.resolve(
          rdata.length === 0
            ? { status: 'nodata', aliases: [], authentic: true }
            : {
                status: 'found',
                rrset: { owner: name, type, ttl: 60, rdata },
                aliases: [],
                authentic: true,
              },
        );
      },
      ask: async (_zone, name, type) => {
        alive();
        return Promise.resolve(this.#askAll(name, type));
      },
      place: (asked) => {
        alive();
        return Promise.resolve({ zone: ZONE, owner: this.aliases.get(asked) ?? asked });
      },
      sweep: async (asked, type) => {
        alive();
        const owner = this.aliases.get(asked) ?? asked;
        const alias = { owner: asked, type: 'CNAME' as const, ttl: 300, rdata: [hex(owner)] };
        const swept: SweptAddress[] = [];
        for (const address of this.addresses) {
          alive();
          const meanwhile = timeline.takeBetween(time());
          if (meanwhile !== undefined) await meanwhile;
          alive();
          swept.push({
            server: address.server,
            address: address.address,
            answer: this.#ask(address, owner, type, hosts),
          });
        }
        pause();
        return {
          zone: ZONE,
          owner,
          type,
          aliases: owner === asked ? [] : [alias],
          security: this.security,
          addresses: swept,
          serversTtl: 0,
          receivedAt: timeline.now() + timeline.clockError,
        };
      },
    };
  }

  /**
   * The addresses of a host: of the services that it has, where it exists or a wildcard answers for
   * it.
   */
  #addressesOf(
    name: Fqdn,
    hosts: ReadonlyMap<string, readonly RdataHex[]>,
    copy = this.#primary(0),
  ): readonly RdataHex[] {
    const rdata = hosts.get(name) ?? [];
    if (this.standing.size === 0) return rdata;
    return answerIn(this.#contents(copy), ZONE, name, 'A').rdata.length > 0 ? rdata : [];
  }

  #ask(
    address: Address,
    owner: Fqdn,
    type: RecordType,
    hosts: ReadonlyMap<string, readonly RdataHex[]>,
  ): AddressAnswer {
    const { timeline, chance } = this.#options;
    const now = timeline.now();
    if (now < address.silentUntil || chance.happens(this.#faults.loss)) {
      return { status: 'timeout', detail: 'no answer' };
    }
    if (address.givenUp?.until === Infinity) address.givenUp.until = now;
    const { refuses } = address;
    if (refuses !== undefined && (refuses.type === undefined || refuses.type === type)) {
      return { status: refuses.status, detail: `${address.address} says so` };
    }
    const copy = this.#copyOf(address, type);
    if (type === 'A' || type === 'AAAA') {
      const found = type === 'A' ? this.#addressesOf(owner, hosts, copy) : [];
      return { status: 'answered', rdata: found, ttl: 60, serial: copy.serial };
    }
    const { rdata, ttl, foreignEdits } = this.#instance(keyOfOwner(owner, type), copy);
    if (type === 'TLSA') {
      const content = `${ttl} ${rdata.join(' ')}`;
      const save = (): void => this.#show(owner, address, foreignEdits, content, now);
      this.#unsaved.push({ owner, save });
    }
    const { serial, signedUntil } = copy;
    return { status: 'answered', rdata, ttl, serial, signedUntil };
  }

  /**
   * What all addresses that are not silent answer for a name; packets that get lost are sent again.
   */
  #askAll(name: Fqdn, type: RecordType): DirectAnswer {
    const now = this.#options.timeline.now();
    const heard = this.addresses.filter(
      ({ silentUntil, refuses }) => now >= silentUntil && refuses === undefined,
    );
    if (heard.length === 0) throw noAnswer();
    const all = heard.map(({ copy }) => answerIn(this.#contents(copy), ZONE, name, type));
    const rdata = rdataSet(all.flatMap((each) => each.rdata));
    return {
      rdata,
      exists: all.some(({ exists }) => exists),
      ...(rdata.length > 0 && all.some((each) => each.rdata.length === 0)
        ? { isPartial: true }
        : {}),
    };
  }

  #copyOf({ copy, late }: Address, type: RecordType): Copy {
    if (late === undefined || type !== 'TLSA') return copy;
    late.turn = !late.turn;
    return late.turn ? copy : late.copy;
  }

  /** holger stored what it knows of an owner. */
  saved(owner: string): void {
    for (const show of this.#unsaved) if (show.owner === owner) show.save();
    this.#unsaved = this.#unsaved.filter((show) => show.owner !== owner);
  }

  /** A process began or ended. */
  forgetUnsaved(): void {
    this.#unsaved = [];
  }

  /**
   * holger has observed the zone after so many foreign edits. It can see from the serial that there
   * were others in between, unless they undid one another (a documented limit) or the operator said
   * that there are no other editors (`assumedTtl` 0).
   */
  #show(owner: Fqdn, address: Address, edits: number, content: string, now: Instant): void {
    const shown = this.#shown.get(owner) ?? [];
    this.#shown.set(owner, shown);
    shown[edits] ??= now;
    const last = address.lastShown.get(owner);
    const after = this.#afterEdit.get(owner)?.[edits];
    const undone = this.addresses.some((one) => one.lastShown.get(owner)?.content === after);
    if (this.#options.tellsJumps && !undone && edits > (last?.edits ?? -1)) {
      // What was undone before the last sweep is not detected.
      for (let edit = (last?.edits ?? -1) + 1; edit < edits; edit += 1) {
        if (this.#untold.get(owner)?.has(edit) !== true) shown[edit] ??= now;
      }
    }
    address.lastShown.set(owner, { content, edits });
  }

  /** The provider port of one process of holger; `as`: what each of several becomes. */
  provider(alive: () => void, as = (provider: DnsProvider) => provider): DnsProvider {
    const [first, ...others] = this.#primaries.map((_, signer) => ({
      name: `signer-${signer}`,
      provider: as(this.#providerOf(signer, alive)),
    }));
    if (first === undefined) throw new RangeError('a zone without a primary');
    return others.length === 0 ? first.provider : together([first, ...others]);
  }

  #providerOf(signer: number, alive: () => void): DnsProvider {
    const { timeline, chance } = this.#options;
    return {
      traits: TRAITS,
      findZone: (name) => Promise.resolve(name),
      ttlFor: (_zone, ttl) => Promise.resolve(ttl),
      read: (_zone, owner, type) => {
        alive();
        const { rdata, ttl } = this.current(owner, type, signer);
        return Promise.resolve(rdata.length === 0 ? undefined : { owner, type, ttl, rdata });
      },
      apply: async (edit) => {
        alive();
        timeline.take(chance.between(0, 0.5));
        alive();
        const fate = this.fate(edit, signer) ?? this.#chanceOf();
        if (fate === 'refused') {
          throw new AppError('UPDATE_REFUSED', `the primary refused to change ${edit.owner}`);
        }
        if (fate === 'request-lost') throw noAnswer();
        if (fate === 'late') {
          // The request is still on its way when the client aborts.
          timeline.in(chance.between(0, 3), () => this.#apply(edit, signer));
          throw noAnswer();
        }
        const outcome = this.#apply(edit, signer);
        if (fate === 'answer-lost') throw noAnswer();
        return Promise.resolve(outcome);
      },
    };
  }

  #chanceOf(): Fate {
    const { chance } = this.#options;
    if (!chance.happens(this.#faults.lostAnswers)) return 'arrives';
    if (chance.happens(0.3)) return 'request-lost';
    return chance.happens(0.3) ? 'late' : 'answer-lost';
  }

  #apply(edit: RRsetEdit, signer: number): 'accepted' | 'conflict' {
    const { rdata } = this.current(edit.owner, edit.type, signer);
    if (!sameRdata(rdata, rdataSet(edit.expect))) return 'conflict';
    const kept = rdata.filter((item) => !edit.remove.includes(item));
    const next = rdataSet([...kept, ...edit.add]);
    this.#change({ ...edit, rdata: next }, 'holger', signer);
    this.judgeAll();
    return 'accepted';
  }
}

const TRAITS: DnsProvider['traits'] = {
  types: ['TLSA', 'TXT'],
  conditional: true,
  edits: 'rrset',
  ttl: { least: 0 },
  signs: 'other',
  tellsApplied: false,
};

function noAnswer(): AppError {
  return new AppError('DNS_TIMEOUT', 'the primary did not answer');
}
