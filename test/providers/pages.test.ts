// Lists in pages.
import { expect, test } from 'vitest';
import { Json } from '../../providers/_kit/json.ts';
import { allPages, pageBounds } from '../../providers/_kit/pages.ts';

const listOf = (pages: readonly (readonly number[])[], isEndless = false) =>
  allPages('an API', 'the list of zones', (page) => {
    const items = (pages[page - 1] ?? []).map((item) => new Json(item, 'an API'));
    return Promise.resolve({ items, isLast: !isEndless && page >= pages.length });
  });

test('every page is read', async () => {
  const found = await listOf([[1, 2], [3], [4]]);
  expect(found.map((item) => item.number())).toEqual([1, 2, 3, 4]);
  expect(await listOf([[]])).toEqual([]);
});

test('a list whose pages do not end is an error', async () => {
  await expect(listOf([[1]], true)).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
    message: 'an API failed at the list of zones: page 2 is empty',
  });
});

const item = (value: number): Json => new Json(value, 'an API');
const endless = (itemsOf: (page: number) => readonly Json[]) => {
  let asked = 0;
  const list = allPages('an API', 'the list of zones', (page) => {
    asked += 1;
    return Promise.resolve({ items: itemsOf(page), isLast: false });
  });
  return { list, asked: () => asked };
};

test('K30: a list that always has one page more ends with an error', async () => {
  const { list, asked } = endless((page) => [item(page)]);
  await expect(list).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
  expect(asked()).toBeLessThan(1000);
});

test('K30: an API that returns the same page for every request ends with an error at once', async () => {
  const { list, asked } = endless(() => [item(1), item(2)]);
  await expect(list).rejects.toThrow(/a page comes twice/);
  expect(asked()).toBe(2);
});

test('K30: pages that are huge end with an error before they fill the memory', async () => {
  const huge = Array.from({ length: 60_000 }, (_, index) => item(index));
  const { list } = endless((page) => [item(-page), ...huge]);
  await expect(list).rejects.toThrow(/entries/);
});

test('K30: a page is requested once', () => {
  const bound = pageBounds('an API', 'a list');
  bound(1, 'after=a');
  bound(1, 'after=b');
  expect(() => bound(1, 'after=a')).toThrow(/a page comes twice/);
});
