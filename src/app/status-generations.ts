// Of `status`: the generations of a certificate, and the CA behind them.
import { fromHex } from '../base/bytes.ts';
import type { Generation } from '../rollover/model.ts';
import { labelOf } from '../x509/certificate.ts';
import type { GenerationStatus } from './certificate-status.ts';

/**
 * By the names that the CAs give their test environments: Let's Encrypt (acme-staging-v02, "(STAGING) …"), Google (test-api), Buypass
 * (api.test4), Actalis and others ("staging", "sandbox").
 */
const STAGING_URL = /staging|sandbox|\btest[\d-]*(api)?\b|acme-test/i;
const STAGING_ISSUER = /\(STAGING\)|\bFake LE\b/i;

export function isStaging(directory: string, issuer = ''): boolean {
  const host = URL.canParse(directory) ? new URL(directory).hostname : directory;
  return STAGING_URL.test(host) || STAGING_ISSUER.test(issuer);
}

function originOf({ rollbackOf, orderUrl, chain }: Generation): GenerationStatus['origin'] {
  if (rollbackOf !== undefined) return 'brought back';
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
