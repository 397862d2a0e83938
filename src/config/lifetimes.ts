// Lifetimes of certificates that are not issued yet, known from the profile or the CA.
import { entryOf } from '../base/table.ts';
import type { Seconds } from '../base/clock.ts';

const DAY = 86_400;

/** The usual lifetime, which will become shorter soon. */
export const USUAL_LIFETIME: Seconds = 90 * DAY;

/** Profiles with another lifetime (letsencrypt.org/docs/profiles). */
const PROFILES: Readonly<Record<string, Seconds>> = {
  shortlived: 160 * 3600,
  tlsserver: 45 * DAY,
};

/** CAs whose certificates have the usual lifetime if no profile is named. */
const USUAL: readonly string[] = [
  'acme-v02.api.letsencrypt.org',
  'acme-staging-v02.api.letsencrypt.org',
  'dv.acme-v02.api.pki.goog',
  'acme.zerossl.com',
];

export function lifetimeOfProfile(profile: string | undefined): Seconds | undefined {
  return profile === undefined ? undefined : entryOf(PROFILES, profile);
}

/** Undefined: a CA or a profile that is not in these tables. */
export function knownLifetime(profile: string | undefined, directory: string): Seconds | undefined {
  if (profile !== undefined) return lifetimeOfProfile(profile);
  const host = URL.canParse(directory) ? new URL(directory).hostname : '';
  return USUAL.includes(host) ? USUAL_LIFETIME : undefined;
}
