// A target that the configuration does not name any more: what was last known of it stays, and
// nothing can be placed there.
import { AppError } from '../base/errors.ts';
import type { DeployTarget } from '../ports/target.ts';

export function createAbsentTarget(name: string): DeployTarget {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new AppError('DEPLOY_REFUSED', `there is no [target.${name}]`, {
        hint: 'add it to the configuration, or name another target',
      }),
    );
  return {
    id: `absent ${name}`,
    label: `target ${name}`,
    place: refuse,
    reload: refuse,
    placed: refuse,
    differences: () => Promise.resolve(undefined),
  };
}
