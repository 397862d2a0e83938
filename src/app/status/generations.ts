// Of `status`: the generations of a certificate, and the CA behind them.
import { isStagingDirectory } from '../../config/staging.ts';
import { fromHex } from '../../base/bytes.ts';
import type { Generation } from '../../rollover/model.ts';
import { labelOf } from '../../x509/certificate.ts';
import type { GenerationStatus } from './certificate-status.ts';

const STAGING_ISSUER = /\(STAGING\)|\bFake LE\b/i;

export function isStaging(directory: string, issuer = ''): boolean {
  return isStagingDirectory(directory) || STAGING_ISSUER.test(issuer);
}

function originOf({
  rollbackOf,
  orderUrl,
  chain,
  directory,
}: Generation): GenerationStatus['origin'] {
  if (rollbackOf !== undefined) return 'brought back';
  if (directory.startsWith('files:')) return 'taken';
  return chain !== undefined && orderUrl === undefined ? 'adopted' : 'ordered';
}

export function generationStatus(generation: Generation): GenerationStatus {
  const { number, keyType, directory, chain } = generation;
  const leaf = chain?.certificates[0];
  const issuer = leaf === undefined ? undefined : labelOf(fromHex(leaf.der)).issuer;
  return {
    ...{ number, keyType, directory, issuer },
    notBefore: leaf?.notBefore,
    notAfter: leaf?.notAfter,
    staging: isStaging(directory, issuer),
    origin: originOf(generation),
    revokedAt: generation.revokedAt,
    compromised: generation.compromised === true,
    deployedAt: generation.deployedAt,
    provenAt: generation.provenAt,
  };
}
