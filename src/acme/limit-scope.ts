// Whether a rate limit applies to the names of one order, or to every request of the account. RFC
// 8555 has one type for both (rateLimited), so the text of the answer decides.
import { AppError } from '../base/errors.ts';
import { problemTypeOf } from './problem.ts';

/**
 * The names, in Boulder's documentation, of the limits that are counted by names; each answer links
 * to its limit.
 */
const BY_NAMES = /#[a-z-]*per-(exact-set|registered-domain|identifier)/;

/**
 * Marks a limit that delays every order of the account, so that other certificates need not run
 * into it.
 */
export function withScope(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof AppError)) return error;
  const limited = error.code === 'ACME_RATE_LIMITED';
  if (!limited && problemTypeOf(error) !== 'userActionRequired') return error;
  if (isAboutNames(error, names)) return error;
  const { code, message, hint, notBefore, cause } = error;
  return new AppError(code, message, {
    hint,
    notBefore,
    details: { ...error.details, scope: 'account' },
    cause,
  });
}

/** Decided by the CA's own words: our message begins with the names of the order. */
function isAboutNames({ details }: AppError, names: readonly string[]): boolean {
  const text = String(details['said'] ?? '').toLowerCase();
  if (details['identifiers'] !== undefined || BY_NAMES.test(text)) return true;
  return names.flatMap(withParents).some((name) => hasName(text, name));
}

/** The text about the limit of a registered domain contains the domain. */
function withParents(name: string): string[] {
  const labels = name.replace(/^\*\./, '').split('.');
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}

function hasName(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return (
    at >= 0 &&
    !/[a-z0-9_.-]/.test(text[at - 1] ?? ' ') &&
    !/[a-z0-9_-]/.test(text[at + name.length] ?? ' ')
  );
}
