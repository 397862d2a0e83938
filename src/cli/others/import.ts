// `import`: what was taken over from another client, and line by line what a person still changes.
import path from 'node:path';
import type { ImportReport } from '../../app/use-cases/import.ts';
import { IMPORTED } from '../../app/clients/found.ts';
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { visible } from '../../base/visible.ts';
import { CONFIG_PATH, STATE_DIRECTORY } from '../../config/defaults.ts';
import { defined } from '../../base/defined.ts';
import type { Openers } from '../syntax.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';
import { adoptAll, adoptionText, exitOf } from './adoptions.ts';
import type { Adoption } from './adoptions.ts';

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly adopt?: boolean;
  readonly keepClient?: boolean;
}

export interface ImportWish extends ImportFlags {
  readonly client: string;
  readonly folder: string;
}

export async function importCommand(
  { client: name, folder, dryRun = false, adopt = false, keepClient = false }: ImportWish,
  { openApp, openOthers }: Pick<Openers, 'openApp' | 'openOthers'>,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const client = IMPORTED.find((one) => one === name);
  if (client === undefined) {
    throw new AppError('USAGE', `holger cannot read the folder of "${name}"`, {
      hint: `name one of ${IMPORTED.join(', ')}`,
    });
  }
  if (adopt && keepClient) {
    throw new AppError('USAGE', '--adopt and --keep-client exclude each other', {
      hint: 'while the other client renews, the first run takes its certificates over by itself',
    });
  }
  const configPath = path.resolve(options.config ?? CONFIG_PATH);
  const { importFrom } = await openOthers();
  const report = await importFrom({
    ...{ client, folder, dryRun, keepsClient: keepClient, configPath },
    stateDirectory: path.resolve(options.state ?? STATE_DIRECTORY),
  });
  const { configuration, accounts, notes, changes, secretFile } = report;
  const adoptions = adopt && !dryRun ? await adoptAll(report, openApp, invocation) : [];
  const left = leftToAdopt(report, adoptions, { dryRun: dryRun && adopt, keepClient });
  const steps = stepsFor(report, left, { keepClient, configPath });
  const exit = exitOf(adoptions);
  if (options.json) {
    const certificates = report.certificates.map((one) => ({
      ...{ certificate: one.name, names: one.found.domains, directory: one.deployed },
    }));
    const taken = { configuration, certificates, accounts, ...defined({ secretFile }) };
    const more = adopt && !dryRun ? { adoptions } : {};
    io.out(jsonDocument({ ...taken, ...more, notes, changes, steps }));
    return exit;
  }
  if (dryRun) io.out(`# not written to ${configPath}:\n${visible(configuration)}\n`);
  else io.out(`wrote ${configPath}\n`);
  const heads = accounts.map(
    (directory) => `${dryRun ? 'would store' : 'stored'} the account key for ${directory}`,
  );
  if (secretFile !== undefined) {
    heads.push(`${dryRun ? 'would store' : 'stored'} the secret of the provider in ${secretFile}`);
  }
  heads.push(...adoptions.map(adoptionText));
  io.out(heads.map((line) => paragraph(visible(line), '', '  ')).join(''));
  list(io.out, 'not taken over, or to be known:', notes);
  if (changes.length > 0) {
    io.out('\nin the configurations of services, after the first deployment:\n');
    for (const { file, line, from, to } of changes) {
      io.out(visible(`  ${file}:${line}\n    - ${from}\n    + ${to}\n`));
    }
  }
  io.out('\nthen:\n');
  io.out(steps.map((step, at) => paragraph(visible(step), `  ${at + 1}. `, '     ')).join(''));
  return exit;
}

function list(out: (text: string) => void, head: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  out(`\n${head}\n${lines.map((line) => paragraph(visible(line), '  - ', '    ')).join('')}`);
}

/** Those that a person adopts. */
function leftToAdopt(
  { certificates }: ImportReport,
  adoptions: readonly Adoption[],
  { dryRun, keepClient }: { readonly dryRun: boolean; readonly keepClient: boolean },
): ImportReport['certificates'] {
  if (keepClient || dryRun) return [];
  const done = adoptions.filter(({ adopted }) => adopted).map(({ certificate }) => certificate);
  return certificates.filter(({ name }) => !done.includes(name));
}

function stepsFor(
  { certificates, changes, install, secretFile }: ImportReport,
  left: ImportReport['certificates'],
  { keepClient, configPath }: { readonly keepClient: boolean; readonly configPath: string },
): readonly string[] {
  const named = configPath === CONFIG_PATH ? '' : ` --config ${configPath}`;
  const adopt = left.map(
    ({ name, found }) =>
      `holger${named} adopt ${name} --certificate ${found.certificate} --key ${found.key}`,
  );
  const stop = certificates.map(({ name, found }) => `${name}: ${found.stop}`);
  const services =
    changes.length === 0
      ? 'let the services read the files that deploy names, and reload them'
      : 'change the lines above in the configurations of services, and reload them';
  return [
    secretFile === undefined
      ? `set provider and services in ${configPath}, then check it: holger${named} config check`
      : `set services in ${configPath}, then check it, and the provider: holger${named} config check, holger${named} providers test main`,
    ...adopt,
    `holger${named} run`,
    services,
    ...(keepClient
      ? [`let the other client call holger after a renewal: ${install}`]
      : stop.map((line) => `switch the other client off: ${line}`)),
  ];
}
