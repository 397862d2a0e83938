// The order of the test files. A file that takes minutes and starts last leaves the other workers
// idle. Where no earlier run is recorded, as in CI, vitest starts with the largest files, and those
// that wait for TTLs are small.
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Each takes a minute or more. */
export const LONGEST: readonly string[] = [
  'test/real/rollover.test.ts',
  'test/real/by-hand.test.ts',
  'test/real/strategies.test.ts',
  'test/real/crash.test.ts',
  'test/stories/stories.test.ts',
  'test/stories/days.test.ts',
];

const ROOT = path.resolve(import.meta.dirname, '..');

function rank(file: string): number {
  const at = LONGEST.indexOf(path.relative(ROOT, file));
  return at === -1 ? LONGEST.length : at;
}

/** The longest of each project come first; what the projects' own order is stays. */
export function longestFirst<Spec extends Pick<TestSpecification, 'moduleId'>>(
  specs: readonly Spec[],
  projectOf: (spec: Spec) => string,
): Spec[] {
  const projects = [...new Set(specs.map(projectOf))];
  return projects.flatMap((project) =>
    specs
      .filter((spec) => projectOf(spec) === project)
      .sort((a, b) => rank(a.moduleId) - rank(b.moduleId)),
  );
}

export class LongestFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(specs), ({ project }) => project.name);
  }
}
