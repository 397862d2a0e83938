// `npm run sim -- --histories N --seed S`: as many random histories as one likes; the first broken one is told in full.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { tellHistory } from './history.ts';
import { setups } from './setup.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const histories = Number(values.histories);
const seed = Number(values.seed);

let broken = 0;
let proven = 0;
let crashes = 0;
for (const setup of fc.sample(setups, { numRuns: histories, seed })) {
  const outcome = await tellHistory(setup);
  proven += outcome.proven;
  crashes += outcome.crashes;
  if (outcome.violations.length === 0) continue;
  broken += 1;
  if (broken === 1) for (const line of outcome.trace) process.stdout.write(`${line}\n`);
  process.stdout.write(`${outcome.violations[0] ?? ''}\n  ${JSON.stringify(setup)}\n`);
}
const tally = `${histories} histories (seed ${seed}): ${proven} rollovers proven, ${crashes} crashes, ${broken} broken`;
process.stdout.write(`${tally}\n`);
process.exitCode = broken === 0 ? 0 : 1;
