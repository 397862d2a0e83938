// What is asked once for many.
import { expect, test } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { Lookup } from '../../src/ports/resolver.ts';
import { firstOf } from '../../src/resolver/first-of.ts';
import { shareLookUps } from '../../src/resolver/shared-look-ups.ts';

const zone = fqdn('example.org');
const absent: Lookup = { status: 'nodata', aliases: [], authentic: true };
const failed: Lookup = { status: 'timeout', detail: 'nothing came' };

function resolver(answers: readonly Lookup[] = []) {
  const asked: string[] = [];
  const time = { now: 1000 };
  const left = [...answers];
  const clock = { now: () => time.now, sleep: () => Promise.resolve() };
  const lookUp = shareLookUps((name, type) => {
    asked.push(`${name} ${type}`);
    return Promise.resolve(left.shift() ?? absent);
  }, clock);
  return { asked, time, lookUp };
}

test('certificates of one zone share the answer about its name servers for seconds', async () => {
  const { asked, time, lookUp } = resolver();
  await Promise.all([1, 2, 3].map(() => lookUp(zone, 'NS', {})));
  time.now += 2;
  await lookUp(zone, 'NS', {});
  expect(asked).toHaveLength(1);
  time.now += 2;
  await lookUp(zone, 'NS', {});
  expect(asked).toHaveLength(2);
});

test('a clock that is set back does not keep an answer', async () => {
  const { asked, time, lookUp } = resolver();
  await lookUp(zone, 'SOA', {});
  time.now -= 3600;
  await lookUp(zone, 'SOA', {});
  expect(asked).toHaveLength(2);
});

test('what records say is asked anew each time, and so is what does not validate', async () => {
  const { asked, lookUp } = resolver();
  for (const type of ['TLSA', 'TXT', 'CNAME'] as const) {
    await lookUp(zone, type, {});
    await lookUp(zone, type, {});
  }
  await lookUp(zone, 'SOA', {}, { checkingDisabled: true });
  await lookUp(zone, 'SOA', {}, { checkingDisabled: true });
  expect(asked).toHaveLength(8);
});

test('a failure is not shared', async () => {
  const { asked, lookUp } = resolver([failed, absent]);
  const [first, second] = await Promise.all([lookUp(zone, 'NS', {}), lookUp(zone, 'NS', {})]);
  expect([first.status, second.status]).toEqual(['timeout', 'nodata']);
  expect(asked).toHaveLength(2);
});

test('the end of a caller is not an answer for another one', async () => {
  const gone = new Error('interrupted');
  let asked = 0;
  const lookUp = shareLookUps(
    () => (asked++ === 0 ? Promise.reject(gone) : Promise.resolve(absent)),
    { now: () => 0, sleep: () => Promise.resolve() },
  );
  const [first, second] = await Promise.allSettled([
    lookUp(zone, 'NS', {}),
    lookUp(zone, 'NS', {}),
  ]);
  expect(first).toMatchObject({ status: 'rejected', reason: gone });
  expect(second).toMatchObject({ status: 'fulfilled', value: absent });
});

test('of several servers the others are asked when the first one fails or is slow', async () => {
  const asked: string[] = [];
  const ask = (answers: Record<string, () => Promise<string>>) => (server: string) => {
    asked.push(server);
    return answers[server]?.() ?? Promise.resolve(`answer of ${server}`);
  };
  expect(await firstOf(['a', 'b'], ask({}))).toBe('answer of a');
  expect(asked.splice(0)).toEqual(['a']);
  const refuses = (): Promise<string> => Promise.reject(new Error('refused'));
  expect(await firstOf(['a', 'b', 'c'], ask({ a: refuses }))).toBe('answer of b');
  expect(asked.splice(0)).toEqual(['a', 'b']);
  const silent = (): Promise<string> => new Promise(() => undefined);
  expect(await firstOf(['a', 'b', 'c'], ask({ a: silent }), 1)).toBe('answer of b');
  expect(asked.splice(0)).toEqual(['a', 'b']);
  const all = await firstOf(['a', 'b'], ask({ a: refuses, b: refuses })).catch((e: unknown) => e);
  expect(all).toMatchObject({ errors: [{ message: 'refused' }, { message: 'refused' }] });
  await expect(firstOf([], ask({}))).rejects.toThrow(AggregateError);
});
