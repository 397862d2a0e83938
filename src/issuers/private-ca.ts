// The keys and certificates of a private CA. Each is used until a certificate would end after it;
// then the next one is made, and for TLSA records of usage 2 that is a change of the CA like any
// other.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeNewFile } from '../files/write.ts';
import { certificatesIn, pemOf } from '../x509/pem.ts';
import { chainFromPem } from '../x509/chain.ts';
import { generateKey } from '../x509/keys.ts';
import type { KeyType } from '../x509/keys.ts';
import { createCaCertificate } from '../x509/sign.ts';
import type { Signer } from '../x509/sign.ts';

export interface PrivateCaOptions {
  /** The folder of the issuer in the state. */
  readonly folder: string;
  readonly commonName: string;
  readonly keyType: KeyType;
  /** Of the certificate of the CA. */
  readonly lifetime: Seconds;
  readonly pathLength: number;
  readonly permitted: readonly string[];
  readonly clock: Clock;
}

/** CAs are followed by others every few years. */
const MOST_CAS = 1000;

/** The first CA whose certificate does not end before `end`; it is made if there is none. */
export async function signerUntil(end: Instant, options: PrivateCaOptions): Promise<Signer> {
  const { lifetime, clock } = options;
  // Certificates hold whole seconds.
  const until = Math.floor(end);
  if (until > clock.now() + lifetime) {
    throw new AppError('CONFIG_INVALID', 'certificates would be valid for longer than their CA', {
      hint: 'set a longer ca_lifetime, or a shorter lifetime',
    });
  }
  for (let number = 1; number <= MOST_CAS; number += 1) {
    const ca = await caAt(number, options);
    if (ca.notAfter >= until) return ca;
  }
  throw new AppError('STORE_CORRUPT', `${options.folder} has more than ${MOST_CAS} CAs`);
}

/** The same for CAs with the same settings: changed ones make another CA. */
function familyOf({ commonName, keyType, pathLength, permitted }: PrivateCaOptions): string {
  const settings = JSON.stringify([commonName, keyType, pathLength, permitted]);
  return createHash('sha256').update(settings).digest('hex').slice(0, 12);
}

async function caAt(
  number: number,
  options: PrivateCaOptions,
): Promise<Signer & { readonly notAfter: Instant }> {
  const folder = join(options.folder, `ca-${familyOf(options)}-${number}`);
  await makeFolder(options.folder);
  await makeFolder(folder);
  const keyPem = await kept(join(folder, 'key.pem'), () => generateKey(options.keyType));
  const pem = await kept(join(folder, 'certificate.pem'), async () => {
    const { clock, lifetime } = options;
    const now = clock.now();
    const wish = { ...options, notAfter: now + lifetime };
    return pemOf('CERTIFICATE', await createCaCertificate(keyPem, wish, now));
  });
  const [certificate] = certificatesIn(pem);
  const notAfter = chainFromPem(pem).certificates[0]?.notAfter ?? 0;
  return { keyPem, notAfter, ...(certificate && { certificate }) };
}

/** Another run may make it at the same time: what was written first counts. */
async function kept(path: string, make: () => Promise<string>): Promise<string> {
  const before = await readFileIfAny(path);
  if (before !== undefined) return before;
  const made = await make();
  if (await writeNewFile(path, made)) return made;
  return (await readFileIfAny(path)) ?? made;
}
