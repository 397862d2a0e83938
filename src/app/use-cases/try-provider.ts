// `holger providers test`: which provider is tried, and in which zone.
import { AppError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { fqdn } from '../../dns/name.ts';
import { mustBeConfigured, purposeOf } from '../world/providers.ts';
import type { AppWorld } from './app-world.ts';
import { tryProvider } from './provider-trial.ts';
import type { TrialStep } from './provider-trial.ts';

export function tryConfiguredProvider(
  name: string,
  zone: string | undefined,
  { config, world, call }: AppWorld,
): AsyncIterable<TrialStep> {
  mustBeConfigured(name, config);
  const at = fqdn(zone ?? usedAt(name, config));
  const provider = world.providerFor(at, purposeOf(name, config), name);
  if (provider.traits.byHand === true) throw noTrialByHand(name);
  return tryProvider(at, provider, world, call);
}

/** A zone that names the provider, or a domain of a certificate. */
function usedAt(provider: string, { zones, certificates }: Config): string {
  const named = zones.find(
    (zone) => zone.provider?.includes(provider) || zone.acmeProvider?.includes(provider),
  );
  const [first] = certificates.flatMap(({ domains }) => domains);
  const at = named?.name ?? first?.replace(/^\*\./, '');
  if (at !== undefined) return at;
  throw new AppError('USAGE', `it is not known where provider "${provider}" is used`, {
    hint: 'name a zone with --zone',
  });
}

/** It would ask a person for six changes at test names, and there are no credentials to test. */
function noTrialByHand(provider: string): AppError {
  return new AppError(
    'USAGE',
    `provider "${provider}" is a person and has no credentials to test`,
    {
      hint: 'holger providers pending shows what to change by hand',
    },
  );
}
