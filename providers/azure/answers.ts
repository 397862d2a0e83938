// What Azure says when it does not do a thing.
import type { ApiAnswer } from '../_kit/api.ts';
import { refused } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';

export const HOST = 'Azure';
/** What is missing is not the zone or the RRset, but something above it. */
const ABOVE = new Set([
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
  'InvalidSubscriptionId',
  'ParentResourceNotFound',
]);

/** Errors come with `error` around them, or without. */
export function faultIn(body: Json): {
  readonly code: string | undefined;
  readonly message: string;
} {
  const inner = body.at('error').isMissing ? body : body.at('error');
  const [code, message] = [inner.at('code').raw, inner.at('message').raw];
  return {
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message : '',
  };
}

/**
 * @throws AppError UPDATE_REFUSED when it is the resource group or the subscription that is missing
 */
export function isMissing(answer: ApiAnswer): boolean {
  if (answer.status !== 404) return false;
  const { code = '', message } = faultIn(answer.json());
  if (ABOVE.has(code)) throw refused(HOST, 'to look for a zone', message);
  return true;
}
