// The files of a running key and certificate, at the places of the configured targets: `adopt`
// takes them over.
import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { CertificateConfig, DeployConfig } from '../../config/schema.ts';
import type { Operation } from '../../engine/world.ts';
import { uidOf } from '../../files/accounts.ts';
import { readTrusted } from '../../files/trusted.ts';
import { certificateOfKeyFirst } from '../../x509/certificate-file.ts';
import { certificatesIn, privateKeyTexts } from '../../x509/pem.ts';
import type { AdoptRequest } from './commands.ts';
import { deployedElsewhere, renewedElsewhere } from '../others/managed-elsewhere.ts';
import type { ManagedElsewhere } from '../others/managed-elsewhere.ts';

/** Key and chain in PEM are some 10 KiB. */
const MOST_BYTES = 1024 * 1024;

export interface Adoption {
  readonly operation: Operation;
  /** Other clients that renew it, and the owners of the files at the targets. */
  readonly others: readonly ManagedElsewhere[];
}

/**
 * From the named files, or else from the first target of files that contains both. @throws AppError
 * USAGE, INPUT_INVALID
 */
export async function adoptionOf(
  { name, deploy }: Pick<CertificateConfig, 'name' | 'deploy'>,
  named: AdoptRequest['files'],
): Promise<Adoption> {
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
  const owners = await ownerOf(deploy);
  const key = keyIn(await read(places.key, owners));
  const chainPem = certificateOfKeyFirst(await read(places.certificate, owners), key);
  // A file without a certificate is refused by the adoption.
  const [leaf = new Uint8Array()] = certificatesIn(chainPem);
  const others = [
    ...(await renewedElsewhere([places.certificate, places.key], leaf)),
    ...(await deployedElsewhere(deploy)),
  ];
  return { operation: { kind: 'adopt', privkeyPem: key, chainPem }, others };
}

function placesOf(target: DeployConfig): AdoptRequest['files'] {
  if (target.type !== 'files') return undefined;
  const { certificate, key, combined, directory } = target;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (combined !== undefined) return { certificate: combined, key: combined };
  if (directory === undefined) return undefined;
  return { certificate: join(directory, 'fullchain.pem'), key: join(directory, 'privkey.pem') };
}

/**
 * An adopted chain is deployed again, so the files must not be exchangeable by other users. They
 * may belong to the service.
 */
async function read(file: string, owners: readonly number[]): Promise<string> {
  const rules = { most: MOST_BYTES, code: 'INPUT_INVALID', owners, anyOwner: true } as const;
  const text = await readTrusted(file, rules);
  if (text !== undefined) return text;
  throw new AppError('INPUT_INVALID', `the file ${file} does not exist`, {
    hint: 'nothing was adopted; name the files that the service loads',
  });
}

async function ownerOf(deploy: readonly DeployConfig[]): Promise<readonly number[]> {
  const names = deploy.flatMap((target) => (target.type === 'files' ? (target.owner ?? []) : []));
  return Promise.all(names.map(uidOf));
}

function keyIn(text: string): string {
  const [found] = privateKeyTexts(text);
  if (found !== undefined) return found;
  throw new AppError('INPUT_INVALID', 'the key file contains no private key in PEM', {
    hint: 'decrypt an encrypted key first',
  });
}
