// `holger delete`: a certificate that is not configured any more, or an owner that no certificate
// names any more.
import { AppError } from '../../base/errors.ts';
import type { CertificateConfig } from '../../config/schema.ts';
import { fqdn, hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { Task } from '../../engine/world.ts';
import {
  departed,
  departedNames,
  departingTask,
  readInstallation,
  serviceAt,
  strayOwners,
} from '../known/departed.ts';
import type { Installation } from '../known/departed.ts';
import { refuseHalfRenamed } from '../known/former.ts';
import { keep } from '../known/kept.ts';
import { isConfigured, ONE_OFF } from '../known/one-offs.ts';
import type { AppWorld } from './app-world.ts';
import type { DeletionRequest, RunSummary } from './commands.ts';
import { workOn } from './run.ts';

export async function deleteCertificate(
  { name, keepRecords, moveFiles, wait, dryRun }: DeletionRequest,
  app: AppWorld,
): Promise<RunSummary> {
  const task = await deletion(name, await readInstallation(app.config, app.world), dryRun);
  const allowed = { ...(keepRecords && { keepRecords }), ...(moveFiles && { moveFiles }) };
  const operation = { kind: 'delete', ...allowed } as const;
  const request = { names: [name], wait, dryRun, force: false };
  return workOn([{ ...task, operation }], request, app);
}

/** @throws AppError USAGE for a name that is still configured, or that the state does not know */
export async function deletion(
  wanted: string,
  installation: Installation,
  dryRun: boolean,
): Promise<Task> {
  refuseConfigured(wanted, installation);
  await refuseHalfRenamed(wanted, installation);
  const certificate = await found(wanted, installation);
  if (!dryRun) await takeOut(certificate, installation);
  return departingTask(certificate, installation);
}

function refuseConfigured(wanted: string, { config }: Installation): void {
  if (!isConfigured(wanted, { config })) return;
  throw new AppError(
    'USAGE',
    `certificate "${wanted}" is configured: the next run would create it again`,
    {
      hint:
        `remove its [[certificate]] from ${config.path} first, then: holger delete ${wanted} ` +
        '(to stop publishing TLSA records and keep the certificate: dane = false, or holger ' +
        `off ${wanted})`,
    },
  );
}

async function found(wanted: string, installation: Installation): Promise<CertificateConfig> {
  const { certificates } = installation;
  const oneOff = certificates.find(({ name }) => name === wanted);
  const certificate = oneOff ?? (await departed(wanted, installation));
  if (certificate !== undefined) return { ...certificate, dane: true };
  const owner = ownerNamed(wanted);
  const stray = owner === undefined ? [] : await strayOwners(installation);
  if (owner !== undefined && stray.includes(owner)) {
    const service = await serviceAt(owner, installation.store);
    const { defaults } = installation.config;
    const name = hostOf(owner);
    return { ...defaults, name, domains: [], services: [service], deploy: [], dane: true };
  }
  const known = [
    ...certificates.filter(({ name }) => !isConfigured(name, installation)).map(({ name }) => name),
    ...(await departedNames(installation)),
    ...(await strayOwners(installation)).map(hostOf),
  ];
  const left = [...new Set(known)].join(', ');
  throw new AppError('USAGE', `there is no certificate "${wanted}" to delete`, {
    hint:
      left === ''
        ? 'holger delete is for a certificate that was removed from the configuration, and there is none'
        : `these can be deleted: ${left}`,
  });
}

function ownerNamed(text: string): Fqdn | undefined {
  try {
    return fqdn(text);
  } catch {
    return undefined;
  }
}

/** From now on it is not renewed any more, and what its deletion needs is stored. */
async function takeOut(certificate: CertificateConfig, installation: Installation): Promise<void> {
  await keep(certificate, installation);
  await installation.store.remove(`${ONE_OFF}${certificate.name}`);
}
