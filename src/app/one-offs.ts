// Certificates that were named on a command line (`holger issue`) are remembered, so that the other commands know them.
import type { CertificateConfig, Config } from '../config/schema.ts';
import type { Store } from '../ports/store.ts';

export const ONE_OFF = 'one-off/';

/** Those of the configuration, then the one-off ones that it does not name. */
export async function allCertificates(
  { certificates }: Pick<Config, 'certificates'>,
  store: Pick<Store, 'keys' | 'read'>,
): Promise<readonly CertificateConfig[]> {
  const names = new Set(certificates.map(({ name }) => name));
  const keys = await store.keys(ONE_OFF);
  const found = await Promise.all(keys.map((key) => store.read<CertificateConfig>(key)));
  const others = found.flatMap((stored) => stored?.value ?? []);
  return [...certificates, ...others.filter(({ name }) => !names.has(name))];
}
