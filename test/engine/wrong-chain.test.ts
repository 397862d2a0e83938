// Chains that a CA should not have issued, from the simulated CA.
import { expect, it } from 'vitest';
import { download } from '../../src/engine/act/order/issue.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { keyMatches } from '../../src/x509/certificate.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { createCsr } from '../../src/x509/csr.ts';
import { generateKey } from '../../src/x509/keys.ts';
import { simulated } from '../acme/behaviours/world.ts';
import type { Chain } from '../../src/dane/chain.ts';
import { A, generation, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';
import type { Mistake } from '../support/ca-certify.ts';

const domains = ['mx.example.org', 'www.example.org'];

async function downloaded(mistake: Mistake | undefined) {
  const { fake, issuer } = await simulated();
  fake.mistake = mistake;
  const placed = await issuer.newOrder({ domains }, {});
  for (const challenge of placed.challenges) await issuer.answerChallenge(challenge, {});
  const key = await generateKey('ec-p256');
  const order = await issuer.finalize(placed.url, await createCsr(key, domains), {});
  const written: string[] = [];
  const world = fakeWorld({
    issuer,
    pki: {
      readPem: chainFromPem,
      keyFits: (pem: string, { certificates: [leaf] }: Chain) =>
        keyMatches(pem, fromHex(leaf?.der ?? '')),
    },
    files: {
      readKey: () => Promise.resolve(key),
      writeChain: (_name: string, _number: number, pem: string) => {
        written.push(pem);
        return Promise.resolve();
      },
    },
  });
  const task = fakeTask(intent({}, { domains, services: [], dane: false }));
  const memory = await Memory.load(world, task.intent, []);
  const { chain: _none, ...made } = generation(1, 'key', A, { domains });
  const job = { task, memory, world, call: {} };
  const outcome = download(job, { ...made, orderUrl: placed.url }, order);
  return { outcome, written, memory };
}

it('is stored when it is right', async () => {
  const { outcome, written } = await downloaded(undefined);
  await outcome;
  expect(written).toHaveLength(1);
});

it.each(['other key', 'lacks a name', 'no leaf', 'leaf last'] as const)(
  'is never deployed: %s',
  async (mistake) => {
    const { outcome, written, memory } = await downloaded(mistake);
    await expect(outcome).rejects.toMatchObject({ code: 'ACME_CERTIFICATE_WRONG', exit: 4 });
    expect(written).toEqual([]);
    // The order is over, and the next one waits.
    const [kept] = memory.lineage.generations;
    expect(kept?.orderUrl).toBeUndefined();
    expect(kept?.wrong?.because).toMatch(/^the CA's certificate (lacks|is for another key)/);
  },
);
