// What this process knows of an order and need not ask again. An order whose challenges all wait
// for an answer does not change by itself; what was read last stays true until something is sent.
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import type { OrderStatus } from '../ports/issuer.ts';
import type { Order } from './order.ts';

/** An order may have been answered by another process, before a crash: not longer than this. */
const KEPT: Seconds = 30;

interface Known {
  readonly order: Order;
  readonly at: Instant;
  /** It waits for us alone. */
  readonly waiting?: OrderStatus;
}

export class KnownOrders {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(order: Order): void {
    this.#known.set(order.url, { order, at: this.#clock.now() });
  }

  keepStatus(order: Order, status: OrderStatus): OrderStatus {
    if (waitsForUs(status)) {
      this.#known.set(order.url, { order, at: this.#clock.now(), waiting: status });
    }
    return status;
  }

  /** As it was read last, if it had this status. */
  order(url: string, status: OrderStatus['status']): Order | undefined {
    const known = this.#fresh(url);
    return known?.order.status === status ? known.order : undefined;
  }

  waiting(url: string): OrderStatus | undefined {
    return this.#fresh(url)?.waiting;
  }

  forget(url: string): void {
    this.#known.delete(url);
  }

  /** The CA was told to check it. */
  answered(authorization: string): void {
    for (const [url, { order }] of this.#known) {
      if (order.authorizations.includes(authorization)) this.#known.delete(url);
    }
  }

  #fresh(url: string): Known | undefined {
    const known = this.#known.get(url);
    if (known === undefined) return undefined;
    const age = this.#clock.now() - known.at;
    return age >= 0 && age < KEPT ? known : undefined;
  }
}

function waitsForUs({ status, challenges, validating }: OrderStatus): boolean {
  return (
    status === 'pending' &&
    validating !== true &&
    challenges.length > 0 &&
    challenges.every(({ problem, notBefore }) => problem === undefined && notBefore === undefined)
  );
}
