// The issuer of a generation.
import { AppError } from '../../../base/errors.ts';
import type { Issuer } from '../../../ports/issuer.ts';
import type { Generation } from '../../../rollover/model.ts';
import type { Job } from '../../job.ts';

/** @throws AppError CONFIG_INVALID when no configured issuer has its directory */
export function issuerOf({ world }: Job, { directory }: Pick<Generation, 'directory'>): Issuer {
  const issuer = world.issuerAt(directory);
  if (issuer !== undefined) return issuer;
  throw new AppError('CONFIG_INVALID', `no issuer is configured for ${directory}`, {
    hint: 'name its directory in [acme] or in an [issuer.NAME], as before',
  });
}
