// Where words of others enter: a provider, a CA, a notifier or a command may repeat a secret that
// it was sent. What they say in errors is kept in the state and told in many places, so it is
// masked here, once.
import { AppError } from '../../base/errors.ts';
import { redact, redactText } from '../../observe/redact.ts';

/** The same port; the errors of what it does hold no secret that was read. */
export function maskedPort<T extends object>(port: T): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        const outcome: unknown = Reflect.apply(member, target, args);
        return outcome instanceof Promise ? outcome.catch(rethrow) : outcome;
      };
    },
  });
}

function rethrow(error: unknown): never {
  throw error instanceof AppError ? masked(error) : error;
}

function masked(error: AppError): AppError {
  const { code, message, hint, details, notBefore } = error;
  const known = redact(details) as AppError['details'];
  const isClean =
    redactText(message) === message &&
    (hint === undefined || redactText(hint) === hint) &&
    JSON.stringify(known) === JSON.stringify(details);
  if (isClean) return error;
  // Not the cause: it has the words as they came.
  return new AppError(code, redactText(message), {
    hint: hint && redactText(hint),
    notBefore,
    details: known,
  });
}
