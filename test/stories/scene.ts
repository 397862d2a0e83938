// The world of one story: name servers, a CA, services, holger started by a timer, and nothing that is left to chance. What
// happens is written down; what goes wrong goes wrong where the story says so.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { Generation, Intent, Policy, Strategy } from '../../src/rollover/model.ts';
import { Authority } from '../sim/authority.ts';
import { Chance } from '../sim/chance.ts';
import { recordOf } from '../sim/client.ts';
import { Services, endpointAt } from '../sim/services.ts';
import type { Endpoint } from '../sim/services.ts';
import { Timeline } from '../sim/timeline.ts';
import { hex, tokenOf } from '../sim/tokens.ts';
import type { Token } from '../sim/tokens.ts';
import { Zone, keyOfOwner } from '../sim/zone.ts';
import type { Address, ZoneOptions } from '../sim/zone.ts';
import type { Intervention } from '../../src/engine/world.ts';
import { Installation } from './installation.ts';
import type { Surroundings } from './installation.ts';
import { Judge } from './judge.ts';
import type { Transcript } from './transcript.ts';
import { Words } from './words.ts';

const START = 1_795_262_400;
const DAY = 86_400;
const LIFETIME = 90 * DAY;
const WEEK = 7 * DAY;
const MX1 = 'mx1.example.org';

/** Nothing happens by chance, and everything takes as long as it may. */
class NoChance extends Chance {
  constructor() {
    super(0);
  }
  override next(): number {
    return 0.5;
  }
  override happens(probability: number): boolean {
    return probability >= 1;
  }
  override between(_low: number, high: number): number {
    return high;
  }
  override pick<T>([first]: readonly T[]): T {
    if (first === undefined) throw new RangeError('nothing to pick from');
    return first;
  }
}

export interface Setting {
  readonly hosts?: readonly string[];
  /** Addresses of each host. */
  readonly addresses?: number;
  /** Processes behind each address. */
  readonly workers?: number;
  readonly leafOnly?: boolean;
  /** Services of the web, whose clients trust these CAs too; without it they are mail servers. */
  readonly webTrusts?: readonly string[];
  /** Chains hold the root too. */
  readonly withRoot?: boolean;
  readonly nameServers?: ZoneOptions['addresses'];
  /** The primary is not among the name servers. */
  readonly hidden?: boolean;
  readonly policy?: Partial<Policy>;
  readonly strategy?: Strategy;
  readonly rotateKeyEvery?: Seconds;
  /** Where the records of all hosts stand, by CNAMEs. */
  readonly alias?: string;
  /** How often the timer starts holger. */
  readonly timer?: string;
}

const POLICY: Policy = {
  records: ['3 1 1'],
  trustAnchors: 'chain',
  ttl: 3600,
  ttlFactor: 2,
  cacheFloor: 3600,
  assumedTtl: 86_400,
  margin: 60,
  settle: 30,
};

const NAME_SERVERS: ZoneOptions['addresses'] = [
  { server: 'ns1.example.org', address: '192.0.2.53' },
  { server: 'ns2.example.org', address: '192.0.2.54' },
];

export function seconds(text: string): Seconds {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed;
}

export class Scene {
  readonly timeline = new Timeline(START);
  readonly zone: Zone;
  readonly services: Services;
  readonly authority: Authority;
  readonly judge: Judge;
  readonly words: Words;
  readonly holger: Installation;
  readonly transcript: Transcript;
  readonly owners: readonly Fqdn[];
  readonly #setting: Setting;
  readonly #hosts: readonly string[];
  readonly #issued: Token[] = [];
  readonly #installations: Installation[] = [];
  #origin: Instant = START;
  #dnsTold = '';
  #refusalExcuse: string | undefined;

