// Services at one host each: endpoints with one or more processes behind each address, files,
// reloads that are late or fail.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { Probe } from '../../src/ports/probe.ts';
import type { DeployTarget } from '../../src/ports/target.ts';
import type { Chance } from './chance.ts';
import type { Served } from './client.ts';
import type { Timeline } from './timeline.ts';
import type { Token } from './tokens.ts';
import { derOf, pemOf, tokensOf } from './tokens.ts';

/** One process behind an address: it presents what it loaded until it loads again. */
export interface Worker {
  served: Served;
  /** Loads nothing on any reload. */
  hangs?: boolean;
}

interface Disk {
  readonly tokens: readonly Token[];
  /** -Infinity: another program placed it. */
  readonly placedAt: Instant;
  /** The key is gone, or is not for this certificate: nothing can be loaded. */
  readonly keyless?: true;
  /** When holger could first read that this is not what it had placed. */
  shownAt?: Instant;
}

/** What happens to a target, or to its configuration. */
export type TargetFault =
  'moved' | 'keyless' | 'reload-fails' | 'folder-gone' | 'overwritten' | 'deleted';

export interface Endpoint {
  readonly host: string;
  /** 25 by default. */
  readonly port?: number;
  readonly owner: Fqdn;
  readonly address: string;
  /**
   * The kind of its keys, ECDSA by default. With a certificate of each kind there are two at one
   * address, and a client may choose either.
   */
  readonly algorithm?: 'ecdsa' | 'rsa';
  /** Keys of the CAs that its clients trust; none: they are mail servers. */
  readonly roots: readonly string[];
  readonly workers: readonly Worker[];
  /** The files from which it loads. */
  disk: Disk;
  /**
   * Where the configuration says that they are placed; if that is not where it loads them, it is
   * wrong.
   */
  path: string;
  /** The files at the wrong places. */
  readonly elsewhere: Map<string, readonly Token[]>;
  /** The folder is gone, until a person makes it again. */
  folderGone: boolean;
  /** Loads the leaf and nothing else. */
  readonly leafOnly: boolean;
  /** STARTTLS is switched off. */
  tls: boolean;
  /** Its target can be read. */
  readonly readable: boolean;
  turn: number;
  silentUntil: Instant;
  reloadFailsUntil: Instant;
  /** Reloads succeed and load nothing before this time. */
  stuckUntil: Instant;
  /** Its files cannot be written before this time. */
  readOnlyUntil: Instant;
}

/** The id of the service that an endpoint belongs to. */
export function serviceAt({ host, port = 25 }: Pick<Endpoint, 'host' | 'port'>): string {
  return `smtp://${host}:${port}`;
}

const algorithmOf = ({ algorithm = 'ecdsa' }: Endpoint): 'ecdsa' | 'rsa' => algorithm;

/** An endpoint that works. */
export function endpointAt(
  place: Pick<Endpoint, 'host' | 'port' | 'owner' | 'address' | 'algorithm'>,
  tokens: readonly Token[],
  {
    workers = 1,
    leafOnly = false,
    tls = true,
    readable = true,
    roots = [] as readonly string[],
  } = {},
): Endpoint {
  const served: Served = !tls ? 'no-tls' : leafOnly ? tokens.slice(0, 1) : tokens;
  return {
    ...place,
    roots,
    workers: Array.from({ length: workers }, () => ({ served })),
    disk: { tokens, placedAt: -Infinity },
    path: '',
    elsewhere: new Map(),
    folderGone: false,
    leafOnly,
    tls,
    readable,
    turn: 0,
    silentUntil: -Infinity,
    reloadFailsUntil: -Infinity,
    stuckUntil: -Infinity,
    readOnlyUntil: -Infinity,
  };
}

export interface ServiceFaults {
  /** How long a process takes to load after a reload. */
  readonly reloadTakes: Seconds;
  /** That a process does not load at all before it is restarted. */
  readonly stuck: number;
  readonly loss: number;
}

export interface SwitchJudge {
  /** `toldAt`: when holger reloaded it, if it did. */
  (endpoint: Endpoint, before: Served, after: Served, toldAt?: Instant): void;
}

