// A certificate that was ordered with a request of the operator comes without its private key.
import { AppError } from '../base/errors.ts';
import type { GenerationPems } from '../ports/store.ts';

/** @throws AppError DEPLOY_REFUSED where the target needs the key */
export function keyOf({ privkey }: Pick<GenerationPems, 'privkey'>): string {
  if (privkey !== undefined) return privkey;
  throw new AppError(
    'DEPLOY_REFUSED',
    'nothing was placed: the private key of this generation is not here, because it was ordered with a certificate request',
    { hint: 'the next generation is placed; to order it now: holger run --force' },
  );
}
