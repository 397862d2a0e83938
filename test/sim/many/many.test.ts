// The two laws over random histories of several certificates that share owners, zones, hosts and an
// account, and that move at the same time: how they interleave is part of what is random.
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tellMany } from './history.ts';
import { setups } from './setup.ts';
import type { ManySetup } from './setup.ts';

const HISTORIES = process.env['CI'] === 'true' ? 60 : 10;
// The same histories each time, so that only a change can break them; `npm run sim -- --many` makes
// new ones.
const SEED = 20_261_130;

it(
  'certificates that move at the same time lose no client, order nothing twice and all end',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(setups, async (setup) => {
        const { violations } = await tellMany(setup);
        expect(violations).toEqual([]);
      }),
      { seed: SEED, numRuns: HISTORIES, interruptAfterTimeLimit: 60_000 },
    );
  },
);

it('a seed decides how certificates interleave', async () => {
  const [setup] = fc.sample(setups, { numRuns: 1, seed: SEED });
  if (setup === undefined) throw new RangeError('no setup');
  const busy: ManySetup = { ...setup, groups: ['pair', 'ports'], parallel: 16, runs: 2 };
  const told = (seed: number) => tellMany({ ...busy, seed });
  const first = await told(1);
  expect(await told(1)).toEqual(first);
  expect((await told(2)).interleaving).not.toBe(first.interleaving);
});

// Every setup that once broke a history, with what it was about.
const broken = JSON.parse(
  await readFile(new URL('broken.json', import.meta.url), 'utf8'),
) as readonly { readonly story: string; readonly setup: ManySetup }[];

it.each(broken)('once broken: $story ($setup.seed)', async ({ setup }) => {
  expect((await tellMany(setup)).violations).toEqual([]);
});
