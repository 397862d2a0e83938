// Records, chains and times in the words of a story: "3 1 1 key-2" for the record of generation 2's
// key, "key-2 < X1" for its certificate and the CA certificate that is sent with it.
import type { Instant } from '../../src/base/clock.ts';
import { parseInstant } from '../../src/base/clock.ts';
import { formatDuration } from '../../src/base/duration.ts';
import type { Served } from '../sim/client.ts';
import { recordOf } from '../sim/client.ts';
import type { Token } from '../sim/tokens.ts';
import type { Instance } from '../sim/zone.ts';
import { sinceStart } from './transcript.ts';

const MOST_KEYS = 9;

export class Words {
  /** Every certificate of this story, in the order in which they were signed. */
  readonly #issued: readonly Token[];
  readonly #keys: readonly string[];

  /** `owners`: the prefixes of the key names of each installation. */
  constructor(issued: readonly Token[], owners: readonly string[]) {
    this.#issued = issued;
    this.#keys = owners.flatMap((word) =>
      Array.from({ length: MOST_KEYS }, (_, index) => `${word}-${index + 1}`),
    );
  }

  record(rdata: string): string {
    const [usage = 0, selector = 0, type = 0] = [0, 2, 4].map((at) =>
      Number(rdata.slice(at, at + 2)),
    );
    const bare = this.#keys.map((key): Token => {
      return { serial: 0, key, signer: '', names: [], from: 0, to: 0, ca: false };
    });
    const of = [...this.#issued, ...bare].find(
      (token) => recordOf(usage, selector, type, token) === rdata,
    );
    const whose = of === undefined ? 'unknown' : selector === 0 ? this.certificate(of) : of.key;
    return `${usage} ${selector} ${type} ${whose}`;
  }

  /** The same text with the data of its records named. */
  named(text: string): string {
    return text.replace(
      /(\d) (\d) (\d) ([0-9a-f]{64,})/g,
      (_all, usage: string, selector: string, type: string, data: string) =>
        this.record(`0${usage}0${selector}0${type}${data}`),
    );
  }

  records(rdata: readonly string[]): string {
    return rdata
      .map((item) => this.record(item))
      .sort((a, b) => b.slice(0, 5).localeCompare(a.slice(0, 5)) || a.localeCompare(b))
      .join(', ');
  }

  /** Further certificates of a key are numbered: "key-1 #2". */
  certificate(token: Token): string {
    const same = this.#issued.filter(({ key, ca }) => key === token.key && ca === token.ca);
    const turn = same.findIndex(({ serial }) => serial === token.serial);
    return turn > 0 ? `${token.key} #${turn + 1}` : token.key;
  }

  served(served: Served): string {
    return served === 'no-tls'
      ? 'no TLS at all'
      : served.map((token) => this.certificate(token)).join(' < ');
  }

  rrset({ rdata, ttl }: Pick<Instance, 'rdata' | 'ttl'>): string {
    const life = `TTL ${formatDuration(ttl)}`;
    return rdata.length === 0 ? `no TLSA (${life})` : `${this.records(rdata)} (${life})`;
  }

  /** The same text with its times counted from the beginning of the story. */
  static timed(text: string, origin: Instant): string {
    return text.replace(/\d{4}-\d\d-\d\dT[\d:]{8}Z/g, (at) =>
      sinceStart(parseInstant(at) - origin),
    );
  }
}
