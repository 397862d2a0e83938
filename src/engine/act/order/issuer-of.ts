// The issuer of a generation.
import { AppError } from '../../../base/errors.ts';
import type { Issuer } from '../../../ports/issuer.ts';
import type { Generation } from '../../../rollover/model.ts';
import type { Job } from '../../job.ts';

/** @throws AppError CONFIG_INVALID when no configured issuer has its directory */
export function issuerOf(
  { task, world }: Job,
  { directory }: Pick<Generation, 'directory'>,
): Issuer {
  const issuer = world.issuerAt(directory);
  if (issuer !== undefined) return issuer;
  if (task.source !== undefined) {
    throw new AppError('USAGE', `another program ordered this certificate of ${task.intent.name}`, {
      hint: 'revoke it with that program, and let it order another one with a new key',
    });
  }
  throw new AppError('CONFIG_INVALID', `no issuer is configured for ${directory}`, {
    hint: 'name its directory in [acme] or in an [issuer.NAME], as before',
  });
}
