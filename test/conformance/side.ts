// The server of a provider, as the suite needs it: a fake behind HTTP, or a real server.
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Fake, Running } from './fake.ts';
import { sortOf, startFake } from './fake.ts';
import type { FarSide } from './far-side.ts';

/** It has the zones example.org and sub.example.org, and no other. */
export interface Side {
  /** Options with which the provider is opened, secrets read. */
  readonly options: Readonly<Record<string, unknown>>;
  /** No error may contain them. */
  readonly secrets: readonly string[];
  /** What example.org holds, read without the provider. */
  there(owner: Fqdn, type: RecordType): Promise<readonly RdataHex[]>;
  /** Adds a record to example.org. */
  put(rdata: RdataHex, owner: Fqdn, type: RecordType, ttl: number): Promise<void>;
  /** Grows with each requested change of example.org. */
  writes(): Promise<number>;
  /** RRsets that existed, then did not: a query at that moment found none. */
  emptied(): readonly string[];
  /**
   * It does not sign the answer that it does not have a zone: another party could have sent that.
   */
  readonly refusesUnsigned?: true;
  /** What DNS answers about it, where tests decide that. */
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
