// What happens beside holger: people edit zones and move services, machines fail, clocks are set,
// the CA revokes, and the operator requests operations.
import type { Operation } from '../../src/engine/world.ts';
import { recordOf } from './client.ts';
import { shorts } from './judge.ts';
import type { Scene } from './scene.ts';
import type { Endpoint, TargetFault } from './services.ts';
import { pemOf, tokenOf } from './tokens.ts';
import type { Token } from './tokens.ts';

const FAULTS = [
  'moved',
  'keyless',
  'reload-fails',
  'folder-gone',
  'overwritten',
  'deleted',
] as const;

export class Events {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.timeline.whileAsleep = () => this.people();
  }

  /** A person edits the zone by hand, or moves a service. */
  people(): void {
    const { setup, chance, zone, services, authority, chronicle, faulty } = this.#scene;
    if (!faulty || !chance.happens(setup.people)) return;
    const endpoint = chance.pick(services.endpoints);
    const { owner } = endpoint;
    const { rdata, ttl } = zone.current(owner, 'TLSA');
    const served = chance.pick(endpoint.workers).served;
    const tokens: readonly Token[] =
      served === 'no-tls' || chance.happens(0.3)
        ? authority.issue('foreign', [endpoint.host])
        : served;
    const [leaf] = tokens;
    const issuer = chance.pick(authority.intermediates);
    if (leaf === undefined) return;
    const act = chance.pick(['add', 'add', 'remove', 'ttl', 'wipe'] as const);
    const record = chance.pick([
      recordOf(3, 1, 1, leaf),
      recordOf(3, 0, 1, leaf),
      recordOf(3, 1, 2, leaf),
      recordOf(2, 1, 1, issuer),
      recordOf(2, 0, 1, issuer),
    ]);
    const change = (next: readonly string[], newTtl: number): void => {
      zone.change(owner, 'TLSA', next, newTtl, 'people');
      chronicle.note(`people: ${act} at ${owner}: [${shorts(next)}] TTL ${newTtl}`);
    };
    if (act === 'add') change([...rdata, record], rdata.length === 0 ? 300 : ttl);
    else if (rdata.length === 0) return;
    else if (act === 'ttl') change(rdata, chance.pick([30, 300, 3600]));
    else if (act === 'wipe' && chance.happens(0.2)) change([], ttl);
    else {
      const gone = chance.pick(rdata);
      change(
        rdata.filter((item) => item !== gone),
        ttl,
      );
    }
  }

  mishaps(): void {
    const { setup, chance, zone, services, timeline, chronicle } = this.#scene;
    const { loss, restarts, stuck, withoutTls, rollbackAfter } = setup;
    if (loss > 0 && chance.happens(0.2)) {
      zone.silence(Math.floor(chance.between(0, 9)), chance.between(0, 7200));
    }
    const endpoint = chance.pick(services.endpoints);
    const now = timeline.now();
    if (loss > 0 && chance.happens(0.1)) endpoint.silentUntil = now + chance.between(0, 7200);
    if (stuck > 0 && chance.happens(0.1)) endpoint.reloadFailsUntil = now + chance.between(0, 3600);
    if (rollbackAfter >= 0 && chance.happens(0.4)) {
      endpoint.readOnlyUntil = now + chance.between(0, 7200);
    }
    if (restarts && chance.happens(0.4)) {
      timeline.in(chance.between(0, 600), () => services.restart(endpoint));
    }
    if (withoutTls > 0 && chance.happens(0.1)) services.switchOn(endpoint);
    if (chance.mayHappen(setup.targets)) this.spoil(endpoint);
    if (chance.mayHappen(setup.targets)) services.mend(endpoint);
    if (chance.mayHappen(setup.revokes)) this.recall(chance.pick([-1, -1, -2, -3]));
    if (setup.assumedTtl > 0 && chance.happens(setup.losses)) this.#loseDocuments();
    if (chance.happens(setup.clockSteps)) {
      timeline.clockError = chance.between(-86_400, 86_400);
      chronicle.note(`the clock is off by ${timeline.clockError.toFixed(0)} s`);
    }
  }

  #loseDocuments(): void {
    const { chance, storage, chronicle } = this.#scene;
    chronicle.note('the documents are lost');
    if (chance.happens(0.5)) storage.loseDocuments();
    else storage.truncateDocuments();
  }

  spoil(endpoint: Endpoint): void {
    const { chance, services, authority, chronicle } = this.#scene;
    const fault = chance.pick<TargetFault>(FAULTS);
    // A backup that is restored, or a foreign certificate.
    const { generations } = this.#scene.lineage();
    const pem =
      generations.length > 0 && chance.happens(0.5) ? chance.pick(generations).chain : undefined;
    const tokens =
      pem === undefined
        ? authority.issue('foreign', [endpoint.host])
        : pem.certificates.map(({ der }) => tokenOf(der));
    chronicle.note(`${fault} at ${endpoint.address}`);
    services.spoil(endpoint, fault, tokens);
  }

  /** The CA revokes a certificate by itself: the newest generation, or one before it. */
  recall(which: number): void {
    const { authority, chronicle } = this.#scene;
    const leaf = this.#scene.lineage().generations.at(which)?.chain?.certificates[0];
    if (leaf === undefined) return;
    const { serial } = tokenOf(leaf.der);
    chronicle.note(`the CA revokes number ${serial}`);
    authority.revoked.add(serial);
  }

  /** What the operator requests with the `count`-th process, if anything. */
  order(count: number): Operation | undefined {
    const { setup, chance, zone, services } = this.#scene;
    const [first] = services.endpoints;
    if (count === 0 && setup.adopts && first !== undefined) {
      const { tokens } = first.disk;
      return { kind: 'adopt', privkeyPem: tokens[0]?.key ?? '', chainPem: pemOf(tokens) };
    }
    if (!chance.happens(setup.orders)) return undefined;
    const address = chance.pick([
      ...zone.addresses.map((server) => server.address),
      ...services.endpoints.map((endpoint) => endpoint.address),
    ]);
    return chance.pick<Operation>([
      { kind: 'rollback' },
      { kind: 'emergency', records: 'keep' },
      { kind: 'emergency', records: 'withdraw' },
      { kind: 'off' },
      { kind: 'on' },
      { kind: 'forget', address },
    ]);
  }
}
