// Issuers that sign in this process, each with a folder in the state.
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { OwnIssuerConfig } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import { createOwnCa } from '../../issuers/own-ca.ts';
import { signerUntil } from '../../issuers/private-ca.ts';
import type { Issuer } from '../../ports/issuer.ts';

export function ownIssuer(
  issuer: OwnIssuerConfig,
  { state }: Pick<Config, 'state'>,
  clock: Clock,
): Issuer {
  const { id, name, lifetime } = issuer;
  const folder = join(state.directory, 'issuers', name);
  return createOwnCa({
    ...{ id, folder, lifetime, clock },
    signerFor: (end, privkeyPem) => {
      if (issuer.type === 'self-signed') return Promise.resolve({ keyPem: privkeyPem });
      const { caLifetime, ...ca } = issuer;
      return signerUntil(end, { ...ca, folder, lifetime: caLifetime, clock });
    },
  });
}
