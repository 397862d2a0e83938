// Whose account a command is about, and which certificates are ordered with it.
import type { AcmeIssuer } from '../../acme/issuer.ts';
import type { Logger } from '../../base/log.ts';
import { issuersFor } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import type { Installation } from '../known/departed.ts';
import { systemClock } from '../world/clock.ts';
import { openIssuer } from '../world/world.ts';

export interface AccountAsker {
  readonly config: Config;
  /** Whose account it is. */
  readonly issuer: AcmeIssuerConfig;
  readonly userAgent: string;
  readonly logger: Logger;
}

/** The certificates that are ordered with this account, or would be if another issuer fails. */
export function usersOf(
  { id }: AcmeIssuerConfig,
  certificates: Installation['certificates'],
  config: Config,
): Installation['certificates'] {
  return certificates.filter((one) => issuersFor(one, config).some((issuer) => issuer.id === id));
}

export function openAccount({
  config,
  issuer,
  logger,
  userAgent,
}: AccountAsker): Promise<AcmeIssuer> {
  return openIssuer(issuer, config.state.directory, { clock: systemClock, logger, userAgent });
}
