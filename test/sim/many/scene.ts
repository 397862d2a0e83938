// Where the history of several certificates takes place, and what was there before.
import { fqdn } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import { lineageKey } from '../../../src/engine/state/memory.ts';
import { newLineage } from '../../../src/rollover/model.ts';
import type { Lineage } from '../../../src/rollover/model.ts';
import { shiftLineage, stepBetween } from '../../../src/rollover/record/clock-step.ts';
import { recordOf } from '../client.ts';
import { Judge } from '../judge.ts';
import { endpointAt } from '../services.ts';
import type { Endpoint } from '../services.ts';
import { START, Surroundings } from '../surroundings.ts';
import { createPki } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { algorithmAt, askedFor, certificatesOf, isOf } from './certificates.ts';
import type { Certificate, Place } from './certificates.ts';
import { OrderJudge } from './order-judge.ts';
import type { ManySetup } from './setup.ts';
import { SharedTimeline } from './shared-timeline.ts';
import { Latency } from './slow-ports.ts';

export class ManyScene extends Surroundings<SharedTimeline> {
  readonly setup: ManySetup;
  readonly pki = createPki();
  readonly certificates: readonly Certificate[];
  readonly hosts: readonly string[];
  readonly latency: Latency;
  readonly judge: Judge;
  readonly orders: OrderJudge;
  faulty = true;

  constructor(setup: ManySetup) {
    super(setup, new SharedTimeline(START), true);
    this.setup = setup;
    this.latency = new Latency(this.timeline, this.chance, setup.slow);
    this.certificates = certificatesOf(setup, this.chance);
    const places = this.certificates.flatMap((one) => one.places);
    this.hosts = [...new Set(places.map(({ host }) => host))];
    this.#putAliases(places);
    this.#settle();
    this.authority.faults = setup.caFaults;
    this.authority.judgeChallenge = (owner) =>
      this.chronicle.violate(`the CA was told before every server showed ${owner}`);
    this.orders = new OrderJudge(this);
    this.judge = new Judge(this, true);
    this.storage.whenWritten = (key) => {
      this.orders.heed(key);
      const owner = key.replace(/^owner\//, '');
      this.zone.saved(this.zone.aliases.get(owner) ?? owner);
    };
  }

  #putAliases(places: readonly Place[]): void {
    for (const [index, group] of this.setup.groups.entries()) {
      if (group !== 'alias') continue;
      for (const place of places) {
        if (!new RegExp(`^h${index}[.-]`).test(place.host)) continue;
        this.zone.aliases.set(askedFor(place), fqdn(`_dane-${index}.example.org`));
      }
    }
  }

  /** Where the records of a service are. */
  ownerAt(place: Place): Fqdn {
    const asked = askedFor(place);
    return this.zone.aliases.get(asked) ?? asked;
  }

  /** What was in place before holger was installed. */
  #settle(): void {
    const { endpoints, startTtl } = this.setup;
    const records = new Map<Fqdn, string[]>();
    const addresses = new Map<string, string>();
    for (const certificate of this.certificates) {
      for (const place of certificate.places) {
        const owner = this.ownerAt(place);
        for (let index = 0; index < endpoints; index += 1) {
          const which = `${place.host} ${index}`;
          const address = addresses.get(which) ?? `192.0.2.${addresses.size + 1}`;
          addresses.set(which, address);
          const tokens = this.#place({ ...place, address }, certificate);
          const known = records.get(owner) ?? [];
          records.set(owner, [...known, ...this.#recordsFor(owner, tokens)]);
        }
      }
    }
    for (const [owner, rdata] of records) {
      if (rdata.length === 0) continue;
      this.zone.change(owner, 'TLSA', rdata, startTtl, 'start');
      this.zone.forgetAbsence(owner);
    }
  }

  #place(
    { host, port, address }: Place & Pick<Endpoint, 'address'>,
    certificate: Certificate,
  ): readonly Token[] {
    const algorithm = algorithmAt(certificate);
    const number = this.services.endpoints.length + 1;
    const isNew = this.setup.newKind && algorithm === 'rsa';
    const tokens = isNew ? [] : this.authority.issue(`old-${number}`, [host]);
    const where = { host, port, address, algorithm, owner: this.ownerAt({ host, port }) };
    const { workers } = this.setup;
    this.services.endpoints.push(endpointAt(where, tokens, { workers }));
    return tokens;
  }

  #recordsFor(owner: Fqdn, [leaf, issuer]: readonly Token[]): readonly string[] {
    if (leaf === undefined || issuer === undefined) return [];
    const isAlias = [...this.zone.aliases.values()].includes(owner);
    // Where a CNAME leads, holger publishes nothing first: it may not know all services there.
    const start = isAlias && this.setup.start === 'absent' ? 'matching' : this.setup.start;
    const ofLeaf = recordOf(3, 1, 1, leaf);
    switch (start) {
      case 'absent':
        return [];
      case 'matching':
        return [ofLeaf];
      case 'both':
        return [ofLeaf, recordOf(3, 0, 1, leaf)];
      case 'authority':
        return [recordOf(2, 1, 1, issuer)];
    }
  }

  endpointsOf(certificate: Certificate): readonly Endpoint[] {
    return this.services.endpoints.filter((endpoint) => isOf(certificate, endpoint));
  }

  /** Everything works from now on. */
  heal(): void {
    this.faulty = false;
    this.timeline.clockError = 0;
    this.authority.faults = 0;
    this.timeline.advanceTo(this.timeline.now() + 600);
    this.zone.heal();
    this.services.heal();
    this.chronicle.note('all faults end');
  }

  lineageOf({ name }: Pick<Certificate, 'name'>): Lineage {
    const { storage, timeline } = this;
    const lineage = storage.document<Lineage>(lineageKey(name)) ?? newLineage(name);
    return shiftLineage(lineage, stepBetween(lineage.savedAt, timeline.clock().moment?.()));
  }
}
