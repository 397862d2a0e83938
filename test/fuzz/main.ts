// `npm run fuzz -- dialogues`, `messages` or `configurations`: 100,000 of them, mutated; `--count
// N`, `--seed S`. Exits with 1 when one fails.
import { parseArgs } from 'node:util';
import { fuzzConfigurations } from './configurations.ts';
import { fuzzDialogues } from './dialogues.ts';
import { fuzzMessages } from './messages.ts';

const FUZZERS = {
  configurations: fuzzConfigurations,
  dialogues: fuzzDialogues,
  messages: fuzzMessages,
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    },
  });
  const [name = ''] = positionals;
  if (name !== 'configurations' && name !== 'dialogues' && name !== 'messages') {
    process.stderr.write(`usage: npm run fuzz -- ${Object.keys(FUZZERS).join('|')} [--count N]\n`);
    return 2;
  }
  const started = performance.now();
  const { outcomes, broken } = await FUZZERS[name](Number(values.seed), Number(values.count));
  const counts = Object.entries(outcomes).map(([status, count]) => `${status} ${count}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${values.count} ${name} (seed ${values.seed}) in ${seconds} s: ${counts.join(', ')}; ${broken.length} broken\n`,
  );
  for (const line of broken.slice(0, 20)) process.stdout.write(`  ${line}\n`);
  return broken.length === 0 ? 0 : 1;
}

process.exitCode = await main();
