// What every provider has to do, whoever is on the far side. It names none of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, EditOutcome } from '../../src/ports/provider.ts';
import type { Fake, Running, Trouble } from './fake.ts';
import { sortOf, startFake } from './fake.ts';
import { toolsFor } from './tools.ts';
import type { Sleeps } from './tools.ts';

const ZONE = fqdn('example.org');
const tlsa = (octet: string): RdataHex => `030101${octet.repeat(32)}`;
const [A, B, FOREIGN] = [tlsa('aa'), tlsa('bb'), `020101${'cd'.repeat(32)}`];
const TXT = txtFromValue('some "quoted" value, with \\ and ; in it');
const LONG = txtFromValue('x'.repeat(300));
const TTL = 7200;

interface Edit {
  readonly add?: readonly RdataHex[];
  readonly remove?: readonly RdataHex[];
  readonly expect?: readonly RdataHex[];
  readonly ttl?: number;
  readonly expectTtl?: number;
  readonly owner?: Fqdn;
  readonly type?: RecordType;
}

/** As long as an answer to a challenge (RFC 8555 §8.4). */
const answer = (text: string): RdataHex => txtFromValue(text.padEnd(43, '_'));

export function conforms(kind: ProviderKind, fake: Fake): void {
  const OWNER = fqdn(fake.onlyAddsAt ?? '_25._tcp.mx1.example.org');
  /** Whether it can do more than add. */
  const isFull = fake.onlyAddsAt === undefined;
  const types = kind.traits.types.filter((type) => type === 'TLSA' || type === 'TXT');
  const [main = 'TXT'] = types.includes('TLSA') ? (['TLSA'] as const) : types;
  const [one, two, foreign] =
    main === 'TLSA' ? [A, B, FOREIGN] : [answer('one'), answer('two'), answer('foreign')];
  let running: Running;
  let provider: DnsProvider;
  let sleeps: Sleeps;
  let closing: () => Promise<void>;
  let call: Call;

  async function open(): Promise<DnsProvider> {
    const { tools, slept, close } = toolsFor(running.far);
    sleeps = slept;
    closing = close;
    return kind.open(fake.options(running.url) as OptionValues<Options>, tools);
  }

  beforeEach(async () => {
    call = { signal: AbortSignal.timeout(20_000) };
    running = await startFake(fake);
    running.far.addZone('example.org');
    running.far.addZone('sub.example.org');
    provider = await open();
  });
  afterEach(async () => {
    await closing();
    await running.stop();
  });

  function apply(edit: Edit): Promise<EditOutcome> {
    const { owner = OWNER, type = main, ttl = TTL, add = [], remove = [], expect: was = [] } = edit;
    const expectTtl = edit.expectTtl === undefined ? {} : { expectTtl: edit.expectTtl };
    return provider.apply(
      { ...{ zone: ZONE, owner, type, ttl, add, remove, expect: was }, ...expectTtl },
      call,
    );
  }
  /** What the far side has, beside the provider's own word. */
  function there(owner = OWNER, type: RecordType = main): readonly RdataHex[] {
    const zone = running.far.zone('example.org');
    return zone === undefined
      ? []
      : rdataSet(running.far.records(zone, owner, type).map(({ rdata }) => rdata));
  }
  function put(rdata: RdataHex, owner = OWNER, type: RecordType = main, ttl = TTL): void {
    const zone = running.far.zone('example.org');
    if (zone !== undefined) running.far.add(zone, owner, type, rdata, ttl);
  }
  const read = (owner = OWNER, type: RecordType = main) => provider.read(ZONE, owner, type, call);
  /** The error that a call ends in; its text and everything in it hold no secret. */
  async function failureOf(trouble: Trouble, act: () => Promise<unknown>): Promise<AppError> {
    running.trouble = trouble;
    const error: unknown = await act().then(
      (outcome) => new Error(`it ended well: ${String(outcome)}`),
      (reason: unknown) => reason,
    );
    return withoutSecrets(error);
  }
  function withoutSecrets(error: unknown): AppError {
    if (!(error instanceof AppError)) throw error;
    const told = [error.message, error.hint, error.stack, JSON.stringify(error.details)].join('\n');
    for (const secret of fake.secrets) expect(told).not.toContain(secret);
    return error;
  }

  describe(kind.type, () => {
    it('finds the closest zone, and none for others', async () => {
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
      expect(there()).toEqual([one]);
      const ttl = await provider.ttlFor(ZONE, TTL, call);
      expect(await read()).toEqual({ owner: OWNER, type: main, ttl, rdata: [one] });
      const { length } = running.requests.filter((request) => isWrite(request));
      expect(await apply({ add: [one] })).toBe('accepted');
      expect(running.requests.filter((request) => isWrite(request))).toHaveLength(length);
      expect(there()).toEqual([one]);
    });

    it.runIf(isFull)('adds a second record beside the first, and removes one of two', async () => {
      await apply({ add: [one] });
      expect(await apply({ add: [two], expect: [one] })).toBe('accepted');
      expect(there()).toEqual(rdataSet([one, two]));
      expect(await apply({ remove: [one], expect: [one, two] })).toBe('accepted');
      expect(there()).toEqual([two]);
      expect(running.far.emptied).toEqual([]);
    });

    it.runIf(isFull)('replaces a record by another, and nobody finds the RRset empty', async () => {
      await apply({ add: [one] });
      expect(await apply({ add: [two], remove: [one], expect: [one] })).toBe('accepted');
      expect(there()).toEqual([two]);
      expect(running.far.emptied).toEqual([]);
    });

    it.runIf(isFull)('removes the last record, and what is gone is gone', async () => {
      await apply({ add: [one, two] });
      expect(await apply({ remove: [one, two], expect: [one, two] })).toBe('accepted');
      expect(there()).toEqual([]);
      expect(await read()).toBeUndefined();
    });

    it.runIf(isFull)('leaves foreign records, other types and other names alone', async () => {
      put(foreign);
      const others = [fqdn('_25._tcp.mx2.example.org'), fqdn('mx1.example.org'), ZONE];
      for (const owner of others) put(foreign, owner);
      put(TXT, OWNER, 'TXT');
      if (main === 'TXT') put(A, OWNER, 'TLSA');
      await apply({ add: [one], expect: main === 'TXT' ? [foreign, TXT] : [foreign] });
      await apply({
        remove: [one],
        expect: [one, ...(main === 'TXT' ? [foreign, TXT] : [foreign])],
      });
      for (const owner of others) expect(there(owner)).toEqual([foreign]);
      expect(there(OWNER, 'TXT')).toContain(TXT);
      expect(there(OWNER, 'TLSA')).toEqual(main === 'TXT' ? [A] : [foreign]);
    });

    it('writes nothing where the RRset is not what was judged', async () => {
      put(foreign);
      const before = there();
      expect(await apply({ add: [one] })).toBe('conflict');
      expect(await apply({ add: [one], remove: [two], expect: [two] })).toBe('conflict');
      expect(there()).toEqual(before);
    });

    it.runIf(kind.traits.conditional)(
      'is refused where the RRset changes between the look and the write',
      async () => {
        running.meanwhile = () => put(foreign);
        expect(await apply({ add: [one] })).toBe('conflict');
        expect(there()).toEqual([foreign]);
        running.meanwhile = () => put(two);
        expect(await apply({ add: [one], expect: [foreign] })).toBe('conflict');
        running.meanwhile = () => put(one);
        const both = [foreign, two];
        expect(await apply({ remove: both, expect: both })).toBe('conflict');
        expect(there()).toEqual(rdataSet([foreign, one, two]));
      },
    );

    it.runIf(types.includes('TLSA'))('reads digests in upper case and with spaces', async () => {
      running.far.shouts = true;
      put(A, OWNER, 'TLSA');
      put(FOREIGN, OWNER, 'TLSA');
      expect((await read(OWNER, 'TLSA'))?.rdata).toEqual(rdataSet([A, FOREIGN]));
      expect(await apply({ type: 'TLSA', add: [B], expect: [A, FOREIGN] })).toBe('accepted');
      expect(there(OWNER, 'TLSA')).toEqual(rdataSet([A, B, FOREIGN]));
    });

    it.runIf(isFull && types.includes('TXT'))('has TXT at the apex and at a wildcard', async () => {
      const owners = [ZONE, fqdn('*.example.org'), fqdn('_acme-challenge.example.org')];
      for (const owner of owners) {
        const set: Edit = { owner, type: 'TXT' };
        await apply({ ...set, add: [TXT] });
        await apply({ ...set, add: [LONG], expect: [TXT] });
        expect(there(owner, 'TXT')).toEqual(rdataSet([TXT, LONG]));
        expect((await read(owner, 'TXT'))?.rdata).toEqual(rdataSet([TXT, LONG]));
        await apply({ ...set, remove: [TXT], expect: [TXT, LONG] });
        expect(there(owner, 'TXT')).toEqual([LONG]);
      }
    });

    it('says which TTL it makes of a short one', async () => {
      const ttl = await provider.ttlFor(ZONE, 1, call);
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
        expect(running.far.emptied).toEqual([]);
      },
    );

    it('does not write to a zone that it has not', async () => {
      const other = { zone: fqdn('other.test'), owner: fqdn('mx1.other.test') };
      const error = await failureOf({ on: 'any', how: 'lost', after: 1000 }, () =>
        provider.apply(
          { ...other, type: main, ttl: TTL, add: [one], remove: [], expect: [] },
          call,
        ),
      );
      expect(error).toMatchObject({ code: 'UPDATE_REFUSED' });
      expect(error.message).toContain('other.test');
    });

    const never = new Set(fake.never);
    it.runIf(!never.has(401))('knows credentials that are not accepted', async () => {
      for (const status of [401, 403]) {
        const error = await failureOf({ on: 'any', how: { status } }, () => apply({ add: [one] }));
        expect(error).toMatchObject({ code: 'PROVIDER_AUTH', retry: false });
        expect(there()).toEqual([]);
      }
    });

    for (const { status, body, means } of fake.says ?? []) {
      it(`${status} with ${body} is ${means}`, async () => {
        const how = { status, body };
        const error = await failureOf({ on: 'write', how }, () => apply({ add: [one] }));
        expect(error.code).toBe(means);
        const isLimit = means === 'PROVIDER_LIMITED';
        if (isLimit) expect(error.notBefore).toBeGreaterThan(Date.now() / 1000);
        expect(there()).toEqual([]);
      });
    }

    it.runIf(!never.has(404)).each([400, 404, 409, 422])(
      'takes a refusal with %i for one, or for what it is',
      async (status) => {
        put(foreign);
        running.trouble = { on: 'write', how: { status } };
        const outcome = await apply({ add: [one], expect: [foreign] }).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof AppError) {
          expect(['UPDATE_REFUSED', 'PROVIDER_FAILED']).toContain(outcome.code);
        } else expect(outcome).toBe('conflict');
        expect(there()).toEqual([foreign]);
      },
    );

    it.runIf(!never.has(429))(
      'waits a little where it is asked to, and says when it takes longer',
      async () => {
        running.trouble = { on: 'write', how: { status: 429, headers: { 'retry-after': '3' } } };
        expect(await apply({ add: [one] })).toBe('accepted');
        expect(sleeps.some((seconds) => seconds > 2 && seconds <= 3)).toBe(true);
        const headers = { 'retry-after': '86400' };
        const error = await failureOf({ on: 'write', how: { status: 429, headers } }, () =>
          apply({ add: [two], expect: [one] }),
        );
        expect(error).toMatchObject({ code: 'PROVIDER_LIMITED', retry: true });
        expect(error.notBefore).toBeGreaterThan(Date.now() / 1000 + 80_000);
        expect(there()).toEqual([one]);
      },
    );

    it.runIf(isFull).each<[string, Trouble['how']]>([
      ['500', { status: 500, body: 'oops' }],
      ['503', { status: 503 }],
      ['no JSON', 'malformed'],
      ['an answer that ends in the middle', 'cut'],
    ])('does not take %s for an empty RRset', async (_, how) => {
      put(foreign);
      const error = await failureOf({ on: 'read', how }, () => read());
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
      const other = await failureOf({ on: 'read', how, after: 0 }, () =>
        apply({ add: [one], expect: [foreign] }),
      );
      expect(other).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
      expect(there()).toEqual([foreign]);
    });

    it.runIf(isFull)('takes what somebody else has just done for done', async () => {
      running.trouble = { on: 'write', how: 'twice' };
      expect(await apply({ add: [one] })).toBe('accepted');
      expect(there()).toEqual([one]);
      put(foreign);
      running.trouble = { on: 'write', how: 'twice' };
      expect(await apply({ remove: [foreign], expect: [one, foreign] })).toBe('accepted');
      expect(there()).toEqual([one]);
    });

    it('finds a change done whose answer was lost', async () => {
      put(foreign);
      const edit: Edit = { add: [one], expect: [foreign] };
      const error = await failureOf({ on: 'write', how: 'lost' }, () => apply(edit));
      expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
      expect(await apply(edit)).toBe('accepted');
      expect(there()).toEqual(rdataSet([foreign, one]));
    });

    it('ends when it is told to', async () => {
      running.trouble = { on: 'any', how: 'silent' };
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), 50);
      const edit = {
        zone: ZONE,
        owner: OWNER,
        type: main,
        ttl: TTL,
        add: [one],
        remove: [],
        expect: [],
      };
      const outcome = provider.apply(edit, { signal: stop.signal });
      const error = withoutSecrets(await outcome.catch((reason: unknown) => reason));
      expect(error).toMatchObject({ code: 'INTERRUPTED' });
      expect(there()).toEqual([]);
    });
  });

  function isWrite(request: Running['requests'][number]): boolean {
    return sortOf(request, fake) === 'write';
  }
}
