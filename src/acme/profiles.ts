// Which profile an order names (draft-ietf-acme-profiles), and how many names it may have: decided
// by what the directory says, and by the published limits of CAs, before anything is ordered.
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { entryOf } from '../base/table.ts';
import type { OrderWishes } from '../ports/issuer.ts';
import type { Directory } from './directory.ts';

/** letsencrypt.org/docs/profiles, "Max Names"; empty: an order without a profile. */
const LETS_ENCRYPT: Readonly<Record<string, number>> = {
  '': 100,
  classic: 100,
  tlsserver: 25,
  shortlived: 25,
};

const LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'acme-v02.api.letsencrypt.org': LETS_ENCRYPT,
  'acme-staging-v02.api.letsencrypt.org': LETS_ENCRYPT,
};

/** Undefined: not known. */
export function mostNames(directory: string, profile: string | undefined): number | undefined {
  const host = URL.canParse(directory) ? new URL(directory).hostname : '';
  return entryOf(entryOf(LIMITS, host) ?? {}, profile ?? '');
}

export interface ProfileRequest extends Pick<OrderWishes, 'profile' | 'preferredProfile'> {
  readonly names: number;
}

interface At {
  readonly directoryUrl: string;
  readonly directory: Pick<Directory, 'profiles'>;
}

const offeredBy = ({ profiles = {} }: At['directory']): readonly string[] =>
  Object.keys(profiles).sort();

/**
 * Some CAs silently ignore a profile that they do not know: so it is checked here. @throws AppError
 * ACME_PROBLEM
 */
export function checkProfile(asked: ProfileRequest, at: At): void {
  if (asked.profile !== undefined) mustBeOffered(asked.profile, at);
  const most = mostNames(at.directoryUrl, asked.profile);
  if (most === undefined || asked.names <= most) return;
  const [which, type] =
    asked.profile === undefined
      ? ['', 'rejectedIdentifier']
      : [` with the profile "${asked.profile}"`, 'invalidProfile'];
  const text = `the CA issues certificates of at most ${most} names${which}, and ${asked.names} are requested`;
  throw new AppError('ACME_PROBLEM', text, {
    hint: 'divide the names among several certificates, or choose another profile',
    details: { type, most, names: asked.names },
  });
}

function mustBeOffered(profile: string, { directory }: At): void {
  const offered = offeredBy(directory);
  if (offered.includes(profile)) return;
  const has = offered.length === 0 ? 'it has no profiles' : `it has ${offered.join(', ')}`;
  throw new AppError('ACME_PROBLEM', `the CA does not offer the profile "${profile}": ${has}`, {
    hint:
      offered.length === 0
        ? 'leave profile out, or use preferred_profile, which is asked for only where it is offered'
        : 'set profile to one of these, or leave it out',
    details: { type: 'invalidProfile', profile, offered },
  });
}

/** The profile of the order: the required one, or the preferred one where it can be had. */
export function profileOf(asked: ProfileRequest, at: At, logger: Logger): string | undefined {
  const { profile, preferredProfile } = asked;
  if (profile !== undefined || preferredProfile === undefined) return profile;
  const offered = offeredBy(at.directory);
  const most = mostNames(at.directoryUrl, preferredProfile);
  if (!offered.includes(preferredProfile)) {
    logger.warn('the CA does not offer the preferred profile; the order names none', {
      preferredProfile,
      offered,
    });
    return undefined;
  }
  if (most !== undefined && asked.names > most) {
    logger.warn('the preferred profile allows fewer names; the order names none', {
      preferredProfile,
      ...{ most, names: asked.names },
    });
    return undefined;
  }
  return preferredProfile;
}
