// `npm run bench -- NAME`: one measurement, against a reference measured in the same run. Prints
// its figure last and exits 1 when it misses its target. Never part of the tests: durations depend
// on the machine, ratios only less so.

import type { Figure } from './measure.ts';

interface Bench {
  readonly about: string;
  readonly run: (args: readonly string[]) => Promise<Figure>;
}

const benches: Readonly<Record<string, Bench>> = {
  idle: {
    about: 'holger run over 10,000 certificates with nothing due',
    run: async () => (await import('./idle.ts')).idle(),
  },
  serve: {
    about: 'holger serve over 10,000 certificates with nothing due: memory, processor, answers',
    run: async () => (await import('./serve.ts')).serve(),
  },
  many: {
    about: 'certificates due at once against lego; --certificates N --alone --profile DIR',
    run: async (args) => (await import('./many.ts')).many(args),
  },
  'slow-ca': {
    about: '10 certificates at a CA that takes up to 5 seconds, against lego',
    run: async () => (await import('./many.ts')).slowCa(),
  },
  calendar: {
    about: '16 months of 10,000 certificates at a CA in virtual time, as an SVG; --certificates N',
    run: async (args) => (await import('./calendar.ts')).calendar(args),
  },
  'dead-server': {
    about: '20 certificates beside 4 whose zone has a dead name server',
    run: async () => (await import('./dead-server.ts')).deadServer(),
  },
  startup: {
    about: 'holger --version against node -e 0',
    run: async () => (await import('./startup.ts')).startup(),
  },
  rollover: {
    about: 'what a rollover in the lab takes beyond what it has to wait for',
    run: async () => (await import('./rollover.ts')).rollover(),
  },
  check: {
    about: 'holger check over 500 hosts against a shell loop over posttls-finger',
    run: async () => (await import('./check.ts')).check(),
  },
  memory: {
    about: 'what holger check keeps of each of 4,000 hosts against the rows that it has to keep',
    run: async () => (await import('./memory.ts')).memory(),
  },
  codec: {
    about: 'DNS messages and TSIG against dns-packet and a bare HMAC',
    run: async () => (await import('./codec.ts')).codec(),
  },
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const bench = name !== undefined && Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (name === undefined || bench === undefined) {
    const lines = Object.entries(benches).map(([key, { about }]) => `${key.padEnd(10)}${about}\n`);
    process.stdout.write(lines.join(''));
    return name === undefined ? 0 : 2;
  }
  const { text, ok } = await bench.run(args);
  process.stdout.write(`${name}: ${text} ${ok ? 'ok' : 'MISSED'}\n`);
  return ok ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