  constructor(transcript: Transcript, setting: Setting = {}) {
    const { timeline } = this;
    const chance = new NoChance();
    this.transcript = transcript;
    this.#setting = setting;
    this.#hosts = setting.hosts ?? [MX1];
    this.zone = new Zone({
      timeline,
      chance,
      addresses: setting.nameServers ?? NAME_SERVERS,
      hidden: setting.hidden ?? false,
      negativeTtl: 900,
      tellsJumps: true,
      faults: { lag: 2, loss: 0, lostAnswers: 0 },
    });
    this.services = new Services(timeline, chance, { reloadTakes: 2, stuck: 0, loss: 0 });
    this.authority = new Authority({
      timeline,
      chance,
      lifetime: LIFETIME,
      withRoot: setting.withRoot ?? false,
      served: (owner, value) => {
        const txt = hex(String.fromCharCode(value.length) + value);
        return this.zone.addresses.every(
          ({ gone, copy }) =>
            gone === true || copy.rrsets.get(keyOfOwner(owner, 'TXT'))?.rdata.includes(txt),
        );
      },
    });
    this.authority.whenIssued = (token) => this.#issued.push(token);
    this.#issued.push(...this.authority.intermediates);
    this.words = new Words(this.#issued, ['key', 'other']);
    this.owners = this.#hosts.map((host) => this.#asked(host));
    if (setting.alias !== undefined) {
      for (const owner of this.owners) this.zone.aliases.set(owner, fqdn(setting.alias));
    }
    this.judge = new Judge(timeline, this.zone, this.services, this.words, (text) =>
      this.#say('judge', text),
    );
    this.zone.judgeWrite = (...write) => this.judge.write(...write);
    this.zone.judgeAll = () => this.judge.look();
    this.services.judgeSwitch = (endpoint, before, after) => {
      this.judge.switched(endpoint, before, after);
      if (this.words.served(before) === this.words.served(after)) return;
      this.#say(
        shortHost(endpoint.host),
        `${endpoint.address} presents ${this.words.served(after)}`,
      );
      this.judge.look();
      this.#say('judge', this.judge.opinion);
    };
    this.authority.judgeChallenge = (name) =>
      this.judge.faults.push(`the CA was told before every server showed ${name}`);
    this.#signWeekly();
    this.holger = this.install('holger', 'key', this.intentOf(this.#hosts));
  }

  #asked(host: string): Fqdn {
    return fqdn(`_${this.#setting.webTrusts === undefined ? 25 : 443}._tcp.${host}`);
  }

  #signWeekly(): void {
    this.timeline.in(WEEK, () => {
      this.zone.resign();
      this.#signWeekly();
    });
  }

  intentOf(hosts: readonly string[]): Intent {
    const { strategy = 'staged', rotateKeyEvery, policy, webTrusts } = this.#setting;
    return {
      name: 'mail',
      domains: hosts,
      keyType: 'ec-p256',
      dane: true,
      strategy,
      ...(rotateKeyEvery === undefined ? {} : { rotateKeyEvery }),
      directory: 'sim:ca',
      services: hosts.map((host) => ({
        id: webTrusts === undefined ? `smtp://${host}:25` : `https://${host}:443`,
        owner: this.#asked(host),
        names: [host],
        smtpLike: webTrusts === undefined,
        running: true,
        reachable: true,
      })),
      policy: { ...POLICY, ...policy },
      force: false,
    };
  }

  /** An installation of holger in this world. `word`: what its keys are called. */
  install(who: string, word: string, intent: Intent): Installation {
    const clock = this.timeline.clock();
    const around: Surroundings = {
      ports: (alive) => {
        this.zone.forgetUnsaved();
        const provider = this.zone.provider(alive);
        return {
          clock,
          resolver: this.zone.resolver(alive, this.#addressRecords()),
          probe: this.services.probe(alive),
          issuer: this.authority.issuer(alive),
          providerFor: () => provider,
        };
      },
      targets: ({ services }, alive) =>
        this.services.endpoints
          .filter(({ host }) => services.some(({ names }) => names.includes(host)))
          .map((endpoint) => this.services.target(endpoint, alive)),
      now: () => this.timeline.now(),
      say: (text) => this.#say(who, text),
      sayAct: (text) => this.#add(who, text),
      describeKey: (generation) => this.#describeKey(generation),
      saved: (owner) => this.zone.saved(this.zone.aliases.get(owner) ?? owner),
    };
    const installation = new Installation(intent, word, around, this.#setting.webTrusts);
    this.#installations.push(installation);
    return installation;
  }

  #describeKey({ number, spki, keyMadeAt, createdAt, ahead }: Generation): string {
    const key = Buffer.from(spki, 'hex').toString('utf8');
    const made = keyMadeAt < createdAt ? `uses ${key} again` : `makes ${key}`;
    return `generation ${number}: ${made}${ahead === true ? ', ahead of its time' : ''}`;
  }

  #addressRecords(): Map<string, RdataHex[]> {
    const records = new Map<string, RdataHex[]>();
    for (const { host, address } of this.services.endpoints) {
      const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
      records.set(`${host}.`, [...(records.get(`${host}.`) ?? []), octets.join('')]);
    }
    return records;
  }

