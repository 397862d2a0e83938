// Service URLs (dane/owner.ts) as configuration sees them. Also read from the command line by
// `issue --service`.
import { AppError } from '../base/errors.ts';
import { isScheme, parseService, SCHEMES } from '../dane/owner.ts';
import type { ServiceConfig } from './schema.ts';
import { didYouMean } from './suggest.ts';

/**
 * A service that is reachable, runs, and is found where its URL says.
 * @throws AppError INPUT_INVALID
 */
export function serviceFrom(url: string): ServiceConfig {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && !isScheme(scheme)) {
    const known = Object.keys(SCHEMES);
    const meant = didYouMean(scheme, known) || `; known are ${known.join(', ')}`;
    throw new AppError('INPUT_INVALID', `service "${url}" has an unknown scheme${meant}`);
  }
  const service = parseService(url);
  return {
    url,
    scheme: service.scheme,
    protocol: service.start,
    smtpLike: service.smtpLike,
    host: service.host,
    port: service.port,
    connect: undefined,
    tlsaOwner: undefined,
    reachable: true,
    running: true,
    ownerIsOurs: false,
    xmppDomain: undefined,
  };
}
