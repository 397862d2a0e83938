// The far side of a provider, as the suite needs it: a fake behind HTTP, or a server that is real.
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Fake, Running } from './fake.ts';
import { sortOf, startFake } from './fake.ts';
import type { FarSide } from './far-side.ts';

/** It has the zones example.org and sub.example.org, and no other. */
export interface Side {
  /** Options as the provider is opened with, secrets read. */
  readonly options: Readonly<Record<string, unknown>>;
  /** They must turn up in no error. */
  readonly secrets: readonly string[];
  /** What example.org holds, beside the provider's own word. */
  there(owner: Fqdn, type: RecordType): Promise<readonly RdataHex[]>;
  /** Adds a record to example.org. */
  put(rdata: RdataHex, owner: Fqdn, type: RecordType, ttl: number): Promise<void>;
  /** Grows with each change of example.org that somebody asks for. */
  writes(): Promise<number>;
  /** RRsets that were there, then were not: whoever asked at that moment found none. */
  emptied(): readonly string[];
  /** It does not sign that it has not a zone: for all that is known, somebody else said so. */
  readonly refusesUnsigned?: true;
  /** What DNS tells of it, where tests decide that. */
  readonly far?: FarSide;
  stop(): Promise<void>;
}

export interface FakeSide extends Side {
  readonly running: Running;
}

export async function fakeSide(fake: Fake): Promise<FakeSide> {
  const running = await startFake(fake);
  const zone = running.far.addZone('example.org');
  running.far.addZone('sub.example.org');
  return {
    ...{ running, far: running.far },
    options: fake.options(running.url),
    secrets: fake.secrets,
    there: (owner, type) =>
      Promise.resolve(rdataSet(running.far.records(zone, owner, type).map(({ rdata }) => rdata))),
    put(rdata, owner, type, ttl) {
      running.far.add(zone, owner, type, rdata, ttl);
      return Promise.resolve();
    },
    writes() {
      const asked = running.requests.filter((request) => sortOf(request, fake) === 'write');
      return Promise.resolve(asked.length);
    },
    emptied: () => running.far.emptied,
    stop: () => running.stop(),
  };
}
