// Where text from others enters: a provider, a CA, a notifier or a command may repeat a secret that
// it was sent. Their errors are stored and printed at many places, so they are masked here, once.
import { AppError } from '../../base/errors.ts';
import { redact, redactText } from '../../observe/redact.ts';

/** The same port; its errors contain no secret that was read. */
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
  // Without the cause, which contains the original text.
  return new AppError(code, redactText(message), {
    hint: hint && redactText(hint),
    notBefore,
    details: known,
  });
}