export class Services {
  readonly endpoints: Endpoint[] = [];
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  #faults: ServiceFaults;
  judgeSwitch: SwitchJudge = () => undefined;
  /** Called for every pair that holger places. */
  judgePlacing: (endpoint: Endpoint, key: string, tokens: readonly Token[]) => void = () =>
    undefined;

  constructor(timeline: Timeline, chance: Chance, faults: ServiceFaults) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#faults = faults;
  }

  heal(): void {
    this.#faults = { reloadTakes: 2, stuck: 0, loss: 0 };
    for (const endpoint of this.endpoints) {
      endpoint.silentUntil = -Infinity;
      endpoint.reloadFailsUntil = -Infinity;
      endpoint.readOnlyUntil = -Infinity;
      this.mend(endpoint);
      this.switchOn(endpoint);
      for (const worker of endpoint.workers) this.#load(endpoint, worker);
    }
  }

  switchOn(endpoint: Endpoint): void {
    if (endpoint.tls) return;
    endpoint.tls = true;
    this.restart(endpoint);
  }

  restart(endpoint: Endpoint): void {
    for (const worker of endpoint.workers) this.#load(endpoint, worker);
  }

  /** What a person has to fix: holger does the rest. */
  mend(endpoint: Endpoint): void {
    endpoint.path = '';
    endpoint.folderGone = false;
    endpoint.reloadFailsUntil = -Infinity;
  }

  /** `tokens`: what is placed there. */
  spoil(endpoint: Endpoint, fault: TargetFault, tokens: readonly Token[]): void {
    const { disk } = endpoint;
    switch (fault) {
      case 'moved':
        endpoint.path = ` (wrong ${endpoint.elsewhere.size})`;
        endpoint.elsewhere.set(endpoint.path, []);
        return;
      case 'reload-fails':
        endpoint.reloadFailsUntil = Infinity;
        return;
      case 'keyless':
        endpoint.disk = { ...disk, keyless: true };
        return;
      case 'folder-gone':
        endpoint.folderGone = true;
        endpoint.disk = { ...disk, tokens: [] };
        return;
      case 'deleted':
        endpoint.disk = { ...disk, tokens: [] };
        return;
      case 'overwritten':
        endpoint.disk = { tokens, placedAt: -Infinity };
    }
  }

  #load(endpoint: Endpoint, worker: Worker, toldAt?: Instant): void {
    const before = worker.served;
    const { tokens, keyless } = endpoint.disk;
    // It logs an error, and keeps what it has.
    if (endpoint.tls && (tokens.length === 0 || keyless === true)) return;
    const after: Served = !endpoint.tls
      ? 'no-tls'
      : endpoint.leafOnly
        ? tokens.slice(0, 1)
        : tokens;
    worker.served = after;
    this.judgeSwitch(endpoint, before, after, toldAt);
  }

  /** Another person places a chain there and restarts the service. */
  loadByHand(endpoint: Endpoint, tokens: readonly Token[]): void {
    endpoint.disk = { tokens, placedAt: -Infinity };
    this.restart(endpoint);
  }

  /** `isElsewhere`: on a machine that gets each generation before it loads it. */
  target(endpoint: Endpoint, alive: () => void, isElsewhere = false): DeployTarget {
    const timeline = this.#timeline;
    const chance = this.#chance;
    // As configured when the process began.
    const { path } = endpoint;
    /** What holger may know of the files there. */
    const lies = (): Disk => {
      if (path !== '') {
        return { tokens: endpoint.elsewhere.get(path) ?? [], placedAt: timeline.now() };
      }
      const { disk } = endpoint;
      if (isKnown(disk) && disk.placedAt === -Infinity) disk.shownAt ??= timeline.now();
      return disk;
    };
    const isKnown = ({ placedAt }: Disk): boolean => endpoint.readable || placedAt > -Infinity;
    const isGone = (): boolean => path === '' && endpoint.folderGone;
    const gone = `the folder of ${endpoint.address} is gone`;
    const where = `${nameOf(endpoint)}${path}`;
    const isDown = (): boolean => isElsewhere && timeline.now() < endpoint.silentUntil;
    const reach = (): void => {
      alive();
      if (isDown()) throw new AppError('DEPLOY_FAILED', `no connection to ${endpoint.address}`);
    };
    const write = (): void => {
      reach();
      timeline.take(chance.between(0, 0.2));
      alive();
      if (timeline.now() < endpoint.readOnlyUntil) {
        throw new AppError('DEPLOY_FAILED', `the disk of ${endpoint.address} is read-only`);
      }
      if (isGone()) throw new AppError('DEPLOY_FAILED', gone);
    };
    return {
      id: where,
      reads: [where],
      label: `files of ${where}`,
      ...(isElsewhere && {
        stage: () => {
          write();
          return Promise.resolve();
        },
      }),
      place: ({ pems }) => {
        write();
        const tokens = tokensOf(pems.fullchain);
        this.judgePlacing(endpoint, pems.privkey ?? '', tokens);
        if (path !== '') {
          endpoint.elsewhere.set(path, tokens);
          return Promise.resolve();
        }
        const { disk } = endpoint;
        if (disk.keyless === true || disk.tokens[0]?.serial !== tokens[0]?.serial) {
          endpoint.disk = { tokens, placedAt: timeline.now() };
        }
        return Promise.resolve();
      },
      reload: async () => {
        reach();
        if (timeline.now() < endpoint.reloadFailsUntil) {
          throw new AppError('RELOAD_FAILED', `${endpoint.address} did not reload`);
        }
        // With a target at another place it knows nothing of what the service loads.
        const toldAt = path === '' ? timeline.now() : undefined;
        for (const worker of endpoint.workers) {
          if (worker.hangs === true || timeline.now() < endpoint.stuckUntil) continue;
          if (chance.happens(this.#faults.stuck)) continue;
          const load = (): void => this.#load(endpoint, worker, toldAt);
          timeline.in(chance.between(0, this.#faults.reloadTakes), load);
        }
        timeline.take(chance.between(0, 1));
        alive();
        return Promise.resolve();
      },
      placed: () => {
        reach();
        if (isGone()) throw new AppError('DEPLOY_FAILED', gone);
        const disk = lies();
        const { tokens } = disk;
        const isThere = isKnown(disk) && tokens.length > 0;
        return Promise.resolve(isThere ? [{ place: where, pem: pemOf(tokens) }] : []);
      },
      differences: ({ pems }) => {
        alive();
        if (isDown()) return Promise.resolve(undefined);
        if (isGone()) return Promise.resolve([gone]);
        const disk = lies();
        if (!isKnown(disk)) return Promise.resolve([]);
        if (disk.keyless === true) return Promise.resolve(['the key is gone']);
        const same = disk.tokens[0]?.serial === tokensOf(pems.fullchain)[0]?.serial;
        return Promise.resolve(same ? [] : ['the files are of another certificate']);
      },
    };
  }

  probe(alive: () => void): Probe {
    const timeline = this.#timeline;
    const chance = this.#chance;
    return {
      handshake: ({ address, port }, seen) => {
        alive();
        timeline.take(chance.happens(0.5) ? chance.between(0, 0.3) : 0);
        alive();
        const here = this.endpoints.filter(
          (one) => one.address === address && (one.port ?? 25) === port,
        );
        const [first] = here;
        if (
          first === undefined ||
          timeline.now() < first.silentUntil ||
          chance.happens(this.#faults.loss)
        ) {
          return Promise.resolve({ status: 'timeout', detail: 'no answer' });
        }
        const endpoint = here.find(
          (one) => !seen.includes(algorithmOf(one)) && one.workers[0]?.served.length !== 0,
        );
        if (endpoint === undefined) {
          return Promise.resolve(
            first.tls
              ? { status: 'no-certificate', detail: 'no other kind' }
              : { status: 'no-tls', detail: 'no STARTTLS' },
          );
        }
        // The processes answer in turn: no number of handshakes would find one that never answers.
        endpoint.turn = (endpoint.turn + 1) % endpoint.workers.length;
        const served = endpoint.workers[endpoint.turn]?.served ?? 'no-tls';
        if (served === 'no-tls') {
          return Promise.resolve({ status: 'no-tls', detail: 'no STARTTLS' });
        }
        return Promise.resolve({
          status: 'presented',
          algorithm: algorithmOf(endpoint),
          certificates: served.map((token) => fromHex(derOf(token))),
        });
      },
    };
  }
}

/** Different for every endpoint. */
function nameOf({ address, port, algorithm }: Endpoint): string {
  return [address, ...(port === undefined ? [] : [`:${port}`]), algorithm ?? []].flat().join(' ');
}
