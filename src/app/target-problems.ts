// What can be known to fail at the targets of a configuration, for `config check`.
import type { Config, DeployConfig } from '../config/schema.ts';
import { filesProblems, programProblem } from '../deploy/problems.ts';

/** One line for each problem; the certificate is named. */
export async function targetProblems({
  certificates,
}: Pick<Config, 'certificates'>): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, deploy } of certificates) {
    for (const target of deploy) {
      const found = await problemsOf(target);
      problems.push(...found.map((problem) => `certificate ${name}: ${problem}`));
    }
  }
  return problems;
}

async function problemsOf(target: DeployConfig): Promise<readonly string[]> {
  if (target.type === 'files') return filesProblems(target);
  const problem = await programProblem(target.command);
  return problem === undefined ? [] : [problem];
}
