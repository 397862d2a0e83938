// One request to a CA and its answer as data. Every failure to get an answer is ACME_UNREACHABLE;
// the content of an answer is judged elsewhere (problem.ts).
import { AppError } from '../base/errors.ts';
import type { Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import type { HttpClient } from '../http/client.ts';
import type { Call } from '../ports/call.ts';
import type { UrlGuard } from './urls.ts';

/**
 * An answer of the CA. `data` is parsed JSON, or else the text, whatever content type the CA names.
 */
export interface Reply {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: unknown;
}

export interface Sending {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly accept?: string;
}

export type Send = (sending: Sending, call: Call) => Promise<Reply>;

/** ACME objects are small; a chain of ten certificates stays below 64 KiB. */
const MAX_BYTES = 512 * 1024;
const TIMEOUT: Seconds = 30;

/** `guard`: decides which URLs may be requested. */
export function createTransport(http: HttpClient, guard: UrlGuard): Send {
  return async ({ method, url, body, accept }, call) => {
    guard(url);
    const headers: Record<string, string> = { 'accept-language': 'en' };
    if (accept !== undefined) headers['accept'] = accept;
    // RFC 8555 §6.2: no other media type on a POST.
    if (body !== undefined) headers['content-type'] = 'application/jose+json';
    try {
      const response = await http.request({
        method,
        url,
        headers,
        maxBytes: MAX_BYTES,
        timeout: TIMEOUT,
        ...defined({ body, signal: call.signal }),
      });
      return {
        url,
        status: response.status,
        headers: response.headers,
        data: parse(response.body),
      };
    } catch (error) {
      throw unreachable(error);
    }
  };
}

function unreachable(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'HTTP_FAILED') return error;
  return new AppError('ACME_UNREACHABLE', `the CA does not answer: ${error.message}`, {
    hint: error.hint ?? 'run again later; nothing was lost',
    details: error.details,
    overdue: error.overdue,
    cause: error,
  });
}

function parse(body: string): unknown {
  const text = body.trim();
  if (!text.startsWith('{')) return body;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return body;
  }
}
