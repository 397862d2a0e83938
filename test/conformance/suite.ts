// What every provider has to do, with any server. It names none of them.
import { describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../providers/_kit/kind.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import { fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Fake } from './fake.ts';
import { fakeSide } from './side.ts';
import type { FakeSide, Side } from './side.ts';
import { A, B, FOREIGN, subjectOf, TTL, ZONE } from './subject.ts';
import type { Edit, Subject } from './subject.ts';
import { handlesFaults } from './faults.ts';

const TXT = txtFromValue('some "quoted" value, with \\ and ; in it');
const LONG = txtFromValue('x'.repeat(300));

/** Against a fake, where every fault can be requested. */
export function conforms(kind: ProviderKind, fake: Fake): void {
  describe(kind.type, () => {
    const subject = subjectOf(kind, () => fakeSide(fake), fake.onlyAddsAt);
    behaves(kind, subject);
    readsAnySpelling(subject);
    handlesFaults(kind, fake, subject);
  });
}

/** On a real server: it makes no faults on request. */
export function conformsOn(name: string, kind: ProviderKind, start: () => Promise<Side>): void {
  describe(`${kind.type}, ${name}`, () => behaves(kind, subjectOf(kind, start)));
}

function behaves(kind: ProviderKind, subject: Subject<Side>): void {
  const { types, main, one, two, foreign, apply, read, there, put, failureOf } = subject;
  const { owner: OWNER, isFull } = subject;

  it('finds the closest zone, and none for others', async () => {
    const { provider, call } = subject;
    expect(await provider.findZone(OWNER, call)).toBe(ZONE);
    const others = [ZONE, fqdn('*.example.org'), fqdn('_25._tcp.mx1.sub.example.org')];
    const found = await Promise.all(others.map((name) => provider.findZone(name, call)));
    const zones = [ZONE, ZONE, fqdn('sub.example.org')];
    expect(found).toEqual(isFull ? zones : zones.map(() => undefined));
    expect(await provider.findZone(fqdn('mx1.other.test'), call)).toBeUndefined();
  });

  it('adds, reads back, and adds nothing twice', async () => {
    expect(await read()).toBeUndefined();
    expect(await apply({ add: [one] })).toBe('accepted');
    expect(await there()).toEqual([one]);
    const ttl = await subject.provider.ttlFor(ZONE, TTL, subject.call);
    expect(await read()).toEqual({ owner: OWNER, type: main, ttl, rdata: [one] });
    const writes = await subject.side.writes();
    // Where the server itself compares, it may not be any more what was judged.
    const outcomes = ['accepted', ...(kind.traits.conditional ? ['conflict'] : [])];
    expect(outcomes).toContain(await apply({ add: [one] }));
    expect(await subject.side.writes()).toBe(writes);
    expect(await there()).toEqual([one]);
  });

  it.runIf(isFull)('adds a second record beside the first, and removes one of two', async () => {
    await apply({ add: [one] });
    expect(await apply({ add: [two], expect: [one] })).toBe('accepted');
    expect(await there()).toEqual(rdataSet([one, two]));
    expect(await apply({ remove: [one], expect: [one, two] })).toBe('accepted');
    expect(await there()).toEqual([two]);
    expect(subject.side.emptied()).toEqual([]);
  });

  it.runIf(isFull)(
    'replaces a record by another, and at no moment the RRset is empty',
    async () => {
      await apply({ add: [one] });
      expect(await apply({ add: [two], remove: [one], expect: [one] })).toBe('accepted');
      expect(await there()).toEqual([two]);
      expect(subject.side.emptied()).toEqual([]);
    },
  );

  it.runIf(isFull)('removes the last record, and then the RRset does not exist', async () => {
    await apply({ add: [one, two] });
    expect(await apply({ remove: [one, two], expect: [one, two] })).toBe('accepted');
    expect(await there()).toEqual([]);
    expect(await read()).toBeUndefined();
  });

  it.runIf(isFull)('leaves foreign records, other types and other names alone', async () => {
    await put(foreign);
    const others = [fqdn('_25._tcp.mx2.example.org'), fqdn('mx1.example.org'), ZONE];
    for (const owner of others) await put(foreign, owner);
    await put(TXT, OWNER, 'TXT');
    if (main === 'TXT') await put(A, OWNER, 'TLSA');
    const before = main === 'TXT' ? [foreign, TXT] : [foreign];
    await apply({ add: [one], expect: before });
    await apply({ remove: [one], expect: [one, ...before] });
    for (const owner of others) expect(await there(owner)).toEqual([foreign]);
    expect(await there(OWNER, 'TXT')).toContain(TXT);
    expect(await there(OWNER, 'TLSA')).toEqual(main === 'TXT' ? [A] : [foreign]);
  });

  it('writes nothing where the RRset differs from what was judged', async () => {
    await put(foreign);
    const before = await there();
    expect(await apply({ add: [one] })).toBe('conflict');
    expect(await apply({ add: [one], remove: [two], expect: [two] })).toBe('conflict');
    expect(await there()).toEqual(before);
  });

  it.runIf(isFull && types.includes('TXT'))('has TXT at the apex and at a wildcard', async () => {
    const owners = [ZONE, fqdn('*.example.org'), fqdn('_acme-challenge.example.org')];
    for (const owner of owners) {
      const set: Edit = { owner, type: 'TXT' };
      await apply({ ...set, add: [TXT] });
      await apply({ ...set, add: [LONG], expect: [TXT] });
      expect(await there(owner, 'TXT')).toEqual(rdataSet([TXT, LONG]));
      expect((await read(owner, 'TXT'))?.rdata).toEqual(rdataSet([TXT, LONG]));
      await apply({ ...set, remove: [TXT], expect: [TXT, LONG] });
      expect(await there(owner, 'TXT')).toEqual([LONG]);
    }
  });

  it('reports which TTL results from a short one', async () => {
    const ttl = await subject.provider.ttlFor(ZONE, 1, subject.call);
    expect(ttl).toBeGreaterThanOrEqual(
      Math.max(1, kind.traits.ttl.zone ? 1 : kind.traits.ttl.least),
    );
    await apply({ add: [one], ttl: 1 });
    expect((await read())?.ttl).toBe(ttl);
  });

  it.runIf(kind.traits.ttl.zone === undefined)(
    'gives all records of the RRset the new TTL',
    async () => {
      await apply({ add: [one], ttl: 14_400 });
      await apply({ add: [two], ttl: 7200, expect: [one], expectTtl: 14_400 });
      expect(await read()).toMatchObject({ ttl: 7200, rdata: rdataSet([one, two]) });
      const all = { add: [foreign], remove: [one, two], expect: [one, two], expectTtl: 7200 };
      expect(await apply({ ...all, ttl: 14_400 })).toBe('accepted');
      expect(await read()).toMatchObject({ ttl: 14_400, rdata: [foreign] });
      expect(subject.side.emptied()).toEqual([]);
    },
  );

  it('does not write to a zone that it does not have', async () => {
    const other = { zone: fqdn('other.test'), owner: fqdn('mx1.other.test') };
    const error = await failureOf(() =>
      subject.provider.apply(
        { ...other, type: main, ttl: TTL, add: [one], remove: [], expect: [] },
        subject.call,
      ),
    );
    const code = subject.side.refusesUnsigned === true ? 'TSIG_FAILED' : 'UPDATE_REFUSED';
    expect(error).toMatchObject({ code });
    expect(error.message).toContain('other.test');
  });
}

function readsAnySpelling(subject: Subject<FakeSide>): void {
  const { types, apply, read, there, put, owner: OWNER } = subject;
  it.runIf(types.includes('TLSA'))('reads digests in upper case and with spaces', async () => {
    subject.side.running.far.shouts = true;
    await put(A, OWNER, 'TLSA');
    await put(FOREIGN, OWNER, 'TLSA');
    expect((await read(OWNER, 'TLSA'))?.rdata).toEqual(rdataSet([A, FOREIGN]));
    expect(await apply({ type: 'TLSA', add: [B], expect: [A, FOREIGN] })).toBe('accepted');
    expect(await there(OWNER, 'TLSA')).toEqual(rdataSet([A, B, FOREIGN]));
  });
}
