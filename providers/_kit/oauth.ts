// A token that is issued for other credentials and expires (RFC 6749 §4.4, §5; RFC 7523 §2.1).
import { boundedRetry } from '../../src/http/retry-after.ts';
import type { Clock, Instant, Seconds } from '../../src/base/clock.ts';
import type { HttpClient } from '../../src/http/client.ts';
import { registerSecret } from '../../src/observe/redact.ts';
import type { Call } from '../../src/ports/call.ts';
import { createApi } from './api.ts';
import { denied } from './failures.ts';

/** Renewed early, because a request may take some time. */
const SPARE: Seconds = 120;

export interface TokenSource {
  readonly host: string;
  readonly url: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Made for each request: an assertion contains a time. */
  readonly form: () => Readonly<Record<string, string>>;
}

/** @throws AppError PROVIDER_AUTH if none is issued; otherwise as for any request */
export function tokenFrom({ host, url, http, clock, form }: TokenSource) {
  const api = createApi({
    ...{ host, base: url, http, clock },
    headers: () => ({}),
    said: (body) => body.at('error_description').text(),
  });
  let held: { readonly token: string; readonly until: Instant } | undefined;
  return async (call: Call): Promise<string> => {
    if (held !== undefined && clock.now() < held.until) return held.token;
    const request = { path: '', form: form(), what: 'the request for a token', takes: [400] };
    const answer = await api.send('POST', request, call);
    const body = answer.json();
    if (answer.status === 400) {
      const [code, more] = [body.at('error'), body.at('error_description')];
      throw denied(host, [code, more].map((part) => String(part.raw ?? '')).join(' '));
    }
    const token = body.at('access_token').text();
    registerSecret(token);
    const now = clock.now();
    held = { token, until: boundedRetry(now + body.at('expires_in').numeric(), now) - SPARE };
    return token;
  };
}
