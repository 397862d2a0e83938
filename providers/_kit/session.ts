// APIs that need a login: the first request logs in, and all others use the session. When the
// provider has ended it, the login is repeated once: a request that was refused for its session was
// not carried out.
import { AppError } from '../../src/base/errors.ts';
import { maskSecrets } from '../../src/http/mask.ts';
import type { Call } from '../../src/ports/call.ts';

/** Does something within a session. */
export type Within<S> = <T>(act: (session: S) => Promise<T>, call: Call) => Promise<T>;

/**
 * `secretOf`: the value of a session that must not appear in errors; the client, which masks the
 * others, existed before it.
 */
export function sessions<S>(
  open: (call: Call) => Promise<S>,
  secretOf: (session: S) => string,
): Within<S> {
  let current: Promise<S> | undefined;
  const leave = (opening: Promise<S>): void => {
    if (current === opening) current = undefined;
  };

  async function enter(call: Call): Promise<{ session: S; ended: () => void }> {
    const opening = (current ??= open(call));
    try {
      return { session: await opening, ended: () => leave(opening) };
    } catch (error) {
      leave(opening);
      throw error;
    }
  }

  return async (act, call) => {
    const first = await enter(call);
    try {
      return await act(first.session);
    } catch (error) {
      if (!isDenied(error)) throw masked(error, secretOf(first.session));
      first.ended();
    }
    const { session } = await enter(call);
    try {
      return await act(session);
    } catch (error) {
      throw masked(error, secretOf(session));
    }
  };
}

const isDenied = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'PROVIDER_AUTH';

function masked(error: unknown, secret: string): unknown {
  if (!(error instanceof AppError) || maskSecrets(error.message, [secret]) === error.message)
    return error;
  const { code, hint, details, notBefore } = error;
  return new AppError(code, maskSecrets(error.message, [secret]), {
    details,
    hint,
    notBefore,
  });
}
