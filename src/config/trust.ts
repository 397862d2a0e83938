// The PKIX store that usages 0 and 1 are judged with: a PEM file, or the roots that Node.js brings.
import { rootCertificates } from 'node:tls';
import { AppError, reasonOf } from '../base/errors.ts';
import { parseNative } from '../x509/chain.ts';
import { splitPem } from '../x509/pem.ts';
import { readPemFile } from './pem-file.ts';
import type { PkixConfig } from './schema.ts';

/**
 * Its certificates as DER.
 * @throws AppError CONFIG_INVALID when the file cannot be read or holds none
 */
export async function readTrust({ caFile }: PkixConfig): Promise<readonly Uint8Array[]> {
  if (caFile === undefined) return splitPem(rootCertificates.join('\n'));
  try {
    const ders = splitPem(await readPemFile('pkix.ca_file', caFile));
    if (ders.some((der) => parseNative(der) !== undefined)) return ders;
    throw new AppError('INPUT_INVALID', 'it holds no certificate that can be read');
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `cannot use pkix.ca_file ${caFile}: ${reasonOf(cause)}`, {
      hint: 'name a PEM file with the CA certificates that clients trust, or leave it out for the roots that Node.js brings',
      cause,
    });
  }
}
