// The content of newOrder: names, profile, and the certificate that is replaced (RFC 8555 §7.4, RFC
// 9773 §5).
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { fqdn, hostOf } from '../dns/name.ts';
import type { Call } from '../ports/call.ts';
import type { NewOrder } from '../ports/issuer.ts';
import type { Connection } from './connection.ts';
import type { Directory } from './directory.ts';
import { problemTypeOf } from './problem.ts';
import { checkProfile, profileOf } from './profiles.ts';
import { withScope } from './limit-scope.ts';
import type { Reply } from './transport.ts';

interface Identifier {
  readonly type: 'dns';
  readonly value: string;
}

/** Lower-case A-labels without a dot at the end. @throws AppError INPUT_INVALID */
export function asciiName(domain: string): string {
  const star = domain.startsWith('*.') ? '*.' : '';
  return star + hostOf(fqdn(domain.slice(star.length)));
}

/** Lower-case A-labels, each once, in the order given. @throws AppError INPUT_INVALID */
function identifiersOf(domains: readonly string[]): readonly Identifier[] {
  const values = domains.map(asciiName);
  if (values.length === 0)
    throw new AppError('INPUT_INVALID', 'an order needs at least one domain');
  return [...new Set(values)].map((value) => ({ type: 'dns', value }));
}

interface At {
  readonly directoryUrl: string;
  readonly directory: Directory;
  readonly now: Instant;
  readonly ask: Connection;
  readonly logger: Logger;
}

/**
 * What the CA would refuse, by what is known of it without an order. @throws AppError ACME_PROBLEM
 */
export function checkOrder(order: NewOrder, at: Pick<At, 'directory' | 'directoryUrl'>): void {
  checkProfile({ ...order, names: identifiersOf(order.domains).length }, at);
}

interface Placed {
  readonly reply: Reply;
  /** The CA accepted it as the replacement that it names. */
  readonly replaces: boolean;
}

/** Sends newOrder; once more without `replaces` if the CA refuses the order because of it. */
export async function placeOrder(order: NewOrder, at: At, call: Call): Promise<Placed> {
  checkOrder(order, at);
  const identifiers = identifiersOf(order.domains);
  try {
    return await send(order, identifiers, at, call);
  } catch (error) {
    throw withScope(
      order.lifetime === undefined ? error : withLifetimeHint(error),
      identifiers.map(({ value }) => value),
    );
  }
}

/** CAs that do not take a lifetime say so in words only. */
function withLifetimeHint(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'ACME_PROBLEM') return error;
  const { code, message, details, notBefore } = error;
  const isAboutIt = /not[ -]?(before|after)|validity|lifetime/i.test(message);
  if (!isAboutIt && problemTypeOf(error) !== 'malformed') return error;
  const hint =
    'this CA does not take this lifetime: leave lifetime out, or use a profile of the CA';
  return new AppError(code, message, { hint, details, notBefore, cause: error });
}

async function send(
  order: NewOrder,
  identifiers: readonly Identifier[],
  at: At,
  call: Call,
): Promise<Placed> {
  const act = `the order for ${identifiers[0]?.value}${identifiers.length > 1 ? ` and ${identifiers.length - 1} more` : ''}`;
  const payload = {
    identifiers,
    ...defined({
      profile: profileOf({ ...order, names: identifiers.length }, at, at.logger),
      notAfter: order.lifetime && formatInstant(Math.floor(at.now + order.lifetime)),
    }),
  };
  const plain = { url: at.directory.newOrder, payload, act };
  // RFC 9773 §5: `replaces` only if the CA has renewal information.
  if (order.replaces === undefined || at.directory.renewalInfo === undefined) {
    return { reply: await at.ask(plain, call), replaces: false };
  }
  try {
    const named = { ...payload, replaces: order.replaces };
    return { reply: await at.ask({ ...plain, payload: named }, call), replaces: true };
  } catch (error) {
    if (!isAboutReplaces(error)) throw error;
    at.logger.info('the CA does not accept the order as a replacement; it is placed as a new one', {
      replaces: order.replaces,
      error: reasonOf(error),
    });
    return { reply: await at.ask(plain, call), replaces: false };
  }
}

/**
 * `alreadyReplaced` is the type of RFC 9773 §7.4. CAs also use `conflict` or 409, and `malformed`,
 * `notFound` or `unauthorized` for a certificate of another account or other names; some fail while
 * they search for the predecessor (`serverInternal`). Without `replaces` these errors cannot occur
 * again.
 */
function isAboutReplaces(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  const type = problemTypeOf(error) ?? '';
  if (type === 'serverInternal') return true;
  if (error.code !== 'ACME_PROBLEM') return false;
  if (['alreadyReplaced', 'conflict', 'malformed', 'notFound'].includes(type)) return true;
  return error.details['status'] === 409 || /replac/i.test(error.message);
}
