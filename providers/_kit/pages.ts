// Lists that come in numbered pages.
import { failed } from './failures.ts';
import type { Json } from './json.ts';

export interface Page {
  readonly items: readonly Json[];
  readonly isLast: boolean;
}

/**
 * The items of all pages, which are numbered from 1.
 * @throws AppError PROVIDER_FAILED where an empty page is said to have others behind it: that may go on for ever
 */
export async function allPages(
  host: string,
  what: string,
  pageAt: (page: number) => Promise<Page>,
): Promise<readonly Json[]> {
  const found: Json[] = [];
  for (let page = 1; ; page += 1) {
    const { items, isLast } = await pageAt(page);
    found.push(...items);
    if (isLast) return found;
    if (items.length === 0) throw failed(host, what, `page ${page} is empty`);
  }
}
