// A copy of the configuration of each certificate in the state. When a certificate is removed from
// the configuration, only this copy says which owners, zones and providers it had.
import { createHash } from 'node:crypto';
import type { ServiceConfig } from '../../config/options/service.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import { readOrSetAside, rewrite } from '../../engine/state/documents.ts';
import type { World } from '../../engine/world.ts';
import { serviceOwner } from './tasks.ts';

export const KEPT = 'kept/';
/**
 * The configuration of which everything is stored, so that a run without news reads one document
 * and not thousands.
 */
export const DIGEST = 'configuration';

export function digestOf(certificates: readonly CertificateConfig[]): string {
  return createHash('sha256').update(JSON.stringify(certificates)).digest('hex');
}

export interface Kept {
  readonly schema: 1;
  readonly certificate: CertificateConfig;
  /** Its former services, at owners where records may still be. */
  readonly former: readonly ServiceConfig[];
}

interface Digest {
  readonly schema: 1;
  readonly digest: string;
}

type Stored = Pick<World, 'store' | 'log'>;

export async function keepConfigured(
  { certificates }: Pick<Config, 'certificates'>,
  world: Stored,
): Promise<void> {
  const digest = digestOf(certificates);
  const known = await readOrSetAside<Digest>(DIGEST, world);
  if (known?.value.digest === digest) return;
  for (const certificate of certificates) await keep(certificate, world);
  await rewrite<Digest>(DIGEST, world, () => ({ schema: 1, digest }));
}

export async function keep(certificate: CertificateConfig, world: Stored): Promise<void> {
  await rewrite<Kept>(`${KEPT}${certificate.name}`, world, async (before) => {
    const next = await keptOf(certificate, before === undefined ? [] : [before], world);
    return JSON.stringify(next) === JSON.stringify(before) ? undefined : next;
  });
}

/** `before`: the stored copy, under its old or its new name. */
export async function keptOf(
  certificate: CertificateConfig,
  before: readonly Kept[],
  { store }: Pick<Stored, 'store'>,
): Promise<Kept> {
  const own = certificate.services.map(serviceOwner);
  const earlier = before.flatMap((one) => [...one.former, ...one.certificate.services]);
  const former = new Map<string, ServiceConfig>();
  for (const service of earlier) {
    const owner = serviceOwner(service);
    if (own.includes(owner)) continue;
    if ((await store.read(`owner/${owner}`)) !== undefined) former.set(owner, service);
  }
  return { schema: 1, certificate, former: [...former.values()] };
}
