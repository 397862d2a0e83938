// Problem documents (RFC 8555 §6.7, RFC 9457) as errors of the program: the CA's own words, the
// name, what to do, and when to try again.
import type { Instant } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import { boundedRetry, parseRetryAfter } from '../http/retry-after.ts';
import { listOf, objectOf, textOf, type JsonObject } from './json.ts';
import { hintFor } from './problem-hints.ts';
import type { Reply } from './transport.ts';

export interface Subproblem {
  readonly type: string;
  readonly detail: string;
  readonly identifier?: string;
}

export interface Problem {
  /**
   * Without `urn:ietf:params:acme:error:`; a foreign type unchanged, "about:blank" if there is
   * none.
   */
  readonly type: string;
  readonly detail: string;
  readonly status: number | undefined;
  readonly instance: string | undefined;
  readonly identifier: string | undefined;
  readonly subproblems: readonly Subproblem[];
}

const PREFIXES = /^urn:(ietf:params:)?acme:error:/;
const LONGEST_DETAIL = 1000;
/** Some contain a token of several hundred characters. */
const LONGEST_URL = 2000;

/** Reads a problem document; undefined for any other value. */
export function parseProblem(value: unknown): Problem | undefined {
  const object = objectOf(value);
  if (object === undefined || (textOf(object, 'type') ?? textOf(object, 'detail')) === undefined) {
    return undefined;
  }
  const status = object['status'];
  return {
    type: typeOf(object),
    detail: detailOf(object),
    status: typeof status === 'number' ? status : undefined,
    instance: textOf(object, 'instance'),
    identifier: identifierOf(object),
    subproblems: listOf(object, 'subproblems').flatMap((entry) => {
      const sub = objectOf(entry);
      const identifier = identifierOf(sub);
      if (sub === undefined) return [];
      return [{ type: typeOf(sub), detail: detailOf(sub), ...(identifier ? { identifier } : {}) }];
    }),
  };
}

/** "detail (mx.example.org: detail of the subproblem; …)". */
export function describeProblem(problem: Problem): string {
  const parts = problem.subproblems.map((sub) =>
    sub.identifier === undefined ? sub.detail : `${sub.identifier}: ${sub.detail}`,
  );
  const whole = problem.identifier ? `${problem.identifier}: ${problem.detail}` : problem.detail;
  return parts.length === 0 ? whole : `${whole} (${parts.join('; ')})`;
}

function detailsOf(problem: Problem | undefined): Readonly<Record<string, unknown>> {
  const identifiers = identifiersOf(problem);
  return {
    ...defined({ instance: problem?.instance }),
    ...(identifiers.length === 0 ? {} : { identifiers }),
    ...defined({ subproblems: problem?.subproblems }),
  };
}

/** The error for an unexpected answer. `act` completes "the CA refused …". */
export function problemError(reply: Reply, act: string, now: Instant): AppError {
  const problem = parseProblem(reply.data);
  const type = problem?.type ?? 'about:blank';
  const words = problem === undefined ? `HTTP status ${reply.status}` : describeProblem(problem);
  const retryAt = parseRetryAfter(reply.headers['retry-after'], now);
  const details = {
    ...{ type, status: reply.status, url: reply.url, said: words },
    ...detailsOf(problem),
  };
  // Not from the text as it is printed: that may be cut.
  const unpause = unpauseUrl(textOf(objectOf(reply.data), 'detail') ?? '');
  if (unpause !== undefined) {
    // Another try does not help: the CA waits for a person.
    const hint = `open this URL to end the pause, then run again:\n${unpause}`;
    return new AppError('ACME_PROBLEM', `the CA pauses ${act}: ${words}`, { hint, details });
  }
  // Boulder's front end limits requests per second with 503 and type rateLimited; others send 429
  // without a document.
  if (type === 'rateLimited' || reply.status === 429) {
    const notBefore = retryAt ?? instantInText(problem?.detail ?? '', now);
    return new AppError('ACME_RATE_LIMITED', `the CA limits ${act}: ${words}`, {
      hint: 'wait; more tries only use up more of the limit',
      details,
      notBefore,
    });
  }
  // A nonce that is refused repeatedly is a fault of the CA or of a proxy, and may be temporary
  // (RFC 8555 §6.5).
  if (reply.status >= 500 || type === 'serverInternal' || type === 'badNonce') {
    const text =
      type === 'badNonce' ? `the CA refused every nonce for ${act}` : `the CA failed at ${act}`;
    const hint = 'run again later; nothing was lost';
    // It answers no request before that time (RFC 9110 §15.6.4).
    const isDown = reply.status === 503 && retryAt !== undefined;
    return new AppError('ACME_UNREACHABLE', `${text}: ${words}`, {
      hint,
      details: isDown ? { ...details, scope: 'account' } : details,
      notBefore: retryAt,
    });
  }
  return new AppError('ACME_PROBLEM', `the CA refused ${act}: ${words}`, {
    hint: hintFor(type, problem?.detail ?? ''),
    details,
    notBefore: retryAt,
  });
}

/** The ACME type in an error of this folder: "rateLimited", "caa" …; undefined for other errors. */
export function problemTypeOf(error: unknown): string | undefined {
  const type = error instanceof AppError ? error.details['type'] : undefined;
  return typeof type === 'string' ? type : undefined;
}

function typeOf(object: JsonObject): string {
  return (textOf(object, 'type') ?? 'about:blank').replace(PREFIXES, '');
}

/** The CA's words, safe for a terminal: without control characters, and of limited length. */
function detailOf(object: JsonObject): string {
  const text = textOf(object, 'detail') ?? textOf(object, 'title') ?? typeOf(object);
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return clean.length > LONGEST_DETAIL ? `${clean.slice(0, LONGEST_DETAIL)}…` : clean;
}

function identifierOf(object: JsonObject | undefined): string | undefined {
  return textOf(objectOf(object?.['identifier']), 'value');
}

function identifiersOf(problem: Problem | undefined): readonly string[] {
  const all = [problem?.identifier, ...(problem?.subproblems ?? []).map((sub) => sub.identifier)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/**
 * Let's Encrypt also writes the time into the text: "… retry after 2026-11-21 14:05:00 UTC: see …".
 */
function instantInText(detail: string, now: Instant): Instant | undefined {
  const found = /retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d) ?(?:UTC|Z)/i.exec(detail);
  const instant = found ? Date.parse(`${found[1]}T${found[2]}Z`) / 1000 : NaN;
  return Number.isNaN(instant) ? undefined : boundedRetry(instant, now);
}

/**
 * Let's Encrypt pauses an account for names that failed for months; a form at that URL ends the
 * pause.
 */
function unpauseUrl(detail: string): string | undefined {
  const urls = detail.match(/https:\/\/[^\s<>"']+/g) ?? [];
  return urls.find(
    (url) =>
      url.length <= LONGEST_URL && URL.canParse(url) && /\/unpause\b/.test(new URL(url).pathname),
  );
}
