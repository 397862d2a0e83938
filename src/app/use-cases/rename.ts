// `holger rename OLD NEW`: which certificate gets which name, and when that is refused. The
// configuration decides about names: it already has the new name, or the certificate comes from a
// command line.
import { AppError } from '../../base/errors.ts';
import type { CertificateConfig } from '../../config/schema.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { Task, World } from '../../engine/world.ts';
import type { Lineage } from '../../rollover/model.ts';
import { departedNames, deployedGeneration, readInstallation } from '../known/departed.ts';
import type { Installation } from '../known/departed.ts';
import { formerOf, unfinished } from '../known/former.ts';
import { isConfigured, underWay } from '../known/one-offs.ts';
import type { Names } from '../known/one-offs.ts';
import { tasksOf } from '../known/tasks.ts';
import { chosen } from './app-world.ts';
import type { AppWorld } from './app-world.ts';
import type { RenameRequest, RunSummary } from './commands.ts';
import { workOn } from './run.ts';

type Files = Pick<World['files'], 'folder' | 'live' | 'numbers' | 'renamedTo'>;

export async function rename(
  { wait, dryRun, ...names }: RenameRequest,
  app: AppWorld,
): Promise<RunSummary> {
  const { config, world, readOnly } = app;
  const installation = await readInstallation(config, dryRun ? readOnly : world);
  const task = await renaming(names, installation, world.files);
  const { to } = names;
  const request = { names: [to], dryRun, force: false };
  if (task !== undefined) {
    const summary = await workOn([task], { ...request, wait: false }, app);
    if (!wait || dryRun || summary.exit !== 0) return summary;
  } else if (!wait || dryRun) return renamedBefore(names);
  return workOn(await chosen([to], app), { ...request, wait }, app);
}

function renamedBefore({ from, to: certificate }: Names): RunSummary {
  const why = [`"${from}" was renamed to "${certificate}" before`];
  return { exit: 0, certificates: [{ certificate, state: 'renamed', exit: 0, why }] };
}

/**
 * Undefined: it already has that name. @throws AppError USAGE for everything that cannot be renamed
 */
export async function renaming(
  names: Names,
  installation: Installation,
  files: Files,
): Promise<Task | undefined> {
  const { from, to } = names;
  const begun = await underWay(installation);
  const involved = begun.filter((one) =>
    [from, to].some((name) => Object.values(one).includes(name)),
  );
  const other = involved.find((one) => one.from !== from || one.to !== to);
  if (other !== undefined) throw unfinished(other);
  refuseNames(names, installation);
  if (involved.length === 0) {
    if (await isDone(names, installation, files)) return undefined;
    await mustBeKnown(names, installation, files);
    await mustBeFree(names, installation, files);
  }
  const certificate = certificateFor(names, installation);
  const others = installation.certificates.filter(({ name }) => name !== from && name !== to);
  const task = tasksOf([...others, certificate], installation.config).at(-1);
  if (task === undefined) throw new RangeError(to);
  return {
    ...task,
    formerly: { ...(await formerOf(from, certificate, installation)), ordered: true },
  };
}

function isOneOff(wanted: string, installation: Installation): boolean {
  const { certificates } = installation;
  return !isConfigured(wanted, installation) && certificates.some(({ name }) => name === wanted);
}

function refuseNames({ from, to }: Names, installation: Installation): void {
  const { path } = installation.config;
  if (from === to) {
    throw new AppError('USAGE', `"${from}" already has that name`);
  }
  if (isConfigured(from, installation) && isConfigured(to, installation)) {
    throw new AppError(
      'USAGE',
      `"${from}" and "${to}" are both configured: they are two certificates`,
      {
        hint:
          `nothing was changed; to keep "${from}" alone, under the name "${to}": remove the ` +
          `[[certificate]] "${from}" from ${path}, then run the command again`,
      },
    );
  }
  if (isConfigured(from, installation)) {
    throw new AppError('USAGE', `certificate "${from}" is configured under this name`, {
      hint:
        `nothing was changed; set name = "${to}" in its [[certificate]] in ${path}, then run ` +
        'the command again',
    });
  }
}

/** The folder of the old name shows it, as long as it exists. */
async function isDone(
  { from, to }: Names,
  installation: Installation,
  files: Files,
): Promise<boolean> {
  const known = [
    ...(await departedNames(installation)),
    ...installation.certificates.map(({ name }) => name),
  ];
  return !known.includes(from) && (await files.renamedTo(from)) === files.folder(to, 'live');
}

async function mustBeKnown(
  { from, to }: Names,
  installation: Installation,
  files: Files,
): Promise<void> {
  const oneOff = isOneOff(from, installation);
  const lineage = await readOrSetAside<Lineage>(lineageKey(from), installation);
  const hasKeys =
    (lineage?.value.generations.length ?? 0) > 0 || (await files.numbers(from)).length > 0;
  if (!oneOff && !hasKeys) {
    const oneOffs = installation.certificates.filter(({ name }) => isOneOff(name, installation));
    const known = [...oneOffs.map(({ name }) => name), ...(await departedNames(installation))];
    throw new AppError('USAGE', `there is nothing called "${from}" to rename`, {
      hint: `what could be renamed: ${known.join(', ') || 'nothing'}`,
    });
  }
  if (lineage?.value.orders?.leaving !== undefined) {
    throw new AppError('USAGE', `"${from}" is being deleted`, {
      hint:
        `to end that: holger delete ${from} --wait; to keep it: set name = "${from}" in its ` +
        `[[certificate]] in ${installation.config.path} until a run has cancelled the ` +
        'deletion',
    });
  }
  if (!oneOff && !isConfigured(to, installation)) {
    throw new AppError('USAGE', `no certificate "${to}" is configured`, {
      hint:
        `nothing was changed; set name = "${to}" in its [[certificate]] in ` +
        `${installation.config.path}, then run the command again`,
    });
  }
}

/** What a run began under the new name may be archived; what services use may not. */
async function mustBeFree(
  { from, to }: Names,
  installation: Installation,
  files: Files,
): Promise<void> {
  const old = await files.renamedTo(to);
  if (old !== undefined && old !== files.folder(from, 'live')) {
    throw new AppError(
      'USAGE',
      `"${to}" is the old name of another certificate: services may still read it in ${files.folder(to, 'live')}`,
      {
        hint: `let them read ${old} instead and remove the old folder, or use another name`,
      },
    );
  }
  const live = (await deployedGeneration(to, installation)) ?? (await files.live(to));
  if (live !== undefined) {
    throw new AppError('USAGE', `"${to}" has keys of its own in use (generation ${live})`, {
      hint:
        `nothing was changed; to withdraw what is left of "${from}" and archive its keys: ` +
        `holger delete ${from}`,
    });
  }
  if (isOneOff(to, installation) || (await departedNames(installation)).includes(to)) {
    throw new AppError('USAGE', `"${to}" is another certificate`, {
      hint: `use another name, or end that one first: holger delete ${to}`,
    });
  }
}

function certificateFor({ from, to }: Names, { certificates }: Installation): CertificateConfig {
  const certificate =
    certificates.find(({ name }) => name === to) ?? certificates.find(({ name }) => name === from);
  if (certificate === undefined) throw new RangeError(to);
  return { ...certificate, name: to };
}
