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
  return readCaFile('pkix.ca_file', caFile, {
    hint: 'name a PEM file with the CA certificates that clients trust, or leave it out for the roots that Node.js brings',
  });
}

/**
 * The certificates of a file, as DER: one that holds none would be found out at the first
 * handshake, as "not trusted".
 * @param option as it is called in the configuration, for messages
 * @throws AppError CONFIG_INVALID
 */
export async function readCaFile(
  option: string,
  file: string,
  { hint } = { hint: 'name a PEM file with CA certificates' },
): Promise<readonly Uint8Array[]> {
  try {
    const ders = splitPem(await readPemFile(option, file));
    if (ders.some((der) => parseNative(der) !== undefined)) return ders;
    throw new AppError('INPUT_INVALID', 'it holds no certificate that can be read');
  } catch (cause) {
    const message = `cannot use ${option} ${file}: ${reasonOf(cause)}`;
    throw new AppError('CONFIG_INVALID', message, { hint, cause });
  }
}
