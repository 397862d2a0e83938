// How the API of a provider is reached: at its own address, or at the one that is configured.
import type { ApiOptions } from './api.ts';
import type { HTTP_OPTIONS, OptionValues, ProviderTools } from './kind.ts';

export type Reached = Pick<ApiOptions, 'host' | 'base' | 'http' | 'clock'>;

export interface Place {
  /** Its usual name: "deSEC". */
  readonly host: string;
  /** The address of the API, unless `endpoint` is another one. */
  readonly address: string;
  /** Where all of the API is below it, with a slash in front. */
  readonly below?: string;
  /** What no error may show. */
  readonly secrets: readonly string[];
}

export async function reach(
  { host, address, below = '', secrets }: Place,
  { endpoint = address, ca_file: caFile }: OptionValues<typeof HTTP_OPTIONS>,
  { clock, http }: ProviderTools,
): Promise<Reached> {
  const base = below === '' ? endpoint : `${endpoint.replace(/\/$/, '')}${below}`;
  return { host, base, http: await http(caFile, secrets), clock };
}
