// What certificates order of one CA: once for each generation, each certificate in its floor (rule
// 28), and none while the account is told to wait.
import { AppError } from '../../../src/base/errors.ts';
import type { Lineage } from '../../../src/rollover/model.ts';
import type { Chronicle } from '../chronicle.ts';
import { Issuance } from '../issuance.ts';
import type { Authority } from '../authority.ts';
import type { Services } from '../services.ts';
import type { Storage } from '../storage.ts';
import type { Timeline } from '../timeline.ts';
import type { Certificate } from './certificates.ts';
import { isOf } from './certificates.ts';
import type { ManySetup } from './setup.ts';

const HOUR = 3600;
const KEY = 'certificate/';

interface Ordering {
  readonly setup: ManySetup;
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly authority: Authority;
  readonly services: Services;
  readonly storage: Storage;
  readonly certificates: readonly Certificate[];
}

export class OrderJudge {
  readonly #given: Ordering;
  readonly #issuances: ReadonlyMap<string, Issuance>;
  /** By certificate and generation: its orders. */
  readonly #orders = new Map<string, string[]>();
  readonly #known = new Set<string>();
  /** When the CA accepted new orders. */
  #accepted: number[] = [];

  constructor(given: Ordering) {
    const { setup, authority, services, chronicle } = given;
    this.#given = given;
    const judged = given.certificates.map(
      ({ name }) => [name, new Issuance((text) => chronicle.violate(`${name}: ${text}`))] as const,
    );
    this.#issuances = new Map(judged);
    authority.refuses = () => this.#limit();
    if (setup.clockSteps > 0 || setup.losses > 0) return;
    authority.judgeOrder = (leaf, now) => this.#issuanceOfKey(leaf.key)?.given(leaf, now);
    services.judgePlacing = (endpoint, key, tokens) => {
      const certificate = given.certificates.find((one) => isOf(one, endpoint));
      if (certificate === undefined) return;
      this.#issuances.get(certificate.name)?.placed(key, tokens, new Set());
      if (this.#given.storage.ownerOfKey(key) === certificate.name) return;
      chronicle.violate(`${endpoint.address} gets the key of another certificate: ${key}`);
    };
  }

  /** Its next order may follow at once. */
  excuse(name: string): void {
    this.#issuances.get(name)?.excuse();
  }

  #issuanceOfKey(key: string): Issuance | undefined {
    return this.#issuances.get(this.#given.storage.ownerOfKey(key) ?? '');
  }

  /** The CA counts the orders of its account. */
  #limit(): AppError | undefined {
    const { setup, timeline, chronicle } = this.#given;
    if (setup.limit === 0) return undefined;
    const now = timeline.now();
    this.#accepted = this.#accepted.filter((at) => at > now - HOUR);
    const [first] = this.#accepted;
    if (first === undefined || this.#accepted.length < setup.limit) {
      this.#accepted.push(now);
      return undefined;
    }
    chronicle.note('the CA refuses a new order: too many of the account');
    const notBefore = first + HOUR + timeline.clockError;
    const details = { scope: 'account', type: 'rateLimited', status: 429 };
    return new AppError('ACME_RATE_LIMITED', 'too many new orders', { notBefore, details });
  }

  /** A document was written: the order of a generation may be in it. */
  heed(key: string): void {
    const { storage, authority, chronicle } = this.#given;
    if (!key.startsWith(KEY)) return;
    const lineage = storage.document<Lineage>(key);
    for (const { number, orderUrl } of lineage?.generations ?? []) {
      if (orderUrl === undefined || this.#known.has(orderUrl)) continue;
      this.#known.add(orderUrl);
      const which = `${key} ${number}`;
      const orders = this.#orders.get(which) ?? [];
      const open = orders.find((url) => authority.statusOf(url) !== 'invalid');
      if (open !== undefined && this.#given.setup.losses === 0) {
        chronicle.violate(`two orders for generation ${number} of ${key}: ${open} and ${orderUrl}`);
      }
      this.#orders.set(which, [...orders, orderUrl]);
    }
  }

  /** A process ended in order: it has written down what it ordered. */
  judgeEnd(ordered: readonly string[]): void {
    const lost = ordered.filter((url) => !this.#known.has(url));
    if (lost.length > 0) this.#given.chronicle.violate(`orders are lost: ${lost.join(', ')}`);
  }
}
