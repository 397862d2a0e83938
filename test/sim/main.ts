// `npm run sim -- --histories N --seed S`: any number of random histories; the first broken one is
// printed in full. `npm run sim -- --setup JSON`: that one history. `--many`: histories of several
// certificates.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { tellHistory } from './history.ts';
import type { Outcome } from './history.ts';
import { tellMany } from './many/history.ts';
import { setups as manySetups } from './many/setup.ts';
import type { ManySetup } from './many/setup.ts';
import { setups } from './setup.ts';
import type { Setup } from './setup.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    setup: { type: 'string' },
    many: { type: 'boolean', default: false },
  },
});
const histories = Number(values.histories);
const seed = Number(values.seed);

/** The setups that the command line asks for, and how their histories are told. */
function toTell(): readonly { readonly setup: unknown; tell(): Promise<Outcome> }[] {
  const given = values.setup === undefined ? undefined : (JSON.parse(values.setup) as unknown);
  const some = { numRuns: histories, seed };
  if (values.many) {
    const told = given === undefined ? fc.sample(manySetups, some) : [given as ManySetup];
    return told.map((setup) => ({ setup, tell: () => tellMany(setup) }));
  }
  const told = given === undefined ? fc.sample(setups, some) : [given as Setup];
  return told.map((setup) => ({ setup, tell: () => tellHistory(setup) }));
}

let broken = 0;
let proven = 0;
let crashes = 0;
const all = toTell();
for (const { setup, tell } of all) {
  const outcome = await tell();
  proven += outcome.proven;
  crashes += outcome.crashes;
  if (outcome.violations.length === 0) continue;
  broken += 1;
  if (broken === 1) for (const line of outcome.trace) process.stdout.write(`${line}\n`);
  process.stdout.write(`${outcome.violations[0] ?? ''}\n  ${JSON.stringify(setup)}\n`);
}
const tally = `${all.length} histories (seed ${seed}): ${proven} rollovers proven, ${crashes} crashes, ${broken} broken`;
process.stdout.write(`${tally}\n`);
process.exitCode = broken === 0 ? 0 : 1;
