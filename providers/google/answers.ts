// What answers of Google Cloud DNS have in common.
import type { Call } from '../../src/ports/call.ts';
import type { Api, ApiAnswer } from '../_kit/api.ts';
import type { Json } from '../_kit/json.ts';
import { pageBounds } from '../_kit/pages.ts';

export const HOST = 'Google Cloud DNS';

/** All pages of a list. An empty page may be followed by another, and may omit the list. */
export async function pages(
  api: Api,
  { path, query }: { readonly path: string; readonly query: Readonly<Record<string, string>> },
  list: string,
  call: Call,
): Promise<readonly Json[]> {
  const found: Json[] = [];
  const bound = pageBounds(HOST, 'a list');
  for (let pageToken = ''; ;) {
    const request = { path, query: { ...query, ...(pageToken && { pageToken }) } };
    const page = (await api.send('GET', request, call)).json();
    const items = page.at(list);
    if (!items.isMissing || page.at('kind').isMissing) found.push(...items.list());
    const next = page.at('nextPageToken');
    if (next.isMissing || next.raw === '') return found;
    pageToken = next.text();
    bound(items.isMissing ? 0 : items.list().length, pageToken);
  }
}

/** The record set to delete differs or does not exist; or the one to add already exists. */
export function isOutdated(answer: ApiAnswer): boolean {
  if (answer.status === 412) return true;
  const reasons = reasonsIn(answer);
  if (answer.status === 409) return reasons.includes('alreadyExists');
  const isDeletion = answer.text.includes("'entity.change.deletions[0]'");
  return answer.status === 404 && reasons.includes('notFound') && isDeletion;
}

/** The reason of a refusal, as an identifier. */
export function reasonsIn({ json }: ApiAnswer): readonly string[] {
  try {
    const errors = json().at('error').at('errors').list();
    return errors.map((error) => error.at('reason').text());
  } catch {
    return [];
  }
}
