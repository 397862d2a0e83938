// Certificates that are in the state but not in the configuration any more: with the stored copy of
// their configuration, or, if that is lost, with what their documents show.
import type { ServiceConfig } from '../../config/options/service.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import { serviceFrom } from '../../config/options/service.ts';
import { SCHEMES, isScheme } from '../../dane/owner.ts';
import { fqdn, hostOf, labelsOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { Task, World } from '../../engine/world.ts';
import type { Store } from '../../ports/store.ts';
import type { OwnerHistory } from '../../rollover/record/owner-history.ts';
import type { Generation, Lineage } from '../../rollover/model.ts';
import { KEPT } from './kept.ts';
import type { Kept } from './kept.ts';
import { allCertificates, ONE_OFF } from './one-offs.ts';
import { recordsOfGeneration } from './own-state.ts';
import { serviceOwner, tasksOf } from './tasks.ts';

const CERTIFICATE = lineageKey('');
const OWNER = 'owner/';

export interface Installation extends Pick<World, 'store' | 'log'> {
  readonly config: Config;
  /** Of the configuration and of command lines. */
  readonly certificates: readonly CertificateConfig[];
}

export async function readInstallation(
  config: Config,
  { store, log }: Pick<World, 'store' | 'log'>,
): Promise<Installation> {
  return { config, store, log, certificates: await allCertificates(config, { store, log }) };
}

function usedOwners({ certificates }: Installation): ReadonlySet<string> {
  return new Set(certificates.flatMap(({ services }) => services.map(serviceOwner)));
}

/** Owners that only the state knows. */
export async function strayOwners(installation: Installation): Promise<Fqdn[]> {
  const used = usedOwners(installation);
  const keys = await installation.store.keys(OWNER);
  return keys.map((key) => fqdn(key.slice(OWNER.length))).filter((owner) => !used.has(owner));
}

/** Certificates that only the state knows. */
export async function departedNames({ store, certificates }: Installation): Promise<string[]> {
  const known = new Set(certificates.map(({ name }) => name));
  const [lineages, kept] = await Promise.all([store.keys(CERTIFICATE), store.keys(KEPT)]);
  const names = [
    ...lineages.map((key) => key.slice(CERTIFICATE.length)),
    ...kept.map((key) => key.slice(KEPT.length)),
  ];
  return [...new Set(names)].filter((name) => !known.has(name)).sort();
}

/** Undefined for one that the state does not know. */
export async function departed(
  name: string,
  installation: Installation,
): Promise<CertificateConfig | undefined> {
  const { config } = installation;
  const kept = await readOrSetAside<Kept>(`${KEPT}${name}`, installation);
  if (kept !== undefined) {
    const { certificate, former } = kept.value;
    const services = [...certificate.services, ...former];
    return { ...config.defaults, ...certificate, services, dane: true };
  }
  const lineage = await readOrSetAside<Lineage>(lineageKey(name), installation);
  if (lineage === undefined) return undefined;
  const { generations } = lineage.value;
  const services = await servicesOf(generations, installation);
  const domains = generations.at(-1)?.domains ?? [];
  return { ...config.defaults, name, domains, services, deploy: [], dane: true };
}

/** The newest generation of which services may have files. */
export async function deployedGeneration(
  name: string,
  world: Pick<Installation, 'store' | 'log'>,
): Promise<number | undefined> {
  const lineage = await readOrSetAside<Lineage>(lineageKey(name), world);
  const isUsed = ({ state, deployBegunAt }: Generation): boolean =>
    state === 'live' || state === 'retired' || deployBegunAt !== undefined;
  return lineage?.value.generations.findLast(isUsed)?.number;
}

async function servicesOf(
  generations: readonly Generation[],
  installation: Installation,
): Promise<ServiceConfig[]> {
  const records = new Set(generations.flatMap(recordsOfGeneration));
  const services: ServiceConfig[] = [];
  for (const owner of await strayOwners(installation)) {
    const history = await readOrSetAside<OwnerHistory>(`${OWNER}${owner}`, installation);
    if (history?.value.ours.some((rdata) => records.has(rdata)) !== true) continue;
    services.push(await serviceAt(owner, installation.store));
  }
  return services;
}

/**
 * The service from the state, or guessed from its port; if its host is not known, no handshake is
 * possible.
 */
export async function serviceAt(owner: Fqdn, store: Store): Promise<ServiceConfig> {
  const [first = '', , ...rest] = labelsOf(owner);
  const host = rest.length > 0 && !rest.includes('*') ? rest.join('.') : undefined;
  const port = Number(/^_(\d{1,5})$/.exec(first)?.[1]);
  if (host === undefined || !(port > 0)) {
    const name = hostOf(fqdn(owner.replace(/^\*\./, '')));
    return { ...serviceFrom(`tls://${name}:1`), tlsaOwner: owner, reachable: false };
  }
  const known = await store.keys('service/');
  const suffix = `://${host}:${port}`;
  const url = known.find((key) => key.endsWith(suffix))?.slice('service/'.length);
  const usual = Object.entries(SCHEMES).find(([, traits]) => traits.port === port)?.[0] ?? 'tls';
  const scheme = url?.split(':')[0] ?? usual;
  const service = serviceFrom(`${isScheme(scheme) ? scheme : 'tls'}${suffix}`);
  return { ...service, tlsaOwner: owner };
}

/** The task of a certificate that is being deleted, together with all that stay. */
export function departingTask(
  certificate: CertificateConfig,
  { certificates, config }: Installation,
): Task {
  const staying = certificates.filter(({ name }) => name !== certificate.name);
  const tasks = tasksOf([...staying, certificate], config);
  const task = tasks.at(-1);
  if (task === undefined) throw new RangeError(certificate.name);
  const shared = tasks
    .slice(0, -1)
    .flatMap(({ intent }) =>
      intent.services.flatMap(({ id, owner }) => [`owner/${owner}`, `service/${id}`]),
    );
  const { name, deploy } = certificate;
  const documents = [`${ONE_OFF}${name}`, `${KEPT}${name}`];
  const readInPlace = deploy.length === 0;
  return { ...task, departed: { readInPlace, shared: new Set(shared), documents } };
}

/** Those whose deletion was requested and is not complete. */
export async function leavingTasks(installation: Installation): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const name of await departedNames(installation)) {
    const lineage = await readOrSetAside<Lineage>(lineageKey(name), installation);
    if (lineage?.value.orders?.leaving === undefined) continue;
    const certificate = await departed(name, installation);
    if (certificate !== undefined) tasks.push(departingTask(certificate, installation));
  }
  return tasks;
}
