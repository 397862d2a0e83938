// `npm run sim -- --histories N --seed S`: any number of random histories; the first broken one is
// printed in full. `npm run sim -- --setup JSON`: that one history.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { tellHistory } from './history.ts';
import { setups } from './setup.ts';
import type { Setup } from './setup.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    setup: { type: 'string' },
  },
});
const histories = Number(values.histories);
const seed = Number(values.seed);

let broken = 0;
let proven = 0;
let crashes = 0;
const told =
  values.setup === undefined
    ? fc.sample(setups, { numRuns: histories, seed })
    : [JSON.parse(values.setup) as Setup];
for (const setup of told) {
  const outcome = await tellHistory(setup);
  proven += outcome.proven;
  crashes += outcome.crashes;
  if (outcome.violations.length === 0) continue;
  broken += 1;
  if (broken === 1) for (const line of outcome.trace) process.stdout.write(`${line}\n`);
  process.stdout.write(`${outcome.violations[0] ?? ''}\n  ${JSON.stringify(setup)}\n`);
}
const tally = `${told.length} histories (seed ${seed}): ${proven} rollovers proven, ${crashes} crashes, ${broken} broken`;
process.stdout.write(`${tally}\n`);
process.exitCode = broken === 0 ? 0 : 1;
