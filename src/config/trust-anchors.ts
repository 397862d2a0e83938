// The CA certificates to which chains of an issuer lead, as far as the operator names them
// (trust_anchor_file of an issuer): nothing about a CA is guessed.
import { AppError, reasonOf } from '../base/errors.ts';
import type { Selectable } from '../dane/association.ts';
import { readTrusted } from '../files/trusted.ts';
import { labelOf } from '../x509/certificate.ts';
import { certificateFacts, parseNative } from '../x509/chain.ts';
import { splitPem } from '../x509/pem.ts';
import { acmeIssuersOf, DEFAULT_ISSUER } from './issuers.ts';
import type { AcmeIssuerConfig } from './issuers.ts';
import type { Config, KnownAnchors } from './schema.ts';

/**
 * Each one is a record in every answer, and the CAs of most chains are two to four. A file with the
 * roots of all CAs was named by mistake.
 */
const MOST_ANCHORS = 16;
const MOST_BYTES = 256 * 1024;

export const placeOfAnchors = (issuer: string): string =>
  `${issuer === DEFAULT_ISSUER ? 'acme' : `issuer.${issuer}`}.trust_anchor_file`;

/** By name of the issuer. A file that cannot be used must not end a run: renewals go on. */
export async function knownAnchors(
  config: Pick<Config, 'acme' | 'issuer'>,
): Promise<Readonly<Record<string, KnownAnchors>>> {
  const known: Record<string, KnownAnchors> = {};
  for (const issuer of acmeIssuersOf(config)) {
    if (issuer.trustAnchorFile !== undefined) known[issuer.name] = await knownOf(issuer);
  }
  return known;
}

async function knownOf(issuer: AcmeIssuerConfig): Promise<KnownAnchors> {
  try {
    return { certificates: await readAnchors(issuer) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { certificates: [], unread: error.message };
  }
}

/** None if it names no file. @throws AppError CONFIG_INVALID */
export async function readAnchors({
  name,
  trustAnchorFile: file,
}: Pick<AcmeIssuerConfig, 'name' | 'trustAnchorFile'>): Promise<readonly Selectable[]> {
  if (file === undefined) return [];
  try {
    const text = await readTrusted(file, { most: MOST_BYTES, code: 'CONFIG_INVALID' });
    if (text === undefined) throw new AppError('INPUT_INVALID', 'the file does not exist');
    return anchorsIn(text);
  } catch (cause) {
    const message = `cannot use ${placeOfAnchors(name)} ${file}: ${reasonOf(cause)}`;
    const hint = 'name a PEM file with the CA certificates that lead to certificates of this CA';
    throw new AppError('CONFIG_INVALID', message, { hint, cause });
  }
}

function anchorsIn(text: string): readonly Selectable[] {
  const anchors = new Map<string, Selectable>();
  for (const [at, pem] of splitPem(text).entries()) {
    const { der, spki, canSign } = certificateFacts(pem, parseNative(pem) !== undefined);
    if (!canSign || spki === '') throw notOfCa(pem, at);
    anchors.set(der, { der, spki });
  }
  if (anchors.size <= MOST_ANCHORS) return [...anchors.values()];
  const message = `it contains ${anchors.size} CA certificates, and at most ${MOST_ANCHORS} are published`;
  throw new AppError('INPUT_INVALID', message);
}

function notOfCa(der: Uint8Array, at: number): AppError {
  const what = `certificate ${at + 1} in it, of ${labelOf(der).subject}, is not a CA certificate`;
  return new AppError('INPUT_INVALID', what);
}
