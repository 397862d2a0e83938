// Certificates that were named on a command line (`holger issue`) are stored, so that the other
// commands know them.
import type { CertificateConfig, Config } from '../../config/schema.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import { RENAMING } from '../../engine/rename.ts';
import type { Renaming } from '../../engine/rename.ts';
import type { World } from '../../engine/world.ts';

export const ONE_OFF = 'one-off/';

/**
 * Those of the configuration, then those of `holger issue` that it does not name. One that is being
 * renamed has its new name.
 */
export async function allCertificates(
  { certificates }: Pick<Config, 'certificates'>,
  world: Pick<World, 'store' | 'log'>,
): Promise<readonly CertificateConfig[]> {
  const names = new Set(certificates.map(({ name }) => name));
  const keys = await world.store.keys(ONE_OFF);
  const found = await Promise.all(keys.map((key) => readOrSetAside<CertificateConfig>(key, world)));
  const renamings = await underWay(world);
  const others = new Map<string, CertificateConfig>();
  for (const stored of found) {
    if (stored === undefined) continue;
    const { value } = stored;
    const name = renamings.find(({ from }) => from === value.name)?.to ?? value.name;
    others.set(name, { ...value, name });
  }
  return [...certificates, ...[...others.values()].filter(({ name }) => !names.has(name))];
}

export interface Names {
  readonly from: string;
  readonly to: string;
}

/** Renamings that have begun and are not complete. */
export async function underWay(world: Pick<World, 'store' | 'log'>): Promise<Names[]> {
  const keys = await world.store.keys(RENAMING);
  const found = await Promise.all(keys.map((key) => readOrSetAside<Renaming>(key, world)));
  return found.flatMap((stored, index) =>
    stored === undefined
      ? []
      : { from: stored.value.from, to: (keys[index] ?? '').slice(RENAMING.length) },
  );
}

export function isConfigured(
  wanted: string,
  { config }: { readonly config: Pick<Config, 'certificates'> },
): boolean {
  return config.certificates.some(({ name }) => name === wanted);
}
