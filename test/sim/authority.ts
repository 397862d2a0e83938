// A CA that signs below a random intermediate, sometimes refuses, and asks every name server before
// it accepts a challenge.
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Issuer, OrderStatus, RenewalWindow } from '../../src/ports/issuer.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';
import type { Token } from './tokens.ts';
import { pemOf, tokenOf } from './tokens.ts';

const YEARS = 10 * 365 * 86_400;

/** One name of an order. */
interface Proof {
  /** Without "*.". */
  readonly domain: string;
  readonly value: string;
  isProven?: true;
}

interface Order {
  status: OrderStatus['status'];
  readonly proofs: readonly Proof[];
  problem?: string | undefined;
  chain?: readonly Token[];
}

export interface AuthorityOptions {
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** Seconds for which a certificate is valid. */
  readonly lifetime: number;
  /** Whether chains hold the root too. */
  readonly withRoot: boolean;
  /** Another CA than the first: its directory, and what its intermediates are called. */
  readonly other?: { readonly directory: string; readonly prefix: string };
  /** Every name of an order is to be proven, and not the first one alone. */
  readonly provesAll?: boolean;
  /** Whether every address serves this value. */
  readonly served: (owner: string, value: string) => boolean;
}

export class Authority {
  readonly #options: AuthorityOptions;
  readonly #orders = new Map<string, Order>();
  readonly intermediates: readonly Token[];
  readonly #root: Token;
  #serial: number;
  /** How often it fails. */
  faults = 0;
  /** Its answer to everything. */
  failure: AppError | undefined;
  /** Its answer to a request for a certificate with this key. */
  refusesKey: (key: string) => AppError | undefined = () => undefined;
  /** Called for every certificate. */
  whenIssued: (leaf: Token) => void = () => undefined;
  /** From when to when a certificate is valid that is issued now. */
  dates: (now: number) => { readonly from: number; readonly to: number };
  /** Which names a certificate gets. */
  names: (domains: readonly string[]) => readonly string[] = (domains) => domains;
  /** Its answer about the renewal of a certificate; undefined: it has no renewal information. */
  window: (leaf: Token, now: number) => RenewalWindow | undefined = () => undefined;
  /** Its answer to a new order. */
  refuses: (domains: readonly string[]) => AppError | undefined = () => undefined;
  /**
   * Its answer after it looked for a record, when it waits for another one; undefined: it is
   * satisfied, or refuses permanently.
   */
  complains: (owner: string, now: number) => string | undefined = () => undefined;
  /** When it was told that a record is published. */
  readonly told: number[] = [];
  /** When it got an order, and when it issued a certificate. */
  readonly asked: number[] = [];
  readonly given: number[] = [];
  /** Called for every certificate of an order. */
  judgeOrder: (leaf: Token, now: number) => void = () => undefined;
  /** Serial numbers of what was revoked, by itself or on request. */
  readonly revoked = new Set<number>();
  /** Which intermediate signs. */
  signer: () => Token;
  /** Called when holger asked for validation before every server served the record. */
  judgeChallenge: (owner: string) => void = () => undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    const from = options.timeline.now() - YEARS;
    const dates = { from, to: from + 2 * YEARS, names: [], ca: true };
    this.#root = { serial: 1, key: 'root', signer: 'root', ...dates };
    this.dates = (now) => ({ from: now - 60, to: now - 60 + options.lifetime });
    this.signer = () => options.chance.pick(this.intermediates);
    const { prefix = 'X' } = options.other ?? {};
    // Certificates are told apart by their serial number.
    this.#serial = options.other === undefined ? 1000 : 500_000;
    this.intermediates = [1, 2, 3].map((number) => ({
      serial: this.#serial - 999 + number,
      key: `${prefix}${number}`,
      signer: 'root',
      ...dates,
    }));
  }

  issue(key: string, names: readonly string[]): readonly Token[] {
    const { timeline, withRoot } = this.#options;
    const issuer = this.signer();
    this.#serial += 1;
    const leaf: Token = {
      serial: this.#serial,
      key,
      signer: issuer.key,
      names,
      ...this.dates(timeline.now()),
      ca: false,
    };
    this.whenIssued(leaf);
    return withRoot ? [leaf, issuer, this.#root] : [leaf, issuer];
  }

  /** What has become of an order. */
  statusOf(url: string): OrderStatus['status'] | undefined {
    return this.#orders.get(url)?.status;
  }

  issuer(alive: () => void): Issuer {
    const { timeline, chance } = this.#options;
    const visit = (): void => {
      alive();
      timeline.take(chance.between(0, 1));
      alive();
      if (this.failure !== undefined) throw this.failure;
      if (chance.happens(this.faults)) {
        throw new AppError('ACME_UNREACHABLE', 'the CA does not answer');
      }
    };
    const find = (url: string): Order => {
      const order = this.#orders.get(url);
      if (order === undefined) throw new AppError('ACME_PROBLEM', 'no such order');
      return order;
    };
    const show = (url: string): OrderStatus => {
      const { status, proofs, problem } = find(url);
      const open = status === 'pending' ? proofs.filter(({ isProven }) => isProven !== true) : [];
      const challenges = open.map(({ domain, value }) => ({
        identifier: domain,
        authorizationUrl: `${url}/authz`,
        challengeUrl: `${url}#${value}`,
        owner: fqdn(`_acme-challenge.${domain}`),
        value,
        ...(problem === undefined ? {} : { problem }),
      }));
      return { url, status, challenges };
    };
    return {
      directory: this.#options.other?.directory ?? 'sim:ca',
      newOrder: async ({ domains }) => {
        visit();
        this.asked.push(timeline.now());
        const refusal = this.refuses(domains);
        if (refusal !== undefined) throw refusal;
        const url = `sim:order/${this.#orders.size}`;
        const proven = this.#options.provesAll === true ? domains : domains.slice(0, 1);
        const proofs = proven.map((domain, at) => ({
          domain: domain.replace(/^\*\./, ''),
          value: `value-${this.#orders.size}${at === 0 ? '' : `-${at}`}`,
        }));
        this.#orders.set(url, { status: 'pending', proofs });
        return Promise.resolve(show(url));
      },
      lookAtOrder: async (url) => {
        visit();
        return Promise.resolve(show(url));
      },
      answerChallenge: async (challenge) => {
        visit();
        const [url = '', value] = challenge.challengeUrl.split('#');
        const order = find(url);
        const proof = order.proofs.find((one) => one.value === value);
        this.told.push(timeline.now());
        order.problem = this.complains(challenge.owner, timeline.now());
        if (order.problem !== undefined) return Promise.resolve(undefined);
        const seen = this.#options.served(challenge.owner, challenge.value);
        if (!seen) this.judgeChallenge(challenge.owner);
        const isProven = seen && !chance.happens(this.faults);
        timeline.in(chance.between(0, 5), () => {
          if (proof !== undefined && isProven) proof.isProven = true;
          if (order.status !== 'pending') return;
          if (!isProven) order.status = 'invalid';
          else if (order.proofs.every((one) => one.isProven)) order.status = 'ready';
        });
        return Promise.resolve(undefined);
      },
      finalize: async (url, csr) => {
        visit();
        const order = find(url);
        const request = JSON.parse(new TextDecoder().decode(csr)) as {
          key: string;
          domains: string[];
        };
        const refusal = this.refusesKey(request.key);
        if (refusal !== undefined) throw refusal;
        order.status = 'processing';
        timeline.in(chance.between(0, 5), () => {
          this.given.push(timeline.now());
          if (order.chain === undefined) {
            order.chain = this.issue(request.key, this.names(request.domains));
            const [leaf] = order.chain;
            if (leaf !== undefined) this.judgeOrder(leaf, timeline.now());
          }
          order.status = 'valid';
        });
        return Promise.resolve(show(url));
      },
      download: async (url) => {
        visit();
        return Promise.resolve(pemOf(find(url).chain ?? []));
      },
      renewalInfo: (certId) => {
        alive();
        return Promise.resolve(this.window(tokenOf(certId), timeline.now()));
      },
      revoke: async ({ certificateDer }) => {
        visit();
        this.revoked.add(tokenOf(Buffer.from(certificateDer).toString('hex')).serial);
        return Promise.resolve();
      },
    };
  }
}
