// How a provider handles everything that goes wrong on the way to an HTTP API and back.
import { expect, it } from 'vitest';
import type { ProviderKind } from '../../providers/_kit/kind.ts';
import { AppError } from '../../src/base/errors.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Fake, Fault } from './fake.ts';
import type { FakeSide } from './side.ts';
import { TTL, ZONE } from './subject.ts';
import type { Edit, Subject } from './subject.ts';

export function handlesFaults(kind: ProviderKind, fake: Fake, subject: Subject<FakeSide>): void {
  const { main, one, two, foreign, apply, read, there, put, owner: OWNER, isFull } = subject;
  const failureOf = (fault: Fault, act: () => Promise<unknown>): Promise<AppError> => {
    subject.side.running.fault = fault;
    return subject.failureOf(act);
  };

  const never = new Set(fake.never);
  it.runIf(!never.has(401))('recognises credentials that are not accepted', async () => {
    for (const status of [401, 403]) {
      const error = await failureOf({ on: 'any', how: { status } }, () => apply({ add: [one] }));
      expect(error).toMatchObject({ code: 'PROVIDER_AUTH', retry: false });
      expect(await there()).toEqual([]);
    }
  });

  for (const { status, body, means } of fake.says ?? []) {
    it(`${status} with ${body} is ${means}`, async () => {
      const how = { status, body };
      const error = await failureOf({ on: 'write', how }, () => apply({ add: [one] }));
      expect(error.code).toBe(means);
      const isLimit = means === 'PROVIDER_LIMITED';
      if (isLimit) expect(error.notBefore).toBeGreaterThan(Date.now() / 1000);
      expect(await there()).toEqual([]);
    });
  }

  it.runIf(kind.traits.conditional)(
    'is refused where the RRset changes between the sweep and the write',
    async () => {
      const { running } = subject.side;
      running.meanwhile = () => void put(foreign);
      expect(await apply({ add: [one] })).toBe('conflict');
      expect(await there()).toEqual([foreign]);
      running.meanwhile = () => void put(two);
      expect(await apply({ add: [one], expect: [foreign] })).toBe('conflict');
      running.meanwhile = () => void put(one);
      const both = [foreign, two];
      expect(await apply({ remove: both, expect: both })).toBe('conflict');
      expect(await there()).toEqual(rdataSet([foreign, one, two]));
    },
  );

  it.runIf(!never.has(404)).each([400, 404, 409, 422])(
    'reports a refusal with %i as one, or with its meaning',
    async (status) => {
      await put(foreign);
      subject.side.running.fault = { on: 'write', how: { status } };
      const outcome = await apply({ add: [one], expect: [foreign] }).catch(
        (error: unknown) => error,
      );
      if (outcome instanceof AppError) {
        expect(['UPDATE_REFUSED', 'PROVIDER_FAILED']).toContain(outcome.code);
      } else expect(outcome).toBe('conflict');
      expect(await there()).toEqual([foreign]);
    },
  );

  it.runIf(!never.has(429))(
    'waits a short time when asked to, and reports a longer one',
    async () => {
      subject.side.running.fault = {
        on: 'write',
        how: { status: 429, headers: { 'retry-after': '3' } },
      };
      expect(await apply({ add: [one] })).toBe('accepted');
      expect(subject.slept.some((seconds) => seconds > 2 && seconds <= 3)).toBe(true);
      const headers = { 'retry-after': '86400' };
      const error = await failureOf({ on: 'write', how: { status: 429, headers } }, () =>
        apply({ add: [two], expect: [one] }),
      );
      expect(error).toMatchObject({ code: 'PROVIDER_LIMITED', retry: true });
      expect(error.notBefore).toBeGreaterThan(Date.now() / 1000 + 80_000);
      expect(await there()).toEqual([one]);
    },
  );

  it.runIf(isFull).each<[string, Fault['how']]>([
    ['500', { status: 500, body: 'oops' }],
    ['503', { status: 503 }],
    ['no JSON', 'malformed'],
    ['an answer that ends in the middle', 'cut'],
  ])('does not take %s for an empty RRset', async (_, how) => {
    await put(foreign);
    const error = await failureOf({ on: 'read', how }, () => read());
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
    const other = await failureOf({ on: 'read', how, after: 0 }, () =>
      apply({ add: [one], expect: [foreign] }),
    );
    expect(other).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
    expect(await there()).toEqual([foreign]);
  });

  it.runIf(isFull)(
    'counts a change that another client has just made as made, or reads again',
    async () => {
      const twice = async (edit: Edit): Promise<void> => {
        subject.side.running.fault = { on: 'write', how: 'twice' };
        const first: unknown = await apply(edit).catch((error: unknown) => error);
        // No person is needed, and the next run finds it done.
        const again = first === 'conflict' || (first instanceof AppError && first.retry);
        expect(again ? 'accepted' : first).toBe('accepted');
        expect(await apply(edit)).toBe('accepted');
      };
      await twice({ add: [one] });
      expect(await there()).toEqual([one]);
      await put(foreign);
      await twice({ remove: [foreign], expect: [one, foreign] });
      expect(await there()).toEqual([one]);
    },
  );

  it('finds a change made whose answer was lost', async () => {
    await put(foreign);
    const edit: Edit = { add: [one], expect: [foreign] };
    const error = await failureOf({ on: 'write', how: 'lost' }, () => apply(edit));
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
    expect(await apply(edit)).toBe('accepted');
    expect(await there()).toEqual(rdataSet([foreign, one]));
  });

  it('ends when it is aborted', async () => {
    subject.side.running.fault = { on: 'any', how: 'silent' };
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
    const outcome = subject.provider.apply(edit, { signal: stop.signal });
    const error = subject.withoutSecrets(await outcome.catch((reason: unknown) => reason));
    expect(error).toMatchObject({ code: 'INTERRUPTED' });
    expect(await there()).toEqual([]);
  });
}
