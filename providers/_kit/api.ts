// The JSON API of a provider: one request with its answer, or one error that says what it means for
// the zone.
import type { Clock, Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import type { HttpClient, HttpMethod } from '../../src/http/client.ts';
import type { Call } from '../../src/ports/call.ts';
import { boundedRetry } from '../../src/http/retry-after.ts';
import { denied, failed, limited, refused } from './failures.ts';
import { Json } from './json.ts';
import { limitEnds } from './limits.ts';

export interface ApiRequest {
  /**
   * Behind the base, with a slash in front, or empty: the base itself. The caller encodes its
   * parts.
   */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** In place of a JSON body. */
  readonly form?: Readonly<Record<string, string>>;
  /** In place of a JSON body: a text, with its content type in `headers`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers, besides those of 2xx. */
  readonly takes?: readonly number[];
  /** The purpose, for errors: "the change of TLSA at …". Without it, a read. */
  readonly what?: string;
}

export interface Prepared {
  readonly method: HttpMethod;
  readonly url: URL;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** @throws AppError PROVIDER_FAILED if the body is not JSON */
  json(): Json;
}

export interface ApiOptions {
  /** Its usual name: "deSEC". */
  readonly host: string;
  readonly base: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /**
   * The credentials: made for each request, because some APIs sign requests and some tokens expire.
   */
  readonly headers: (
    prepared: Prepared,
    call: Call,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The text of its errors. */
  readonly said?: (body: Json) => string | undefined;
  /** The same for errors that are not JSON. */
  readonly saidInText?: (text: string) => string | undefined;
  /** How long it accepts no more requests, if it says so with a status other than 429. */
  readonly busy?: (answer: ApiAnswer) => Seconds | undefined;
  /** Whether a 401 or 403 is not about credentials. */
  readonly isRefusal?: (answer: ApiAnswer) => boolean;
  readonly timeout?: Seconds;
}

export interface Api {
  /**
   * @throws AppError PROVIDER_AUTH (401, 403), PROVIDER_LIMITED (429), UPDATE_REFUSED (any other
   * 4xx), PROVIDER_FAILED (5xx, no answer, no JSON), INTERRUPTED
   */
  send(method: HttpMethod, request: ApiRequest, call: Call): Promise<ApiAnswer>;
}

/** Zones with thousands of records. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A shorter pause is waited for here; a longer one is left to the next run. */
const LONGEST_PAUSE: Seconds = 10;
const MOST_PAUSES = 5;

export function createApi(options: ApiOptions): Api {
  const { host, base, clock } = options;
  return {
    async send(method, request, call) {
      const prepared = prepare(base, method, request);
      for (let pauses = 0; ; pauses += 1) {
        const answer = await once(prepared, request, options, call).catch((error: unknown) => {
          throw lost(error, host, request);
        });
        const error = errorOf(answer, request, options);
        if (error === undefined) return answer;
        // A request that was refused by a rate limit was not carried out: another try is safe.
        const pause = (error.notBefore ?? Infinity) - clock.now();
        if (pauses >= MOST_PAUSES || pause > LONGEST_PAUSE) throw error;
        await clock.sleep(Math.max(pause, 0.5), call.signal);
      }
    },
  };
}

async function once(
  prepared: Prepared,
  request: ApiRequest,
  options: ApiOptions,
  call: Call,
): Promise<ApiAnswer> {
  const { host, http, timeout = 30 } = options;
  const { method, url, body } = prepared;
  const own = await options.headers(prepared, call);
  const answer = await http.request({
    ...{ method, url: url.href, timeout, maxBytes: MAX_BYTES },
    headers: { accept: 'application/json', ...typeOf(request), ...request.headers, ...own },
    ...(body === '' ? {} : { body }),
    ...(call.signal && { signal: call.signal }),
  });
  const { status, headers, body: text } = answer;
  return { status, headers, text, json: () => Json.parse(text, host) };
}

function typeOf({ form, body }: ApiRequest): Readonly<Record<string, string>> {
  if (form !== undefined) return { 'content-type': 'application/x-www-form-urlencoded' };
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

/** The error for a status; undefined: the status is an answer. */
function errorOf(
  answer: ApiAnswer,
  { what = 'a question', takes = [] }: ApiRequest,
  options: ApiOptions,
): AppError | undefined {
  const { host, clock } = options;
  const { status, headers, text } = answer;
  const busy = options.busy?.(answer);
  const isAnswer = (status >= 200 && status < 300) || takes.includes(status);
  if (busy === undefined && isAnswer) return undefined;
  const words = saidIn(text, options);
  if (busy !== undefined) {
    const now = clock.now();
    return limited(host, boundedRetry(now + busy, now), words);
  }
  const said = `${status} ${words}`;
  const isDenial = status === 401 || status === 403;
  if (isDenial && options.isRefusal?.(answer) !== true) return denied(host, said);
  if (status === 429) return limited(host, limitEnds(headers, clock.now()), words);
  // A time-out, or a redirect that is not followed: it is not known whether the change was made.
  const isFinal = status >= 400 && status < 500 && status !== 408;
  return isFinal ? refused(host, what, said) : failed(host, what, said);
}

function saidIn(text: string, { host, said, saidInText }: ApiOptions): string {
  try {
    return saidInText?.(text) ?? said?.(Json.parse(text, host)) ?? text;
  } catch {
    return text;
  }
}

function prepare(base: string, method: HttpMethod, request: ApiRequest): Prepared {
  const { path } = request;
  const url = new URL(path === '' ? base : `${base.replace(/\/$/, '')}${path}`);
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const { form, body, text } = request;
  if (text !== undefined) return { method, url, body: text };
  if (form !== undefined) return { method, url, body: new URLSearchParams(form).toString() };
  return { method, url, body: body === undefined ? '' : JSON.stringify(body) };
}

function lost(error: unknown, host: string, { what = 'a question' }: ApiRequest): unknown {
  if (!(error instanceof AppError) || error.code !== 'HTTP_FAILED') return error;
  return new AppError('PROVIDER_FAILED', `${host} gave no answer to ${what}: ${error.message}`, {
    hint: error.hint ?? 'the next run checks what exists and continues',
    details: error.details,
    overdue: error.overdue,
  });
}
