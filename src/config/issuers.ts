// Where certificates come from, each issuer with the id under which state and account are kept: for
// a CA the URL of its directory, and its name where another issuer has the same directory.
import path from 'node:path';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { OrderWishes } from '../ports/issuer.ts';
import type {
  AcmeConfig,
  CertificateConfig,
  Config,
  FilesIssuer,
  PrivateCaIssuer,
  SelfSignedIssuer,
} from './schema.ts';

/** [acme] is the issuer of this name. */
export const DEFAULT_ISSUER = 'acme';

interface Named {
  /** As certificates name it. */
  readonly name: string;
  readonly id: string;
}

export interface AcmeIssuerConfig extends Omit<AcmeConfig, 'type'>, Named {
  readonly type: 'acme';
}

/** It signs in this process. */
export type OwnIssuerConfig = (PrivateCaIssuer | SelfSignedIssuer) & Named;

export type IssuerConfig = AcmeIssuerConfig | OwnIssuerConfig | (FilesIssuer & Named);

type Issuers = Pick<Config, 'acme' | 'issuer'>;

export function issuersOf({ acme, issuer }: Issuers): readonly IssuerConfig[] {
  const all = [
    [DEFAULT_ISSUER, { ...acme, type: 'acme' as const }],
    ...Object.entries(issuer),
  ] as const;
  const taken = new Set<string>();
  return all.map(([name, each]) => {
    if (each.type !== 'acme') return { ...each, name, id: `${each.type}:${name}` };
    const { directory } = each;
    const id = taken.has(directory) ? `${directory}#${name}` : directory;
    taken.add(id);
    return { ...each, name, id };
  });
}

/** Those that are asked for certificates over ACME. */
export function acmeIssuersOf(config: Issuers): readonly AcmeIssuerConfig[] {
  return issuersOf(config).filter((one) => one.type === 'acme');
}

/** Those that sign in this process. */
export function ownIssuersOf(config: Issuers): readonly OwnIssuerConfig[] {
  return issuersOf(config).flatMap((one) =>
    one.type === 'private-ca' || one.type === 'self-signed' ? one : [],
  );
}

/**
 * Undefined: that of [acme]. @throws AppError USAGE for a name that is not configured, or that is
 * not an ACME CA
 */
export function issuerNamed(wanted: string | undefined, config: Issuers): AcmeIssuerConfig {
  const known = acmeIssuersOf(config);
  const found = known.find(({ name }) => name === (wanted ?? DEFAULT_ISSUER));
  if (found !== undefined) return found;
  const other = issuersOf(config).find(({ name }) => name === wanted);
  const why = other === undefined ? 'does not exist' : `has no account (type "${other.type}")`;
  throw new AppError('USAGE', `the issuer "${wanted ?? ''}" ${why}`, {
    hint: `issuers are: ${known.map(({ name }) => name).join(', ')}`,
  });
}

/**
 * Those of a certificate, in the order of its preference. The stored configuration of one that was
 * removed may name none, or one that was removed, too: then [acme].
 */
export function issuersFor(
  { issuer }: { readonly issuer?: readonly string[] },
  config: Issuers,
): readonly [IssuerConfig, ...IssuerConfig[]] {
  const known = issuersOf(config);
  const named = (issuer ?? []).flatMap((name) => known.find((one) => one.name === name) ?? []);
  const [first, ...others] = named.length > 0 ? named : known;
  if (first === undefined) throw new RangeError('there is no issuer');
  return named.length > 0 ? [first, ...others] : [first];
}

/** What a certificate does not say, its issuer says. */
export function wishesAt(
  certificate: Partial<Pick<CertificateConfig, keyof OrderWishes>>,
  issuer: Pick<AcmeConfig, keyof OrderWishes>,
): OrderWishes {
  const says = certificate.profile ?? certificate.preferredProfile;
  const { profile, preferredProfile } = says === undefined ? issuer : certificate;
  const preferredChain = certificate.preferredChain ?? issuer.preferredChain;
  const lifetime = certificate.lifetime ?? issuer.lifetime;
  const deactivateAuthorizations =
    certificate.deactivateAuthorizations ?? issuer.deactivateAuthorizations;
  return defined({ profile, preferredProfile, preferredChain, lifetime, deactivateAuthorizations });
}

/** The profile of its certificates, if the CA offers what is preferred. */
export function profileAt(
  certificate: Parameters<typeof wishesAt>[0],
  issuer: Parameters<typeof wishesAt>[1],
): string | undefined {
  const { profile, preferredProfile } = wishesAt(certificate, issuer);
  return profile ?? preferredProfile;
}

/** Those of a certificate that are asked over ACME. */
export function acmeIssuersFor(
  certificate: { readonly issuer?: readonly string[] },
  config: Issuers,
): readonly AcmeIssuerConfig[] {
  return issuersFor(certificate, config).filter((one) => one.type === 'acme');
}

/** The first of them; undefined for a certificate that is not ordered over ACME. */
export function firstCaOf(
  certificate: { readonly issuer?: readonly string[] },
  config: Issuers,
): AcmeIssuerConfig | undefined {
  return acmeIssuersFor(certificate, config)[0];
}

export interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

/** In place of {name}, the name of the certificate. */
export function pairFilesOf({ lineage, certificate, key }: FilesIssuer, name: string): PairFiles {
  const at = (file: string): string => file.replaceAll('{name}', name);
  const inLineage = (file: string): string => path.join(lineage ?? '', file);
  return {
    certificate: at(certificate ?? inLineage('fullchain.pem')),
    key: at(key ?? inLineage('privkey.pem')),
  };
}
