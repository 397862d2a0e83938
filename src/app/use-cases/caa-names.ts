// The names of the CAs of a certificate in CAA records. One CA of several that does not answer does
// not keep the others from being judged.
import { AppError } from '../../base/errors.ts';
import { knownIssuers } from '../known/own-targets.ts';
import { openAccount } from './account-asker.ts';
import type { AccountAsker } from './account-asker.ts';

/** Why the names of a CA are not known. */
export interface Unanswered {
  /** Its URL. */
  readonly directory: string;
  readonly message: string;
  readonly hint?: string;
  /** 3: it may answer later; 4: a person is needed. */
  readonly exit: 3 | 4;
  readonly error: AppError;
}

interface Names {
  readonly issuers: readonly string[];
  readonly unanswered?: Unanswered;
}

/** @throws AppError of a CA that cannot be reached */
export async function identitiesOf(
  asker: AccountAsker,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const issuer = await openAccount(asker);
  try {
    return (await issuer.describe({ signal })).caaIdentities;
  } finally {
    await issuer.close();
  }
}

/** Those of a large CA are known without its answer. `ask`: its directory. */
export async function namesOfCa(
  { directory }: { readonly directory: string },
  ask: () => Promise<readonly string[]>,
): Promise<Names> {
  const known = knownIssuers(directory);
  try {
    const named = (await ask()).map((name) => name.toLowerCase().replace(/\.$/, ''));
    if (named.length > 0) return { issuers: named };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('ACME_')) throw error;
    if (known === undefined) return { issuers: [], unanswered: unansweredBy(directory, error) };
  }
  if (known !== undefined) return { issuers: known };
  const error = new AppError('ACME_PROBLEM', 'the CA does not publish its name for CAA records', {
    hint: `see its documentation; ${directory} has no caaIdentities`,
  });
  return { issuers: [], unanswered: unansweredBy(directory, error) };
}

function unansweredBy(directory: string, error: AppError): Unanswered {
  const { message, hint } = error;
  const exit = error.exit === 4 ? 4 : 3;
  return { directory, message, ...(hint === undefined ? {} : { hint }), exit, error };
}

/** @throws AppError of the first one, if none is known */
export function someKnown<T extends { readonly unanswered?: Unanswered }>(
  parties: readonly [T, ...T[]],
): readonly [T, ...T[]] {
  const [{ unanswered }] = parties;
  const isKnown = parties.some((one) => one.unanswered === undefined);
  if (unanswered !== undefined && !isKnown) throw unanswered.error;
  return parties;
}
