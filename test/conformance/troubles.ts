// What a provider makes of everything that goes wrong on the way to an HTTP API and back.
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Fake, Trouble } from './fake.ts';
import type { FakeSide } from './side.ts';
import { OWNER, TTL, ZONE } from './subject.ts';
import type { Edit, Subject } from './subject.ts';

export function troubled(fake: Fake, subject: Subject<FakeSide>): void {
  const { main, one, two, foreign, apply, read, there, put } = subject;
  const failureOf = (trouble: Trouble, act: () => Promise<unknown>): Promise<AppError> => {
    subject.side.running.trouble = trouble;
    return subject.failureOf(act);
  };

  const never = new Set(fake.never);
  it.runIf(!never.has(401))('knows credentials that are not accepted', async () => {
    for (const status of [401, 403]) {
      const error = await failureOf({ on: 'any', how: { status } }, () => apply({ add: [one] }));
      expect(error).toMatchObject({ code: 'PROVIDER_AUTH', retry: false });
      expect(await there()).toEqual([]);
    }
  });

  it.runIf(!never.has(404)).each([400, 404, 409, 422])(
    'takes a refusal with %i for one, or for what it is',
    async (status) => {
      await put(foreign);
      subject.side.running.trouble = { on: 'write', how: { status } };
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
    'waits a little where it is asked to, and says when it takes longer',
    async () => {
      subject.side.running.trouble = {
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

  it.each<[string, Trouble['how']]>([
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

  it('finds a change done whose answer was lost', async () => {
    await put(foreign);
    const edit: Edit = { add: [one], expect: [foreign] };
    const error = await failureOf({ on: 'write', how: 'lost' }, () => apply(edit));
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
    expect(await apply(edit)).toBe('accepted');
    expect(await there()).toEqual(rdataSet([foreign, one]));
  });

  it('ends when it is told to', async () => {
    subject.side.running.trouble = { on: 'any', how: 'silent' };
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
    await expect(outcome).rejects.toThrow();
    expect(await there()).toEqual([]);
  });
}
