// `import`: what was taken over from another client, and line by line what a person still changes.
import path from 'node:path';
import type { ImportReport } from '../../app/use-cases/import.ts';
import type { Others } from '../../app/use-cases/others.ts';
import { IMPORTED } from '../../app/clients/found.ts';
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { visible } from '../../base/visible.ts';
import { CONFIG_PATH, STATE_DIRECTORY } from '../../config/defaults.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

export interface ImportFlags {
  readonly dryRun?: boolean;
  readonly keepClient?: boolean;
}

export async function importCommand(
  name: string,
  folder: string,
  { dryRun = false, keepClient = false }: ImportFlags,
  openOthers: () => Promise<Others>,
  { options, io }: Invocation,
): Promise<ExitStatus> {
  const client = IMPORTED.find((one) => one === name);
  if (client === undefined) {
    throw new AppError('USAGE', `holger cannot read the folder of "${name}"`, {
      hint: `name one of ${IMPORTED.join(', ')}`,
    });
  }
  const configPath = path.resolve(options.config ?? CONFIG_PATH);
  const { importFrom } = await openOthers();
  const report = await importFrom({
    ...{ client, folder, dryRun, keepsClient: keepClient, configPath },
    stateDirectory: path.resolve(options.state ?? STATE_DIRECTORY),
  });
  const { configuration, accounts, notes, changes } = report;
  const steps = stepsFor(report, keepClient, configPath);
  if (options.json) {
    const certificates = report.certificates.map((one) => ({
      ...{ certificate: one.name, names: one.found.domains, directory: one.deployed },
    }));
    io.out(jsonDocument({ configuration, certificates, accounts, notes, changes, steps }));
    return 0;
  }
  if (dryRun) io.out(`# not written to ${configPath}:\n${visible(configuration)}\n`);
  else io.out(`wrote ${configPath}\n`);
  const heads = accounts.map(
    (directory) => `${dryRun ? 'would store' : 'stored'} the account key for ${directory}`,
  );
  io.out(heads.map((line) => `${visible(line)}\n`).join(''));
  list(io.out, 'not taken over, or to be known:', notes);
  if (changes.length > 0) {
    io.out('\nin the configurations of services, after the first deployment:\n');
    for (const { file, line, from, to } of changes) {
      io.out(visible(`  ${file}:${line}\n    - ${from}\n    + ${to}\n`));
    }
  }
  io.out('\nthen:\n');
  io.out(steps.map((step, at) => paragraph(visible(step), `  ${at + 1}. `, '     ')).join(''));
  return 0;
}

function list(out: (text: string) => void, head: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  out(`\n${head}\n${lines.map((line) => paragraph(visible(line), '  - ', '    ')).join('')}`);
}

function stepsFor(
  { certificates, changes, install }: ImportReport,
  keepsClient: boolean,
  configPath: string,
): readonly string[] {
  const named = configPath === CONFIG_PATH ? '' : ` --config ${configPath}`;
  const adopt = certificates.map(
    ({ name, found }) =>
      `holger${named} adopt ${name} --certificate ${found.certificate} --key ${found.key}`,
  );
  const stop = certificates.map(({ name, found }) => `${name}: ${found.stop}`);
  const services =
    changes.length === 0
      ? 'let the services read the files that deploy names, and reload them'
      : 'change the lines above in the configurations of services, and reload them';
  return [
    `set provider and services in ${configPath}, then check it: holger${named} config check`,
    ...(keepsClient ? [] : adopt),
    `holger${named} run`,
    services,
    ...(keepsClient
      ? [`let the other client call holger after a renewal: ${install}`]
      : stop.map((line) => `switch the other client off: ${line}`)),
  ];
}
