// The surroundings of one story: name servers, a CA, services, installations of holger, and nothing
// that is random. What fails is what the story says.
import type { Seconds } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { Authority } from '../sim/authority.ts';
import { recordOf } from '../sim/client.ts';
import { Services, endpointAt } from '../sim/services.ts';
import type { Endpoint } from '../sim/services.ts';
import { Timeline } from '../sim/timeline.ts';
import { derOf, hex, keyOf, tokenOf } from '../sim/tokens.ts';
import type { Token } from '../sim/tokens.ts';
import { Zone, keyOfOwner } from '../sim/zone.ts';
import type { Address } from '../sim/zone.ts';
import { Installation } from './installation.ts';
import { Judge } from './judge.ts';
import type { Mistake } from './mistakes.ts';
import { Narrator } from './narrator.ts';
import { FALLBACK, NAME_SERVERS, NoChance, intentFor, ownerAt } from './setting.ts';
import type { Setting } from './setting.ts';
import { surroundingsIn } from './surroundings.ts';
import type { Transcript } from './transcript.ts';
import { Words } from './words.ts';

const START = 1_795_262_400;
const DAY = 86_400;
const LIFETIME: Seconds = 90 * DAY;
export const WEEK: Seconds = 7 * DAY;
const MX1 = 'mx1.example.org';

export class Stage {
  readonly timeline = new Timeline(START);
  readonly zone: Zone;
  readonly services: Services;
  readonly authority: Authority;
  /** The second CA of the list. */
  readonly fallback: Authority;
  readonly judge: Judge;
  readonly words: Words;
  readonly holger: Installation;
  readonly narrator: Narrator;
  readonly owners: readonly Fqdn[];
  readonly setting: Setting;
  readonly #hosts: readonly string[];
  readonly #issued: Token[] = [];
  readonly installations: Installation[] = [];
  /** Targets that the configuration describes wrongly. */
  readonly mistakes = new Map<Endpoint, Mistake>();

  constructor(transcript: Transcript, setting: Setting = {}) {
    const { timeline } = this;
    const chance = new NoChance();
    this.setting = setting;
    this.#hosts = setting.hosts ?? [MX1];
    this.zone = new Zone({
      timeline,
      chance,
      addresses: setting.nameServers ?? NAME_SERVERS,
      signers: setting.signers ?? 1,
      hidden: setting.hidden ?? false,
      negativeTtl: 900,
      tellsJumps: true,
      faults: { lag: 2, loss: 0, lostAnswers: 0 },
    });
    this.services = new Services(timeline, chance, { reloadTakes: 2, stuck: 0, loss: 0 });
    const ca = {
      timeline,
      chance,
      lifetime: setting.lifetime ?? LIFETIME,
      withRoot: setting.withRoot ?? false,
      served: (owner: string, value: string) => {
        const txt = hex(String.fromCharCode(value.length) + value);
        return this.zone.addresses.every(
          ({ gone, copy }) =>
            gone === true || copy.rrsets.get(keyOfOwner(owner, 'TXT'))?.rdata.includes(txt),
        );
      },
    };
    this.authority = new Authority(ca);
    this.fallback = new Authority({ ...ca, other: { directory: FALLBACK, prefix: 'Y' } });
    for (const each of [this.authority, this.fallback]) {
      each.whenIssued = (token) => this.#issued.push(token);
      this.#issued.push(...each.intermediates);
    }
    this.words = new Words(this.#issued, ['key', 'other']);
    this.owners = this.#hosts.map((host) => ownerAt(host, setting));
    if (setting.alias !== undefined) {
      for (const owner of this.owners) this.zone.aliases.set(owner, fqdn(setting.alias));
    }
    this.narrator = new Narrator(transcript, timeline, this.words, this.zone, this.services);
    this.judge = new Judge(timeline, this.zone, this.services, this.words, (text) =>
      this.narrator.say('judge', text),
    );
    this.zone.judgeWrite = (...write) => this.judge.write(...write);
    this.zone.judgeAll = () => this.judge.look();
    this.services.judgeSwitch = (endpoint, before, after) => {
      this.judge.switched(endpoint, before, after);
      if (this.words.served(before) === this.words.served(after)) return;
      this.narrator.say(
        shortHost(endpoint.host),
        `${endpoint.address} presents ${this.words.served(after)}`,
      );
      this.judge.look();
      this.narrator.say('judge', this.judge.opinion);
    };
    this.authority.judgeChallenge = (name) =>
      this.judge.faults.push(`the CA was told before every server served ${name}`);
    this.#signWeekly();
    this.holger = this.install('holger', 'key', this.intentOf(this.#hosts));
  }

  #signWeekly(): void {
    this.timeline.in(WEEK, () => {
      this.zone.resign();
      this.#signWeekly();
    });
  }

  intentOf(hosts: readonly string[]): Intent {
    const intent = intentFor(hosts, this.setting);
    if (this.setting.fallback?.known !== true) return intent;
    const signers = [this.authority, this.fallback].flatMap(({ intermediates }) =>
      intermediates.slice(0, 1),
    );
    return { ...intent, anchors: signers.map((one) => ({ der: derOf(one), spki: keyOf(one) })) };
  }

  /** An installation of holger. `word`: the prefix of its keys' names. */
  install(who: string, word: string, intent: Intent): Installation {
    const installation = new Installation(
      intent,
      word,
      surroundingsIn(this, who),
      this.setting.webTrusts,
      this.setting.renewalInfo,
    );
    this.installations.push(installation);
    return installation;
  }

  /** Adds the endpoints of every host, each with a certificate from before holger was installed. */
  serve(): void {
    const { addresses = 1, workers = 1, leafOnly = false, webTrusts: roots = [] } = this.setting;
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
    const asked = ownerAt(host, this.setting);
    const owner = this.zone.aliases.get(asked) ?? asked;
    const tokens = this.authority.issue(key, [host]);
    const endpoint = endpointAt({ host, owner, address }, tokens, traits);
    this.services.endpoints.push(endpoint);
    return endpoint;
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

  /** An operator deploys the files of a generation by hand. */
  loadByHand(endpoint: Endpoint, generation: number): void {
    const chain = this.holger.generation(generation)?.chain?.certificates ?? [];
    const tokens = chain.map(({ der }) => tokenOf(der));
    this.services.loadByHand(endpoint, tokens);
  }

  /** A certificate that has nothing to do with holger is deployed by hand. */
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

  /** The record of a generation's key or certificate, as a person would write it. */
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
}

export function shortHost(host: string): string {
  return host.replace('.example.org', '');
}
