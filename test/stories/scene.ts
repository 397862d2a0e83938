// What a story does: it lets time pass while a timer starts holger, makes events happen, and says
// how it ends.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { Operation } from '../../src/engine/world.ts';
import { recordOf } from '../sim/client.ts';
import { tokenOf } from '../sim/tokens.ts';
import type { Installation } from './installation.ts';
import { Stage, WEEK, shortHost } from './stage.ts';

const DAY = 86_400;

function seconds(text: string): Seconds {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed;
}

export class Scene extends Stage {
  #refusalExcuse: string | undefined;

  /**
   * Generation 1 is proven and only its records are published; `due`: just before its renewal,
   * `idle`: a week after.
   */
  async enrolled(when: 'due' | 'idle' = 'due'): Promise<void> {
    if (this.services.endpoints.length === 0) this.serve();
    await this.untilIdle();
    const to = when === 'due' ? this.holger.dueAt - 60 : this.timeline.now() + WEEK;
    await this.#ticksUntil(to);
    this.begin();
  }

  /** From here on everything is written down. */
  begin(): void {
    if (this.services.endpoints.length === 0) this.serve();
    this.judge.reset();
    this.narrator.begin();
    for (const { host, address, workers } of this.services.endpoints) {
      const served = [...new Set(workers.map((worker) => this.words.served(worker.served)))];
      this.narrator.say(shortHost(host), `${address} presents ${served.join(' and ')}`);
    }
    this.judge.look();
  }

  /** Something is done to the surroundings of holger, or something breaks. */
  happens(text: string, act: () => void = () => undefined): void {
    this.narrator.say('event', text);
    act();
    this.narrator.tellDns();
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

  get #tick(): Seconds {
    return seconds(this.setting.timer ?? '1h');
  }

  /** The timer starts each installation now, and what follows is written down. */
  async run(options: Parameters<Installation['run']>[0] = {}): Promise<void> {
    for (const installation of this.installations) await installation.run(options);
    this.judge.look();
    this.narrator.tellDns();
  }

  async #ticksUntil(to: Instant): Promise<void> {
    // Before the story begins one run a day is enough.
    const tick = this.narrator.muted ? DAY : this.#tick;
    while (this.timeline.now() + tick < to) {
      this.timeline.advanceTo(this.timeline.now() + tick);
      await this.run();
    }
    this.timeline.advanceTo(to);
    this.narrator.tellDns();
  }

  /** An operator requests an operation. */
  async order(text: string, order: Operation): Promise<void> {
    this.happens(text);
    await this.holger.run({ order });
    this.judge.look();
    this.narrator.tellDns();
  }

  /** Records of what is served, published before holger was installed. */
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

  /** Time passes, and the timer starts holger. */
  async pass(time: string): Promise<void> {
    await this.#ticksUntil(this.timeline.now() + seconds(time));
  }

  /** Time passes until a condition holds; an error if it never does. */
  async until(what: string, holds: () => boolean, atMost = '10d'): Promise<void> {
    const end = this.timeline.now() + seconds(atMost);
    await this.run();
    while (!holds()) {
      if (this.timeline.now() > end) throw new Error(`not within ${atMost}: ${what}`);
      this.timeline.advanceTo(this.timeline.now() + this.#tick);
      await this.run();
    }
    this.narrator.tellDns();
  }

  async untilIdle(atMost = '10d'): Promise<void> {
    await this.until('holger is idle', () => this.holger.isIdle, atMost);
  }

  /** The story says that clients are refused, and why holger is not the reason. */
  clientsAreRefused(because: string): void {
    this.#refusalExcuse = because;
  }

  /** How the story ends; an error if it does not. */
  ends(text: string, holds: boolean): void {
    this.narrator.say('end', text);
    if (!holds) throw new Error(`the story does not end so: ${text}`);
  }

  /**
   * This generation is proven, presented everywhere, and every server serves these records and no
   * others.
   */
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
    const standing = state === 'live' && provenAt !== undefined && this.holger.isIdle;
    this.ends(
      `generation ${generation} is proven and presented everywhere, holger is idle; DNS: ${records.join(', ')}`,
      standing && served && dns.every((text) => text === records.join(', ')),
    );
  }

  /** holger cannot continue by itself, and its message matches these words. */
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
    this.ends('holger needs a person, and says what to do', last?.exit === 4 && words.test(said));
  }

  /** The last line, and what is wrong with the story. */
  verdict(): readonly string[] {
    this.judge.look();
    const { refused, faults } = this.judge;
    const excuse = this.#refusalExcuse;
    if (refused === 0) this.narrator.say('verdict', 'no client was refused');
    else {
      this.narrator.say(
        'verdict',
        `clients were refused for ${formatDuration(refused)}: ${excuse ?? 'and should not have been'}`,
      );
    }
    return [
      ...faults,
      ...(refused > 0 && excuse === undefined ? ['a client was refused'] : []),
      ...(refused === 0 && excuse !== undefined
        ? ['no client was refused, but the story says that one is']
        : []),
    ];
  }
}