  /** Adds the endpoints of every host, each with a certificate of its own from before holger came. */
  serve(): void {
    const { addresses = 1, workers = 1, leafOnly = false, webTrusts: roots = [] } = this.#setting;
    this.#hosts.forEach((host, at) => {
      for (let index = 0; index < addresses; index += 1) {
        const address = `192.0.2.${1 + at * addresses + index}`;
        this.addEndpoint(host, address, `old-${address.slice(8)}`, { workers, leafOnly, roots });
      }
    });
  }

  addEndpoint(
    host: string,
    address: string,
    key: string,
    traits: Parameters<typeof endpointAt>[2] = {},
  ): Endpoint {
    const asked = this.#asked(host);
    const owner = this.zone.aliases.get(asked) ?? asked;
    const tokens = this.authority.issue(key, [host]);
    const endpoint = endpointAt({ host, owner, address }, tokens, traits);
    this.services.endpoints.push(endpoint);
    return endpoint;
  }

  /** Generation 1 is proven and only its records stand; `due`: right before its renewal, `rest`: a week after. */
  async enrolled(when: 'due' | 'rest' = 'due'): Promise<void> {
    if (this.services.endpoints.length === 0) this.serve();
    await this.untilRest();
    const to = when === 'due' ? this.holger.dueAt - 60 : this.timeline.now() + WEEK;
    await this.#ticksUntil(to);
    this.begin();
  }

  /** From here on everything is written down. */
  begin(): void {
    if (this.services.endpoints.length === 0) this.serve();
    this.#origin = this.timeline.now();
    this.judge.reset();
    this.transcript.muted = false;
    this.#dnsTold = '';
    this.#tellDns();
    for (const { host, address, workers } of this.services.endpoints) {
      const served = [...new Set(workers.map((worker) => this.words.served(worker.served)))];
      this.#say(shortHost(host), `${address} presents ${served.join(' and ')}`);
    }
    this.judge.look();
  }

  #add(who: string, text: string): void {
    const named = this.words.named(text);
    const at = this.timeline.now() - this.#origin;
    this.transcript.add(at, who, Words.timed(named, this.#origin));
  }

  #say(who: string, text: string): void {
    this.#tellDns();
    this.#add(who, text);
  }

  /** What each name server serves, when that has changed since it was last told. */
  #tellDns(): void {
    const dns = this.#dns;
    if (dns === this.#dnsTold) return;
    this.#dnsTold = dns;
    this.#add('dns', dns);
  }

  get #dns(): string {
    const owners = [...new Set(this.services.endpoints.map(({ owner }) => owner))];
    return owners
      .map((owner) => {
        const by = new Map<string, Address[]>();
        for (const address of this.zone.addresses) {
          const text =
            address.gone === true
              ? 'nothing'
              : this.words.rrset(this.zone.servedAt(address, owner));
          by.set(text, [...(by.get(text) ?? []), address]);
        }
        const parts = [...by].map(([text, at]) => {
          const all = at.length === this.zone.addresses.length;
          return `${all ? 'every server' : at.map((one) => this.nameOf(one)).join(' and ')}: ${text}`;
        });
        const where = owners.length > 1 ? `${owner.replace('.example.org.', '')} at ` : '';
        return where + parts.join('; ');
      })
      .join('. ');
  }

  nameOf({ server, address }: Address): string {
    const short = server.replace('.example.org.', '');
    const several = this.zone.addresses.filter((other) => other.server === server).length > 1;
    return several ? `${short} ${address}` : short;
  }

  /** Somebody does something, or something breaks. */
  happens(text: string, act: () => void = () => undefined): void {
    this.#say('world', text);
    act();
    this.#tellDns();
    this.judge.look();
  }

  /** A person edits the records of the first owner. */
  edit(
    text: string,
    change: (rdata: readonly RdataHex[]) => readonly RdataHex[],
    ttl?: Seconds,
  ): void {
    this.happens(text, () => {
      const owner = this.owner;
      const before = this.zone.current(owner, 'TLSA');
      this.zone.change(owner, 'TLSA', change(before.rdata), ttl ?? before.ttl, 'people');
    });
  }

  get owner(): Fqdn {
    const [asked = fqdn('_25._tcp.mx1.example.org')] = this.owners;
    return this.zone.aliases.get(asked) ?? asked;
  }

  /** What the first process of an endpoint presents. */
  presents(index: number): string {
    const [worker] = this.endpoint(index).workers;
    return worker === undefined ? '' : this.words.served(worker.served);
  }

  proven(generation: number): boolean {
    return this.holger.generation(generation)?.provenAt !== undefined;
  }

  /** The TLSA records of the first owner at its primary. */
  records(): string {
    return this.words.records(this.zone.current(this.owner, 'TLSA').rdata);
  }

  /** An operator puts the files of a generation in service. */
  loadByHand(endpoint: Endpoint, generation: number): void {
    const chain = this.holger.generation(generation)?.chain?.certificates ?? [];
    const tokens = chain.map(({ der }) => tokenOf(der));
    this.services.loadByHand(endpoint, tokens);
  }

  /** Somebody puts a certificate in service that has nothing to do with holger. */
  loadStrange(endpoint: Endpoint): void {
    this.services.loadByHand(endpoint, this.authority.issue('self-made', [endpoint.host]));
  }

  endpoint(index = 0): Endpoint {
    const endpoint = this.services.endpoints[index];
    if (endpoint === undefined) throw new RangeError(`no endpoint ${index}`);
    return endpoint;
  }

  server(index: number): Address {
    const address = this.zone.addresses[index];
    if (address === undefined) throw new RangeError(`no name server ${index}`);
    return address;
  }

  /** The record of a generation's key or certificate, as a person would make it. */
  recordOf(combination: string, generation: number): RdataHex {
    const leaf = this.holger.generation(generation)?.chain?.certificates[0];
    if (leaf === undefined) throw new RangeError(`generation ${generation} has no certificate`);
    const [usage = 0, selector = 0, type = 0] = combination.split(' ').map(Number);
    return recordOf(usage, selector, type, tokenOf(leaf.der));
  }

  /** The 2 1 1 record of a CA certificate. */
  anchorOf(key: string): RdataHex {
    const anchor = this.authority.intermediates.find((token) => token.key === key);
    if (anchor === undefined) throw new RangeError(key);
    return recordOf(2, 1, 1, anchor);
  }

  get #tick(): Seconds {
    return seconds(this.#setting.timer ?? '1h');
  }

  /** The timer starts each installation now, and the dust settles. */
  async run(options: Parameters<Installation['run']>[0] = {}): Promise<void> {
    for (const installation of this.#installations) await installation.run(options);
    this.judge.look();
    this.#tellDns();
  }

  async #ticksUntil(to: Instant): Promise<void> {
    // Before the story begins a look a day is enough.
    const tick = this.transcript.muted ? DAY : this.#tick;
    while (this.timeline.now() + tick < to) {
      this.timeline.advanceTo(this.timeline.now() + tick);
      await this.run();
    }
    this.timeline.advanceTo(to);
    this.#tellDns();
  }

  /** An operator gives an order. */
  async order(text: string, order: Intervention): Promise<void> {
    this.happens(text);
    await this.holger.run({ order });
    this.judge.look();
    this.#tellDns();
  }

  /** Records of what is served, published by somebody before holger came. */
  publishedBefore(...combinations: readonly string[]): void {
    for (const owner of new Set(this.services.endpoints.map(({ owner: at }) => at))) {
      const records = this.services.endpoints
        .filter((endpoint) => endpoint.owner === owner)
        .flatMap(({ disk }) => disk.tokens.slice(0, 1))
        .flatMap((leaf) =>
          combinations.map((combination) => {
            const [usage = 0, selector = 0, type = 0] = combination.split(' ').map(Number);
            return recordOf(usage, selector, type, leaf);
          }),
        );
      this.zone.change(owner, 'TLSA', records, 3600, 'start');
      this.zone.forgetAbsence(owner);
    }
  }

  /** Time passes, and the timer does its work. */
  async pass(time: string): Promise<void> {
    await this.#ticksUntil(this.timeline.now() + seconds(time));
  }

  /** Time passes until something is so; a world that stands still is an error. */
  async until(what: string, holds: () => boolean, atMost = '10d'): Promise<void> {
    const end = this.timeline.now() + seconds(atMost);
    await this.run();
    while (!holds()) {
      if (this.timeline.now() > end) throw new Error(`not within ${atMost}: ${what}`);
      this.timeline.advanceTo(this.timeline.now() + this.#tick);
      await this.run();
    }
    this.#tellDns();
  }

  async untilRest(atMost = '10d'): Promise<void> {
    await this.until('holger rests', () => this.holger.rests, atMost);
  }

  /** The story says that clients are refused, and why that is nobody's fault here. */
  clientsAreRefused(because: string): void {
    this.#refusalExcuse = because;
  }

  /** How the story ends, and whether it really does. */
  ends(text: string, holds: boolean): void {
    this.#say('end', text);
    if (!holds) throw new Error(`the story does not end so: ${text}`);
  }

  /** This generation is proven, presented everywhere, and these records stand at every server, and no others. */
  endsProven(generation: number, ...records: readonly string[]): void {
    const { provenAt, state, chain } = this.holger.generation(generation) ?? {};
    const der = chain?.certificates[0]?.der;
    const served = this.services.endpoints.every(({ workers }) =>
      workers.every(
        (worker) =>
          worker.served !== 'no-tls' && worker.served[0]?.serial === tokenOf(der ?? '7b7d').serial,
      ),
    );
    const dns = this.zone.addresses.map((address) =>
      this.words.records(this.zone.servedAt(address, this.owner).rdata),
    );
    const standing = state === 'live' && provenAt !== undefined && this.holger.rests;
    this.ends(
      `generation ${generation} is proven and presented everywhere, holger rests; DNS: ${records.join(', ')}`,
      standing && served && dns.every((text) => text === records.join(', ')),
    );
  }

  /** Holger cannot go on by itself, and says so in words that hold this. */
  endsNeedingPerson(words: RegExp): void {
    const { last } = this.holger;
    const said =
      last === undefined
        ? ''
        : 'failure' in last
          ? `${last.failure.message} ${last.failure.hint ?? ''}`
          : last.standing.kind === 'blocked'
            ? last.standing.reasons.map(({ because, hint }) => `${because} ${hint ?? ''}`).join(' ')
            : '';
    this.ends('holger needs a person, and says what for', last?.exit === 4 && words.test(said));
  }

  /** The last line, and what is wrong with the story if anything is. */
  verdict(): readonly string[] {
    this.judge.look();
    const { refused, faults } = this.judge;
    const excuse = this.#refusalExcuse;
    if (refused === 0) this.#say('verdict', 'no client was refused');
    else {
      this.#say(
        'verdict',
        `clients were refused for ${formatDuration(refused)}: ${excuse ?? 'and should not have been'}`,
      );
    }
    return [
      ...faults,
      ...(refused > 0 && excuse === undefined ? ['a client was refused'] : []),
      ...(refused === 0 && excuse !== undefined
        ? ['no client was refused, though the story says so']
        : []),
    ];
  }
}

function shortHost(host: string): string {
  return host.replace('.example.org', '');
}
