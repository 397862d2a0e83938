// Lists that come in pages, with a limit: whatever the server answers, no list is followed without
// end.
import { failed } from './failures.ts';
import type { Json } from './json.ts';

export interface Page {
  readonly items: readonly Json[];
  readonly isLast: boolean;
}

/** With 100 records per page this is more than any zone of a provider has. */
const MOST_PAGES = 500;
/** How many entries a list may have in memory. */
const MOST_ITEMS = 100_000;

/**
 * Called for each page of one list: its size, and the key of the next page, if that is not a
 * number. @throws AppError PROVIDER_FAILED if the list does not end
 */
export function pageBounds(host: string, what: string): (items: number, next?: string) => void {
  const asked = new Set<string>();
  let pages = 0;
  let items = 0;
  return (more, next) => {
    pages += 1;
    items += more;
    if (next !== undefined && asked.has(next)) throw failed(host, what, 'a page comes twice');
    if (next !== undefined) asked.add(next);
    if (pages > MOST_PAGES || items > MOST_ITEMS) {
      throw failed(host, what, `it has more than ${MOST_PAGES} pages or ${MOST_ITEMS} entries`);
    }
  };
}

/**
 * The items of all pages, which are numbered from 1. @throws AppError PROVIDER_FAILED if the list
 * does not end: an empty page before others, a page that comes twice, too many pages
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
