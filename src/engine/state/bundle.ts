// Key and chain of a generation for a target, from the state directory; a pair that does not match
// is never handed out.
import { AppError } from '../../base/errors.ts';
import type { DeployPackage } from '../../ports/target.ts';
import type { Generation, Intent } from '../../rollover/model.ts';
import { certificateTexts, isRequest } from '../../x509/pem.ts';
import { placingAids } from './own-keys.ts';
import type { World } from '../world.ts';

/** @throws AppError STORE_CORRUPT */
export async function packageOf(
  generation: Generation,
  { name, domains }: Pick<Intent, 'name' | 'domains'>,
  world: Pick<World, 'files' | 'pki' | 'log'>,
): Promise<DeployPackage> {
  const key = await world.files.readKey(name, generation.number);
  const fullchain = await world.files.readChain(name, generation.number);
  if (key === undefined || fullchain === undefined) {
    throw new AppError(
      'STORE_CORRUPT',
      `files of generation ${generation.number} of ${name} are missing`,
      {
        hint: 'restore the state directory from a backup',
      },
    );
  }
  if (!world.pki.keyFits(key, world.pki.readPem(fullchain))) {
    throw new AppError(
      'STORE_CORRUPT',
      `key and certificate of generation ${generation.number} of ${name} do not match`,
      {
        hint: 'nothing was deployed; restore the state directory from a backup',
      },
    );
  }
  const [cert = '', ...others] = certificateTexts(fullchain);
  const privkey = isRequest(key) ? {} : { privkey: key };
  const pems = { ...privkey, fullchain, cert, chain: others.join('') };
  const folder = world.files.folder(name, generation.number);
  const aids = placingAids(name, world);
  return { certificate: name, generation: generation.number, domains, folder, pems, ...aids };
}
