// Failures at the targets of a configuration that can be known now, for `config check`.
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config, DeployConfig } from '../../config/schema.ts';
import { programOf } from '../../deploy/acme-sh.ts';
import { pathsOf } from '../../deploy/files.ts';
import { filesProblems, programProblem, scriptProblem } from '../../deploy/problems.ts';
import { within } from '../../files/deadline.ts';

type Certificates = Pick<Config, 'certificates'>;
type Deploying = Pick<Config, 'certificates' | 'run'>;

/** One line for each problem; the certificate is named. */
export async function targetProblems(config: Deploying): Promise<readonly string[]> {
  const problems: string[] = await runProblems(config);
  for (const { name, deploy } of config.certificates) {
    for (const target of deploy) {
      const found = await problemsOf(target);
      problems.push(...found.map((problem) => `certificate ${name}: ${problem}`));
    }
  }
  return [...problems, ...(await sharedFiles(config))];
}

async function runProblems({ run: { before, after } }: Pick<Config, 'run'>): Promise<string[]> {
  const found = await Promise.all([before ?? [], after ?? []].map(problemIfAny));
  return found.flatMap((problem) => (problem === undefined ? [] : `[run]: ${problem}`));
}

async function problemIfAny(argv: readonly string[]): Promise<string | undefined> {
  return argv.length === 0 ? undefined : programProblem(argv);
}

async function problemsOf(target: DeployConfig): Promise<readonly string[]> {
  if (target.type === 'files') return filesProblems(target);
  if (target.type === 'target') return [];
  const { compatible, command } = target;
  const [hook = ''] = command;
  const found =
    compatible === 'acme.sh'
      ? await Promise.all([hook, programOf(hook) ?? []].flat().map(scriptProblem))
      : [await programProblem(command)];
  return found.flatMap((problem) => problem ?? []);
}

/** The path after its links; a missing folder is not a link. */
async function withoutLinks(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  try {
    return join(await within('DEPLOY_FAILED', above, realpath(above)), basename(path));
  } catch {
    return join(await withoutLinks(above), basename(path));
  }
}

/**
 * Two targets of one file would each replace the file of the other. What the paths alone show is
 * refused before (config/rules.ts).
 */
async function sharedFiles({ certificates }: Certificates): Promise<string[]> {
  const taken = new Map<string, { readonly path: string; readonly name: string }>();
  const problems: string[] = [];
  for (const { name, deploy } of certificates) {
    for (const target of deploy) {
      if (target.type !== 'files') continue;
      for (const path of pathsOf(target)) {
        const file = await withoutLinks(path);
        const other = taken.get(file);
        taken.set(file, other ?? { path, name });
        if (other === undefined || other.path === path) continue;
        problems.push(
          `certificate ${name}: ${path} is the same file as ${other.path} of certificate ${other.name}, through a link: name another file in one of them`,
        );
      }
    }
  }
  return problems;
}
