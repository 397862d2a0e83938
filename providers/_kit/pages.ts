// Lists that come in pages, and end: whatever the other side says, no list is followed for ever.
import { failed } from './failures.ts';
import type { Json } from './json.ts';

export interface Page {
  readonly items: readonly Json[];
  readonly isLast: boolean;
}

/** With 100 records a page it is more than any zone of a hoster has. */
const MOST_PAGES = 500;
/** What a list may hold in memory. */
const MOST_ITEMS = 100_000;

/**
 * To be told of each page of one list: how much it had, and what is to be asked for the next one,
 * where that is not a number.
 * @throws AppError PROVIDER_FAILED where the list does not end
 */
export function pageBounds(host: string, what: string): (items: number, next?: string) => void {
  const asked = new Set<string>();
  let pages = 0;
  let items = 0;
  return (more, next) => {
    pages += 1;
    items += more;
    if (next !== undefined && asked.has(next)) throw failed(host, what, 'a page comes again');
    if (next !== undefined) asked.add(next);
    if (pages > MOST_PAGES || items > MOST_ITEMS) {
      throw failed(host, what, `it has more than ${MOST_PAGES} pages or ${MOST_ITEMS} entries`);
    }
  };
}

/**
 * The items of all pages, which are numbered from 1.
 * @throws AppError PROVIDER_FAILED where the list does not end: an empty page with others behind
 * it, a page that comes again, too many
 */
export async function allPages(
  host: string,
  what: string,
  pageAt: (page: number) => Promise<Page>,
): Promise<readonly Json[]> {
  const found: Json[] = [];
  const bound = pageBounds(host, what);
  for (let page = 1; ; page += 1) {
    const { items, isLast } = await pageAt(page);
    found.push(...items);
    if (isLast) return found;
    if (items.length === 0) throw failed(host, what, `page ${page} is empty`);
    bound(items.length, JSON.stringify(items.map(({ raw }) => raw)));
  }
}
