// Messages that were not delivered: who still gets which, and for how long.
import { describe, expect, test } from 'vitest';
import { cleared, delivered, post, refused, waitingFor } from '../../src/watch/outbox.ts';
import type { Outbox } from '../../src/watch/outbox.ts';
import type { Notice } from '../../src/ports/notifier.ts';

const DAY = 86_400;
const labels = ['email', 'webhook'];
const both = labels.map((label) => ({ label }));
const notice = (id: string, at = 0): Notice => ({ id, at, subject: id, text: id, document: {} });
const ids = (outbox: Outbox, label: string): string[] =>
  waitingFor(outbox, label).map(({ notice: { id } }) => id);

test('each notifier gets each message once, in order', () => {
  const two = post(post([], notice('a'), both), notice('b'), both);
  const one = delivered(two, 'a', 'email');
  expect(ids(one, 'email')).toEqual(['b']);
  expect(ids(one, 'webhook')).toEqual(['a', 'b']);
  expect(
    delivered(delivered(delivered(one, 'a', 'webhook'), 'b', 'email'), 'b', 'webhook'),
  ).toEqual([]);
  expect(post([], notice('a'), [])).toEqual([]);
});

function refusedTimes(times: number): Outbox {
  let outbox = post([], notice('a'), both);
  for (let count = 0; count < times; count += 1) outbox = refused(outbox, 'a', 'email');
  return outbox;
}

test('a refused message is dropped after two days, and not before the fifth attempt', () => {
  expect(cleared(refusedTimes(99), labels, 2 * DAY).dropped).toEqual([]);
  expect(cleared(refusedTimes(4), labels, 9 * DAY).dropped).toEqual([]);
  const { outbox, dropped } = cleared(refusedTimes(5), labels, 2 * DAY + 1);
  expect(dropped).toEqual([{ label: 'email', notice: notice('a') }]);
  expect(ids(outbox, 'webhook')).toEqual(['a']);
});

test('a notifier that is not configured any more is not waited for', () => {
  expect(cleared(refusedTimes(1), ['webhook'], 0)).toMatchObject({ dropped: [] });
  expect(cleared(refusedTimes(1), [], 0)).toEqual({ outbox: [], dropped: [] });
});

test('of more than fifty the oldest are dropped', () => {
  const all = Array.from({ length: 52 }, (_, index) => notice(String(index)));
  const full = all.reduce<Outbox>((outbox, one) => post(outbox, one, [{ label: 'email' }]), []);
  const { outbox, dropped } = cleared(full, ['email'], 0);
  expect(dropped.map((one) => one.notice.id)).toEqual(['0', '1']);
  expect(outbox).toHaveLength(50);
});

describe('K42: each recipient has a state of its own', () => {
  const two = { label: 'email', to: ['ops@example.org', 'night@example.org'] };

  test('a recipient who is not accepted now is tried again, alone', () => {
    const first = refused(post([], notice('a'), [two]), 'a', 'email', ['night@example.org']);
    expect(waitingFor(first, 'email')).toEqual([
      { notice: notice('a'), to: ['night@example.org'] },
    ]);
    const again = refused(first, 'a', 'email');
    expect(waitingFor(again, 'email')).toEqual([
      { notice: notice('a'), to: ['night@example.org'] },
    ]);
    expect(delivered(again, 'a', 'email')).toEqual([]);
  });

  test('state of a version that counted attempts only is read', () => {
    const old = [{ notice: notice('a'), waiting: { email: 4 } }];
    expect(waitingFor(old, 'email')).toEqual([{ notice: notice('a') }]);
    expect(cleared(refused(old, 'a', 'email'), labels, 2 * DAY + 1).dropped).toHaveLength(1);
  });
});
