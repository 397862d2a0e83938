// Certificates that were named on a command line (`holger issue`) are remembered, so that the other commands know them.
import type { CertificateConfig, Config } from '../config/schema.ts';
import { readOrSetAside } from '../engine/documents.ts';
import type { World } from '../engine/world.ts';

export const ONE_OFF = 'one-off/';

/** Those of the configuration, then the one-off ones that it does not name. */
export async function allCertificates(
  { certificates }: Pick<Config, 'certificates'>,
  world: Pick<World, 'store' | 'log'>,
): Promise<readonly CertificateConfig[]> {
  const names = new Set(certificates.map(({ name }) => name));
  const keys = await world.store.keys(ONE_OFF);
  const found = await Promise.all(keys.map((key) => readOrSetAside<CertificateConfig>(key, world)));
  const others = found.flatMap((stored) => stored?.value ?? []);
  return [...certificates, ...others.filter(({ name }) => !names.has(name))];
}
