// When the PKIX store is read, and for what.
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { withTrust } from '../../src/engine/observe/pkix-trust.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Intent } from '../../src/rollover/model.ts';
import {
  NOW,
  SERVICE,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
  trusting,
} from '../rollover/world.ts';

const [A, B, C, D] = ['A', 'B', 'C', 'D'].map((name) => chain(name)) as [
  Chain,
  Chain,
  Chain,
  Chain,
];
const STORE = trusting('I');

const mail = (records: readonly string[]): Intent => intent({ records });
const web = (records: readonly string[]): Intent =>
  intent({ records }, { services: [{ ...SERVICE, smtpLike: false }] });

function facts(standing: readonly string[]) {
  const neighbour = { intent: mail(['3 1 1']), lineage: newLineage('other'), placed: [D] };
  return factsOf({
    generations: [generation(2, 'issued', B)],
    owner: swept(undefined, NOW, [{ records: standing }]),
    service: seen(NOW, { '1': A }),
    placed: [C],
    neighbours: [neighbour],
  });
}

/** The chains for which the store is read; undefined: it is not read. */
async function asked(standing: readonly string[], wanted: Intent): Promise<string[] | undefined> {
  let chains: string[] | undefined;
  const trusted = (of: readonly Chain[]) => {
    chains = of.map(({ id }) => id).sort();
    return Promise.resolve(STORE);
  };
  const told = await withTrust(facts(standing), wanted, { pki: { trusted } });
  expect(told.trusted).toEqual(chains === undefined ? {} : STORE);
  return chains;
}

describe('the PKIX store', () => {
  it('is read for every chain when usage 0 or 1 is in DNS or is configured', async () => {
    const all = ['A', 'B', 'C', 'D'];
    expect(await asked([record('1 1 1', A)], web(['3 1 1']))).toEqual(all);
    expect(await asked([record('0 0 1', A)], web(['3 1 1']))).toEqual(all);
    expect(await asked([], web(['3 1 1', '1 1 1']))).toEqual(all);
  });
  it('is not read where no client would use it', async () => {
    expect(await asked([record('3 1 1', A), record('2 1 1', A)], web(['3 1 1']))).toBeUndefined();
    expect(await asked([record('1 1 1', A)], mail(['3 1 1', '1 1 1']))).toBeUndefined();
  });
});
