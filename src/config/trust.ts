// The PKIX store for usages 0 and 1: a PEM file, or the roots that are part of Node.js.
import { rootCertificates } from 'node:tls';
import { AppError, reasonOf } from '../base/errors.ts';
import { parseNative } from '../x509/chain.ts';
import { splitPem } from '../x509/pem.ts';
import { readPemFile } from './pem-file.ts';
import type { PkixConfig } from './schema.ts';

/**
 * Its certificates as DER. @throws AppError CONFIG_INVALID if the file cannot be read or contains
 * none
 */
export async function readTrust({ caFile }: PkixConfig): Promise<readonly Uint8Array[]> {
  if (caFile === undefined) return splitPem(rootCertificates.join('\n'));
  return readCaFile('pkix.ca_file', caFile, {
    hint:
      'name a PEM file with the CA certificates that clients trust, or leave it out to use ' +
      'the roots that are part of Node.js',
  });
}

/**
 * The certificates of a file, as DER. Without this check a file without certificates would be
 * noticed only at the first handshake, as "not trusted". @param option its name in the
 * configuration, for messages @throws AppError CONFIG_INVALID
 */
export async function readCaFile(
  option: string,
  file: string,
  { hint } = { hint: 'name a PEM file with CA certificates' },
): Promise<readonly Uint8Array[]> {
  try {
    const ders = splitPem(await readPemFile(option, file));
    if (ders.some((der) => parseNative(der) !== undefined)) return ders;
    throw new AppError('INPUT_INVALID', 'it contains no certificate that can be read');
  } catch (cause) {
    const message = `cannot use ${option} ${file}: ${reasonOf(cause)}`;
    throw new AppError('CONFIG_INVALID', message, { hint, cause });
  }
}
