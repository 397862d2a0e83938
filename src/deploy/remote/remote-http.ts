// One request to a server that gets certificates, and what its answer means. Nothing in an answer
// is trusted: it is bounded, read field by field, and cleaned before it is shown.
import type { Seconds } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import type { HttpClient, HttpMethod } from '../../http/client.ts';
import { maskSecrets } from '../../http/mask.ts';

export interface RemoteServer {
  readonly timeout: Seconds;
  /** Created for one request, with the secrets that must not appear in errors. */
  readonly open: (secrets: readonly string[]) => Promise<HttpClient>;
}

export interface RemoteRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly secrets: readonly string[];
}

export interface RemoteAnswer {
  readonly status: number;
  readonly text: string;
  /** Undefined: it is not JSON. */
  readonly json: unknown;
  /** Its words for messages: without our secrets, which it may repeat. */
  readonly masked: (text: string) => string;
}

const MOST_BYTES = 1_048_576;
const MOST_WORDS = 300;

/** For messages; the rest of a URL may be a secret. */
export const hostIn = (url: string): string => new URL(url).host;

/** @throws AppError DEPLOY_FAILED without a complete answer */
export async function ask(server: RemoteServer, request: RemoteRequest): Promise<RemoteAnswer> {
  const { secrets, headers, ...rest } = request;
  const client = await server.open(secrets);
  try {
    const { status, body } = await client.request({
      ...{ ...rest, timeout: server.timeout, maxBytes: MOST_BYTES },
      headers: { accept: 'application/json', ...headers },
    });
    return { status, text: body, json: parsed(body), masked: (it) => maskSecrets(it, secrets) };
  } catch (error) {
    throw lost(error);
  } finally {
    await client.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lost(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'HTTP_FAILED') return error;
  const { message, details, overdue } = error;
  const hint = error.hint ?? 'check that the server works and is reached; holger tries again';
  return new AppError('DEPLOY_FAILED', message, { hint, details, overdue });
}

/** A field of a field of JSON; undefined where there is none. */
export function fieldAt(json: unknown, ...path: readonly string[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

export const isSuccess = ({ status }: RemoteAnswer): boolean => status >= 200 && status < 300;

interface Meanings {
  /** "the secret kv/mx1": what was asked about. */
  readonly about: string;
  /** The words of the server. */
  readonly said: (answer: RemoteAnswer) => unknown;
  /** What to do about a status that only a person can change. */
  readonly hints?: Readonly<Record<number, string>>;
}

/** For a status that is not an answer. 5xx, 408 and 429 pass; the others need a person. */
export function statusFailure(answer: RemoteAnswer, { about, said, hints }: Meanings): AppError {
  const { status, text, masked } = answer;
  const own = said(answer);
  const words = visibleLine(masked(typeof own === 'string' && own !== '' ? own : text), MOST_WORDS);
  const message = `${about} was answered with ${status}${words === '' ? '' : `: ${words}`}`;
  const passes = status >= 500 || status === 408 || status === 429;
  const hint = hints?.[status] ?? (passes ? 'holger tries again' : UNKNOWN);
  return new AppError(passes ? 'DEPLOY_FAILED' : 'DEPLOY_REFUSED', message, {
    hint,
    details: { status },
  });
}

const UNKNOWN = 'check the address in [target.NAME], and what the server says about it in its log';
