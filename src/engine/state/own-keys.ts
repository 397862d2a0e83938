// What a target may ask while it places files: whether a key in a file belongs to holger; and how
// it reports something to the operator.
import type { DeployPackage } from '../../ports/target.ts';
import { isRequest } from '../../x509/pem.ts';
import type { World } from '../world.ts';

const bare = (text: string): string => text.replace(/\s/g, '');

/** The text of the private key is compared, not its public half, which is public. */
export function placingAids(
  certificate: string,
  { files, log }: Pick<World, 'files' | 'log'>,
): Pick<DeployPackage, 'isOurs'> & Required<Pick<DeployPackage, 'warn'>> {
  return {
    isOurs: async (text) => {
      const found = bare(text);
      // The newest first: it is nearly always the one that was placed last.
      for (const number of [...(await files.numbers(certificate))].reverse()) {
        const key = (await files.readKey(certificate, number)) ?? '';
        const isKey = key !== '' && !isRequest(key);
        if (isKey && found.includes(bare(key))) return true;
      }
      return false;
    },
    warn: (detail) => log.warn('deployment', { certificate, detail }),
  };
}
