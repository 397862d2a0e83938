// The operator's certificate request, read at every check and once more when it is used.
import { AppError } from '../../base/errors.ts';
import { missingRequest, requestNews } from '../../rollover/plan/order/request.ts';
import type { Intent, Lineage } from '../../rollover/model.ts';
import type { RequestFact } from '../../rollover/record/request.ts';
import type { Task } from '../world.ts';

type Asking = Pick<Task, 'request' | 'intent'>;

export interface ReadRequest {
  readonly fact: RequestFact;
  /** Empty where there is none that can be used. */
  readonly pem: string;
}

/** Undefined: the key is made here. */
export async function readRequest({ request, intent }: Asking): Promise<ReadRequest | undefined> {
  if (request === undefined) return undefined;
  try {
    const read = await request.read();
    if (read === undefined) {
      return { fact: { status: 'none', ...missingRequest(request.label, intent) }, pem: '' };
    }
    const { pem, ...rest } = read;
    const { spki, keyType, names } = rest;
    return { fact: { status: 'request', spki, keyType, names }, pem };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    const { message: because, hint = `check ${request.label}` } = error;
    return { fact: { status: 'none', because, hint }, pem: '' };
  }
}

export async function observeRequest(task: Asking): Promise<RequestFact | undefined> {
  return (await readRequest(task))?.fact;
}

/** Whether an idle certificate has something to report of its request. */
export async function requestDiffers(task: Asking, lineage: Lineage): Promise<boolean> {
  const request = await observeRequest(task);
  if (request === undefined) return false;
  return requestNews(task.intent, { request, lineage, neighbours: [] }) !== undefined;
}

/** The kind of key of such a certificate is that of its newest generation. */
export function asKeyed<T extends { readonly intent: Intent }>(
  one: T,
  lineage: Pick<Lineage, 'generations'> | undefined,
): T {
  const keyType = lineage?.generations.at(-1)?.keyType;
  const { intent } = one;
  if (intent.request === undefined || keyType === undefined || keyType === intent.keyType) {
    return one;
  }
  return { ...one, intent: { ...intent, keyType } };
}
