// The errors of Azure.
import type { ApiAnswer } from '../_kit/api.ts';
import { refused } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';

export const HOST = 'Azure';
/** Not the zone or the RRset is missing, but the resource group or the subscription. */
const ABOVE = new Set([
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
  'InvalidSubscriptionId',
  'ParentResourceNotFound',
]);

/** Errors are inside an `error` field, or not. */
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

/** @throws AppError UPDATE_REFUSED if the resource group or the subscription is missing */
export function isMissing(answer: ApiAnswer): boolean {
  if (answer.status !== 404) return false;
  const { code = '', message } = faultIn(answer.json());
  if (ABOVE.has(code)) throw refused(HOST, 'to look for a zone', message);
  return true;
}
