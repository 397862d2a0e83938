// Where a running key and certificate lie, as the configuration would deploy them: what `adopt` takes over.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, reasonOf } from '../base/errors.ts';
import type { CertificateConfig, DeployConfig } from '../config/schema.ts';
import type { Intervention } from '../engine/world.ts';
import type { AdoptRequest } from './commands.ts';

/** From the named files, else from the first target of files that holds both. @throws AppError USAGE, INPUT_INVALID */
export async function adoptionOf(
  { name, deploy }: Pick<CertificateConfig, 'name' | 'deploy'>,
  named: AdoptRequest['files'],
): Promise<Intervention> {
  const places = named ?? deploy.map(placesOf).find((found) => found !== undefined);
  if (places === undefined) {
    throw new AppError(
      'USAGE',
      `the configuration names no files from which ${name} could be adopted`,
      {
        hint: `name them: holger adopt ${name} --certificate FILE --key FILE`,
      },
    );
  }
  const key = keyIn(await read(places.key));
  return { kind: 'adopt', privkeyPem: key, chainPem: await read(places.certificate) };
}

function placesOf(target: DeployConfig): AdoptRequest['files'] {
  if (target.type !== 'files') return undefined;
  const { certificate, key, combined, directory } = target;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (combined !== undefined) return { certificate: combined, key: combined };
  if (directory === undefined) return undefined;
  return { certificate: join(directory, 'fullchain.pem'), key: join(directory, 'privkey.pem') };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('INPUT_INVALID', `cannot read ${file}: ${reasonOf(error)}`, {
      hint: 'nothing was adopted; name the files that the service loads',
      cause: error,
    });
  }
}

const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]+-----END (?:[A-Z]+ )?PRIVATE KEY-----/;

function keyIn(text: string): string {
  const found = KEY.exec(text)?.[0];
  if (found !== undefined) return `${found}\n`;
  throw new AppError('INPUT_INVALID', 'the key file holds no private key in PEM', {
    hint: 'an encrypted key has to be decrypted first',
  });
}
