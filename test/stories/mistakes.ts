// A target that the configuration describes wrongly, and what a deployment does there.
import { AppError } from '../../src/base/errors.ts';
import type { DeployPackage, DeployTarget } from '../../src/ports/target.ts';

export interface Mistake {
  readonly kind: 'no-folder' | 'elsewhere' | 'foreign-key' | 'no-such-unit';
  /** The chain in files that no service loads. */
  unread?: string;
}

/** What holger knows of a target is its identity: after the correction it is another target. */
export function mistaken(target: DeployTarget, mistake: Mistake): DeployTarget {
  const known = { ...target, id: `${target.id}, ${mistake.kind}` };
  switch (mistake.kind) {
    case 'no-folder': {
      const hint = 'create the folder first, or correct the path';
      const place = refusing('the folder /etc/postfix/tsl does not exist', hint);
      return { ...known, place, ...unread(mistake) };
    }
    case 'foreign-key': {
      const why = '/etc/ssl/mx1.key contains another key, and the certificate is not for it';
      return {
        ...known,
        place: refusing(`nothing was placed: ${why}`, 'let holger place the key'),
      };
    }
    case 'elsewhere': {
      const place = ({ pems }: DeployPackage): Promise<void> => {
        mistake.unread = pems.fullchain;
        return Promise.resolve();
      };
      return { ...known, place, ...unread(mistake) };
    }
    case 'no-such-unit': {
      const error = new AppError('RELOAD_FAILED', 'systemctl ended with status 5', {
        hint: 'run the command by hand, then run again',
      });
      return { ...known, reload: () => Promise.reject(error) };
    }
  }
}

const refusing = (message: string, hint: string) => (): Promise<never> =>
  Promise.reject(new AppError('DEPLOY_REFUSED', message, { hint }));

function unread(at: Mistake): Pick<DeployTarget, 'reads' | 'placed' | 'differences'> {
  const place = '/etc/postfix/tsl';
  return {
    reads: [place],
    placed: () => Promise.resolve(at.unread === undefined ? [] : [{ place, pem: at.unread }]),
    differences: ({ pems }) =>
      Promise.resolve(at.unread === pems.fullchain ? [] : ['the files are missing']),
  };
}
