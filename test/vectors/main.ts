// `npm run vectors -- DIR`: our code against other projects' data. Prints a count for each set; 1
// when something differs.
import { access } from 'node:fs/promises';
import process from 'node:process';
import type { VectorResult } from './tally.ts';

type Run = (dir: string) => Promise<VectorResult>;

const RUNS = { dns: 'runDnsVectors', dane: 'runDaneVectors' };
const MOST_SHOWN = 50;

/** A set that is missing counts as failed, and the others still run. */
function load(name: string, entry: string): Run {
  return async (dir) => {
    try {
      const module = (await import(`./${name}.ts`)) as Readonly<Record<string, Run>>;
      const run = module[entry];
      return run === undefined
        ? { passed: 0, failed: [`${name}.ts has no ${entry}`] }
        : await run(dir);
    } catch (error) {
      return { passed: 0, failed: [String(error)] };
    }
  };
}

async function main(dir: string | undefined): Promise<number> {
  if (dir === undefined) {
    process.stderr.write('usage: npm run vectors -- DIR\n');
    return 2;
  }
  try {
    await access(dir);
  } catch {
    process.stderr.write(`there is no folder ${dir}\n`);
    return 2;
  }
  let failures = 0;
  for (const [name, entry] of Object.entries(RUNS)) {
    const { passed, failed, sets } = await load(name, entry)(dir);
    const counts = Object.entries(sets ?? {}).map(([set, count]) => `${set} ${count}`);
    const detail = counts.length === 0 ? '' : ` (${counts.join(', ')})`;
    process.stdout.write(`${name}: ${passed} passed${detail}, ${failed.length} failed\n`);
    for (const line of failed.slice(0, MOST_SHOWN)) process.stdout.write(`  ${line}\n`);
    failures += failed.length;
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
