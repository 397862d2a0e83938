// Settings that are each well formed and cannot work together, once the defaults are laid under them.
import { formatDuration } from '../base/duration.ts';
import type { Seconds } from '../base/clock.ts';
import { cacheLife } from '../rollover/versions.ts';
import type { CertificateConfig, Config } from './schema.ts';

const DAY = 86_400;

/** What certificates last that no one has seen yet: the usual lifetime, which is about to become shorter. */
const USUAL_LIFETIME: Seconds = 90 * DAY;

/** Profiles with another lifetime (letsencrypt.org/docs/profiles). */
const LIFETIMES: Readonly<Record<string, Seconds>> = { shortlived: 160 * 3600 };

/** The wait may take so much of a lifetime: a renewal begins when a third of it is left. */
const SHARE = 1 / 3;

export function contradictions({ certificates }: Pick<Config, 'certificates'>): readonly string[] {
  return certificates
    .filter(({ dane, services }) => dane && services.length > 0)
    .flatMap((it) =>
      [...recordless(it), ...waitsTooLong(it)].map((why) => `certificate "${it.name}": ${why}`),
    );
}

/** Which combinations can ever give a record for one of the services. */
function recordless({ records, trustAnchors, services }: CertificateConfig): string[] {
  const isPublished = (combination: string): boolean => {
    const isForPkix = /^[01] /.test(combination);
    if (isForPkix && services.every(({ smtpLike }) => smtpLike)) return false;
    return !/^[02] /.test(combination) || trustAnchors !== 'none';
  };
  if (records.some(isPublished)) return [];
  return [
    `records = ${JSON.stringify(records)} with trust_anchors = "${trustAnchors}" gives no TLSA record for its services: add "3 1 1", or write dane = false`,
  ];
}

function waitsTooLong(it: CertificateConfig): string[] {
  const wait = cacheLife(it.ttl, it);
  const { profile } = it;
  const known = profile !== undefined && Object.hasOwn(LIFETIMES, profile);
  const lifetime = (known ? LIFETIMES[profile] : undefined) ?? USUAL_LIFETIME;
  if (it.strategy === 'reuse-key' || wait <= lifetime * SHARE) return [];
  const from =
    it.ttl * it.ttlFactor >= it.ttl + it.cacheFloor ? 'ttl × ttl_factor' : 'ttl + cache_floor';
  const of = known ? `profile "${profile}"` : 'a certificate';
  return [
    `a rollover waits ${formatDuration(wait)} for caches (${from} + margin), more than a third of the ${formatDuration(lifetime)} of ${of}: lower ttl, ttl_factor or cache_floor`,
  ];
}
