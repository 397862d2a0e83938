// Whom a CA's "not now" is about: the names of one order, or everything that is asked for in the
// name of the account. RFC 8555 has one type for both (rateLimited), so that what the answer names
// decides.
import { AppError } from '../base/errors.ts';
import { problemTypeOf } from './problem.ts';

/**
 * How Boulder's documentation calls its limits that are counted by names; each answer links to its
 * limit.
 */
const BY_NAMES = /#[a-z-]*per-(exact-set|registered-domain|identifier)/;

/**
 * Marks what holds up every order of the account, so that not each certificate has to hear it for
 * itself.
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

/** By the CA's own words alone: ours begin with the names of the order. */
function isAboutNames({ details }: AppError, names: readonly string[]): boolean {
  const text = String(details['said'] ?? '').toLowerCase();
  if (details['identifiers'] !== undefined || BY_NAMES.test(text)) return true;
  return names.flatMap(withParents).some((name) => hasName(text, name));
}

/** The limit of a registered domain is told with its name. */
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
