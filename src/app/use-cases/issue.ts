// `holger issue`: what is stored of a certificate that was named on the command line, and when that
// is removed again.
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import { domain as domainField } from '../../config/fields.ts';
import type { CertificateConfig, DeployConfig } from '../../config/schema.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { World } from '../../engine/world.ts';
import type { Lineage } from '../../rollover/model.ts';
import { readInstallation } from '../known/departed.ts';
import type { Installation } from '../known/departed.ts';
import { ONE_OFF } from '../known/one-offs.ts';
import { mustBeConfigured } from '../world/providers.ts';
import { chosen } from './app-world.ts';
import type { AppWorld } from './app-world.ts';
import type { IssueRequest, RunSummary } from './commands.ts';
import { workOn } from './run.ts';

export async function issue(request: IssueRequest, app: AppWorld): Promise<RunSummary> {
  const { config, world } = app;
  if (request.provider !== undefined) mustBeConfigured(request.provider, config);
  const certificate = certificateFor(request, await readInstallation(config, world));
  const { name } = certificate;
  const key = `${ONE_OFF}${name}`;
  const known = await readOrSetAside(key, world);
  await world.store.write(key, certificate, known?.revision ?? 0);
  const waitUntil = world.clock.now() + request.timeout;
  const asked = { names: [name], wait: true, waitUntil, dryRun: false, force: false };
  const summary = await workOn(await chosen([name], app), asked, app);
  const isNew = known === undefined && summary.exit !== 0;
  if (isNew && (await forgetUnordered(name, world))) {
    world.log.warn('nothing was ordered, and nothing was stored', { certificate: name });
  }
  return summary;
}

/**
 * The certificate to issue, with the options of an earlier `issue` of the same names. @throws
 * AppError USAGE, INPUT_INVALID
 */
export function certificateFor(
  request: IssueRequest,
  installation: Installation,
): CertificateConfig {
  const { config, certificates } = installation;
  const domains = [...new Set(request.domains.map(checked))];
  const [first = ''] = domains;
  const known = certificates.find((one) => sameNames(one.domains, domains) || one.name === first);
  const name = known?.name ?? first;
  if (config.certificates.some((one) => one.name === name)) {
    throw new AppError(
      'USAGE',
      `these names are those of certificate "${name}", which is configured`,
      {
        hint: `holger run ${name}; ${config.path} says what it is and where it is deployed`,
      },
    );
  }
  const services = request.services.length > 0 ? request.services : (known?.services ?? []);
  const provider = request.provider ?? known?.provider;
  return {
    ...config.defaults,
    ...defined({ provider }),
    ...{ name, domains, services, deploy: deployOf(request.deploy, known?.deploy ?? []) },
    dane: services.length > 0,
  };
}

function checked(text: string): string {
  const result = domainField.safeParse(text);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AppError(
    'INPUT_INVALID',
    `"${text}" cannot be issued: ${issue?.message ?? 'it is not a domain name'}`,
    {
      hint: 'nothing was stored; correct the name',
    },
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join(' ') === [...b].sort().join(' ');
}

/**
 * An option that is not named now keeps its value: the folder with another reload command, the
 * reload command with another folder.
 */
function deployOf(
  named: readonly DeployConfig[],
  known: readonly DeployConfig[],
): readonly DeployConfig[] {
  const [now] = named;
  const [before] = known;
  if (now === undefined) return known;
  if (before === undefined || before.type === 'target' || now.type === 'target') return named;
  if (now.type === 'command') {
    return before.type === 'files' ? [{ ...before, reload: now.command }] : named;
  }
  if (now.reload !== undefined) return named;
  return [{ ...now, reload: before.type === 'files' ? before.reload : before.command }];
}

/** A mistyped name must not stay in the state: a certificate without an order is removed. */
export async function forgetUnordered(name: string, world: World): Promise<boolean> {
  const key = lineageKey(name);
  const lineage = (await readOrSetAside<Lineage>(key, world))?.value;
  const begun = lineage?.generations.some(
    ({ orderUrl, chain }) => orderUrl !== undefined || chain !== undefined,
  );
  if (begun === true || (lineage?.challengeRecords.length ?? 0) > 0) return false;
  await world.files.archive(name, `${name}-never-ordered-${Math.floor(world.clock.now())}`);
  await world.store.remove(`${ONE_OFF}${name}`);
  await world.store.remove(key);
  return true;
}
