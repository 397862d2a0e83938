// Who issues certificates, each with the id under which state and account are kept: the URL of its
// directory, and its name where another issuer has the same directory.
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { OrderWishes } from '../ports/issuer.ts';
import type { AcmeConfig, CertificateConfig, Config } from './schema.ts';

/** [acme] is the issuer of this name. */
export const DEFAULT_ISSUER = 'acme';

export interface IssuerConfig extends AcmeConfig {
  /** As certificates name it. */
  readonly name: string;
  readonly id: string;
}

type Issuers = Pick<Config, 'acme' | 'issuer'>;

export function issuersOf({ acme, issuer }: Issuers): readonly IssuerConfig[] {
  const all: readonly (readonly [string, AcmeConfig])[] = [
    [DEFAULT_ISSUER, acme],
    ...Object.entries(issuer),
  ];
  const taken = new Set<string>();
  return all.map(([name, each]) => {
    const { directory } = each;
    const id = taken.has(directory) ? `${directory}#${name}` : directory;
    taken.add(id);
    return { ...each, name, id };
  });
}

/** Undefined: that of [acme]. @throws AppError USAGE for a name that is not configured */
export function issuerNamed(wanted: string | undefined, config: Issuers): IssuerConfig {
  const known = issuersOf(config);
  const found = known.find(({ name }) => name === (wanted ?? DEFAULT_ISSUER));
  if (found !== undefined) return found;
  throw new AppError('USAGE', `the issuer "${wanted ?? ''}" does not exist`, {
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
