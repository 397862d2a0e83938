// Settings that are each valid but cannot work together, after the defaults are filled in.
import type { Seconds } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { combinationFrom, namesAuthority } from '../dane/tlsa.ts';
import type { CombinationText } from '../dane/tlsa.ts';
import { asksForTrust } from '../rollover/law/pkix-trust.ts';
import { cacheLife } from '../rollover/record/versions.ts';
import { issuersFor, profileAt, wishesAt } from './issuers.ts';
import type { IssuerConfig } from './issuers.ts';
import { USUAL_LIFETIME, lifetimeOfProfile } from './lifetimes.ts';
import type { CertificateConfig, Config } from './schema.ts';

/**
 * The part of a lifetime that a wait may take: a renewal begins when a third of the lifetime is
 * left.
 */
const SHARE = 1 / 3;

type WaitPolicy = Pick<CertificateConfig, 'ttl' | 'ttlFactor' | 'cacheFloor' | 'margin'>;

export function contradictions(
  config: Pick<Config, 'acme' | 'issuer' | 'certificates'>,
): readonly string[] {
  return config.certificates
    .filter(({ dane, services }) => dane && services.length > 0)
    .flatMap((it) =>
      [...recordless(it), ...waitsTooLong(it, config)].map(
        (why) => `certificate "${it.name}": ${why}`,
      ),
    );
}

/** The combinations that can yield a record for one of the services. */
function recordless({ records, trustAnchors, services }: CertificateConfig): string[] {
  const isPublished = (text: CombinationText): boolean => {
    const combination = combinationFrom(text);
    const onSmtpOnly = services.every(({ smtpLike }) => smtpLike);
    if (onSmtpOnly && asksForTrust(combination)) return false;
    return !namesAuthority(combination) || trustAnchors !== 'none';
  };
  if (records.some(isPublished)) return [];
  return [
    `records = ${JSON.stringify(records)} with trust_anchors = "${trustAnchors}" gives no TLSA record for its services: add "3 1 1", or write dane = false`,
  ];
}

/** With several issuers, that of the shortest-lived profile that one of them is asked for. */
function waitsTooLong(
  it: CertificateConfig,
  config: Pick<Config, 'acme' | 'issuer'>,
): readonly string[] {
  const wait = cacheLife(it.ttl, it);
  const [shortest] = issuersFor(it, config)
    .map((issuer) => askedOf(it, issuer))
    .map(({ profile, asked }) => ({
      ...{ profile, asked },
      lifetime: asked ?? lifetimeOfProfile(profile) ?? USUAL_LIFETIME,
    }))
    .sort((a, b) => a.lifetime - b.lifetime);
  if (shortest === undefined) return [];
  const { profile, lifetime, asked } = shortest;
  if (it.strategy === 'reuse-key' || wait <= lifetime * SHARE) return [];
  const isKnown = asked === undefined && lifetimeOfProfile(profile) !== undefined;
  const of = isKnown ? `profile "${profile ?? ''}"` : 'a certificate';
  return [
    `a rollover waits ${waitWords(it)} for caches, more than ${formatDuration(lifetime * SHARE)}, a third of the ${formatDuration(lifetime)} of ${of}: lower ttl, ttl_factor or cache_floor`,
  ];
}

/** What decides how long the certificates of an issuer are valid. */
function askedOf(
  it: CertificateConfig,
  issuer: IssuerConfig,
): { readonly profile?: string | undefined; readonly asked?: Seconds | undefined } {
  if (issuer.type === 'files') return {};
  if (issuer.type !== 'acme') return { asked: issuer.lifetime };
  return { profile: profileAt(it, issuer), asked: wishesAt(it, issuer).lifetime };
}

/** `14d (ttl × ttl_factor + margin: 7d × 2 + 1m)` */
export function waitWords(it: WaitPolicy): string {
  const [ttl, floor, margin] = [it.ttl, it.cacheFloor, it.margin].map(formatDuration);
  const sum =
    it.ttl * it.ttlFactor >= it.ttl + it.cacheFloor
      ? `ttl × ttl_factor + margin: ${ttl} × ${it.ttlFactor} + ${margin}`
      : `ttl + cache_floor + margin: ${ttl} + ${floor} + ${margin}`;
  return `${formatDuration(cacheLife(it.ttl, it))} (${sum})`;
}
