// `npm run vectors -- DIR`: our code against other projects' data. Prints a count for each set; 1 when something differs.
import { access } from 'node:fs/promises';
import process from 'node:process';
import type { VectorResult } from './tally.ts';

type Run = (dir: string) => Promise<VectorResult>;

const RUNS = { dns: 'runDnsVectors', dane: 'runDaneVectors' };
const MOST_SHOWN = 50;

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
    const module = (await import(`./${name}.ts`)) as Readonly<Record<string, Run>>;
    const run = module[entry];
    if (run === undefined) throw new Error(`${name}.ts has no ${entry}`);
    const { passed, failed } = await run(dir);
    process.stdout.write(`${name}: ${passed} passed, ${failed.length} failed\n`);
    for (const line of failed.slice(0, MOST_SHOWN)) process.stdout.write(`  ${line}\n`);
    failures += failed.length;
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
