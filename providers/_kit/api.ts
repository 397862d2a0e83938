// A hoster's JSON API: one request, with its answer read, or one error that says what it means for
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
  /** Instead of a JSON body. */
  readonly form?: Readonly<Record<string, string>>;
  /** Instead of a JSON body: a text as it is, with what it is in `headers`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers, besides those of 2xx. */
  readonly takes?: readonly number[];
  /** What it is for, in errors: "the change of TLSA at …". Without it, a look. */
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
  /** @throws AppError PROVIDER_FAILED when the body is none */
  json(): Json;
}

export interface ApiOptions {
  /** As people call it: "deSEC". */
  readonly host: string;
  readonly base: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Who asks: made for each request, because some are signed and some have a token that ends. */
  readonly headers: (
    prepared: Prepared,
    call: Call,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** What its errors say, for people. */
  readonly said?: (body: Json) => string | undefined;
  /** The same for errors that are no JSON. */
  readonly saidInText?: (text: string) => string | undefined;
  /** How long it takes no more requests, where it says so with another status than 429. */
  readonly busy?: (answer: ApiAnswer) => Seconds | undefined;
  /** Whether a 401 or 403 is no matter of credentials. */
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
/** A pause that is shorter is waited for here; a longer one is for the next run. */
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
        // What was refused for its number has not been done: asking again is safe.
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

/** The error that a status is; undefined: an answer. */
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
  // A time-out, or a redirect that is not followed: whether it was done is not known.
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
    hint: error.hint ?? 'the next run looks what is there and goes on',
    details: error.details,
    overdue: error.overdue,
  });
}
