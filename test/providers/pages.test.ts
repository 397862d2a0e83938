// Lists in pages.
import { expect, test } from 'vitest';
import { Json } from '../../providers/_kit/json.ts';
import { allPages } from '../../providers/_kit/pages.ts';

const listOf = (pages: readonly (readonly number[])[], isEndless = false) =>
  allPages('a hoster', 'the list of zones', (page) => {
    const items = (pages[page - 1] ?? []).map((item) => new Json(item, 'a hoster'));
    return Promise.resolve({ items, isLast: !isEndless && page >= pages.length });
  });

test('every page is read', async () => {
  const found = await listOf([[1, 2], [3], [4]]);
  expect(found.map((item) => item.number())).toEqual([1, 2, 3, 4]);
  expect(await listOf([[]])).toEqual([]);
});

test('a list whose pages do not end is no list', async () => {
  await expect(listOf([[1]], true)).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
    message: 'a hoster failed at the list of zones: page 2 is empty',
  });
});
