// Orders and authorizations as they come from the CA (RFC 8555 §7.1.3, §7.1.4) and as the engine
// sees them.
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import { fqdn } from '../dns/name.ts';
import type { DnsChallenge, OrderStatus } from '../ports/issuer.ts';
import { listOf, objectOf, textOf, textsOf, type JsonObject } from './json.ts';
import { describeProblem, parseProblem } from './problem.ts';
import type { Reply } from './transport.ts';

export interface Order {
  readonly url: string;
  readonly status: OrderStatus['status'];
  /** Undefined: the CA does not repeat them. */
  readonly identifiers: readonly string[] | undefined;
  readonly authorizations: readonly string[];
  readonly finalize: string | undefined;
  readonly certificate: string | undefined;
  readonly problem: string | undefined;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly status: string;
  readonly token: string | undefined;
  readonly problem: string | undefined;
}

export interface Authorization {
  readonly url: string;
  readonly identifier: string;
  readonly status: string;
  readonly challenges: readonly Challenge[];
}

const STATUSES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;

export function parseOrder(reply: Reply, url: string): Order {
  const body = objectOf(reply.data);
  const status = STATUSES.find((name) => name === textOf(body, 'status'));
  if (status === undefined) throw unreadable('order', url);
  return {
    url,
    status,
    identifiers: identifiersIn(body),
    authorizations: [...new Set(textsOf(body, 'authorizations'))],
    finalize: textOf(body, 'finalize'),
    certificate: textOf(body, 'certificate'),
    problem: wordsOf(body?.['error']),
  };
}

function identifiersIn(body: JsonObject | undefined): readonly string[] | undefined {
  const values = listOf(body, 'identifiers').flatMap((one) => textOf(objectOf(one), 'value') ?? []);
  return values.length === 0 ? undefined : values;
}

export function parseAuthorization(reply: Reply): Authorization {
  const body = objectOf(reply.data);
  const status = textOf(body, 'status');
  const identifier = textOf(objectOf(body?.['identifier']), 'value');
  if (status === undefined || identifier === undefined)
    throw unreadable('authorization', reply.url);
  // RFC 8555 §7.1.4: the identifier of a wildcard comes without "*.", but some CAs send it.
  return {
    url: reply.url,
    identifier: identifier.replace(/^\*\./, '').replace(/\.$/, '').toLowerCase(),
    status,
    challenges: listOf(body, 'challenges').flatMap((entry) => {
      const challenge = objectOf(entry);
      const type = textOf(challenge, 'type');
      const url = textOf(challenge, 'url');
      if (type === undefined || url === undefined) return [];
      return [
        {
          type,
          url,
          status: textOf(challenge, 'status') ?? 'pending',
          token: textOf(challenge, 'token'),
          problem: wordsOf(challenge?.['error']),
        },
      ];
    }),
  };
}

/**
 * RFC 8555 §8.1: at least 128 bits in base64url; no CA uses more than some dozens of characters.
 */
const TOKEN = /^[A-Za-z0-9_-]{1,512}$/;

/**
 * The dns-01 challenge that waits for an answer; undefined if it was answered, or none is required
 * any more.
 */
export function openChallenge(authorization: Authorization): Challenge | undefined {
  if (authorization.status !== 'pending') return undefined;
  const challenge = authorization.challenges.find(({ type }) => type === 'dns-01');
  if (challenge?.token === undefined) {
    const offered = authorization.challenges.map(({ type }) => type).join(', ') || 'nothing';
    const text = `the CA offers no dns-01 challenge for ${authorization.identifier} (it offers ${offered})`;
    throw new AppError('ACME_PROBLEM', text, {
      hint: 'use a CA that validates by DNS for this name',
      details: { type: 'about:blank', identifiers: [authorization.identifier], offered },
    });
  }
  if (!TOKEN.test(challenge.token)) {
    const text = `the CA's token for ${authorization.identifier} is not base64url (RFC 8555 §8.4)`;
    throw new AppError('ACME_PROBLEM', text, { details: { type: 'about:blank' } });
  }
  return challenge.status === 'pending' ? challenge : undefined;
}

export function toDnsChallenge(
  from: Authorization,
  challenge: Challenge,
  value: string,
): DnsChallenge {
  return {
    identifier: from.identifier,
    authorizationUrl: from.url,
    challengeUrl: challenge.url,
    owner: fqdn(`_acme-challenge.${from.identifier}`),
    value,
    ...defined({ problem: challenge.problem }),
  };
}

/**
 * Why an authorization can no longer become valid: the error of its challenge, or its state;
 * undefined while it can.
 */
export function failureOf(authorization: Authorization): string | undefined {
  if (['pending', 'valid'].includes(authorization.status)) return undefined;
  const problems = authorization.challenges.flatMap(({ problem }) => problem ?? []);
  const words =
    problems.length > 0 ? problems.join('; ') : `authorization is ${authorization.status}`;
  return words.startsWith(`${authorization.identifier}: `)
    ? words
    : `${authorization.identifier}: ${words}`;
}

function wordsOf(error: unknown): string | undefined {
  const problem = parseProblem(error);
  return problem === undefined ? undefined : describeProblem(problem);
}

function unreadable(what: string, url: string): AppError {
  return new AppError(
    'ACME_UNREACHABLE',
    `the answer of the CA is not a valid ${what} for ${url}`,
    {
      hint: 'run again later; if it happens again, check for a proxy between holger and the CA',
      details: { url },
    },
  );
}
