// Orders and authorizations as they come from the CA (RFC 8555 §7.1.3, §7.1.4) and as the engine
// sees them.
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { ChallengeMethod, DnsChallenge, OrderStatus } from '../ports/issuer.ts';
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
  /** Of dns-persist-01: names of the CA, and the account as it names it. */
  readonly issuerNames: readonly string[];
  readonly accountUri: string | undefined;
}

/** One that waits for an answer, with what its record is made from. */
export interface OpenChallenge extends Omit<Challenge, 'token'> {
  readonly identifier: string;
  /** Empty for dns-persist-01. */
  readonly token: string;
}

export interface Authorization {
  readonly url: string;
  readonly identifier: string;
  /** The identifier of the order has "*." before it. */
  readonly isWild: boolean;
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
    isWild: body?.['wildcard'] === true || identifier.startsWith('*.'),
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
          // The name with hyphens is that of versions 00 and 01 of the draft.
          issuerNames: ['issuerDomainNames', 'issuer-domain-names'].flatMap((field) =>
            textsOf(challenge, field),
          ),
          accountUri: textOf(challenge, 'accounturi'),
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
 * The challenge of this method that waits for an answer; undefined if it was answered, or none is
 * required any more.
 */
export function openChallenge(
  authorization: Authorization,
  method: ChallengeMethod,
): OpenChallenge | undefined {
  const { identifier, status, challenges } = authorization;
  if (status !== 'pending') return undefined;
  const challenge = challenges.find(({ type }) => type === method);
  const { token = method === 'dns-persist-01' ? '' : undefined } = challenge ?? {};
  if (challenge === undefined || token === undefined) throw notOffered(authorization, method);
  if (method !== 'dns-persist-01' && !TOKEN.test(token)) {
    const text = `the CA's token for ${identifier} is not base64url (RFC 8555 §8.4)`;
    throw new AppError('ACME_PROBLEM', text, { details: { type: 'about:blank' } });
  }
  return challenge.status === 'pending' ? { ...challenge, token, identifier } : undefined;
}

function notOffered({ identifier, challenges }: Authorization, method: ChallengeMethod): AppError {
  const types = challenges.map(({ type }) => visibleLine(type, 40));
  const offered = types.join(', ') || 'nothing';
  const text = `the CA offers no ${method} challenge for ${identifier} (it offers ${offered})`;
  return new AppError('ACME_PROBLEM', text, {
    hint:
      method !== 'dns-01' && types.includes('dns-01')
        ? 'set challenge = "dns-01" for this issuer'
        : 'use a CA that validates by DNS for this name',
    details: { type: 'about:blank', identifiers: [identifier], offered },
  });
}

export function toDnsChallenge(
  from: Authorization,
  challenge: OpenChallenge,
  proof: Pick<DnsChallenge, 'owner' | 'value' | 'stays'>,
): DnsChallenge {
  return {
    identifier: from.identifier,
    authorizationUrl: from.url,
    challengeUrl: challenge.url,
    ...proof,
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
