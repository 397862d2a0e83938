// An issuer at the simulated CA, and an order from its beginning to its chain.
import type { OrderStatus } from '../../../src/ports/issuer.ts';
import { createCsr } from '../../../src/x509/csr.ts';
import { generateKey } from '../../../src/x509/keys.ts';
import { startCaSimulator } from '../../support/ca-simulator.ts';
import type { CaSimulator, Issued } from '../../support/ca-simulator.ts';
import { NOW, worldAt } from '../world.ts';
import type { World } from '../world.ts';

export interface SimulatedWorld extends World<CaSimulator> {
  /** Orders, answers and finalizes. */
  order(domains: readonly string[], replaces?: string): Promise<OrderStatus>;
  /** The same, and downloads. @returns the certificate as the CA has it */
  obtain(domains: readonly string[], replaces?: string): Promise<Issued>;
  /** Requests of this kind that reached the CA. */
  sent(resource: string): readonly (Record<string, unknown> | undefined)[];
}

export async function simulated(): Promise<SimulatedWorld> {
  const fake = await startCaSimulator();
  fake.now = NOW;
  const world = worldAt(fake, { caPem: fake.caPem });
  const { issuer } = world;
  const order = async (domains: readonly string[], replaces?: string): Promise<OrderStatus> => {
    const placed = await issuer.newOrder(
      { domains, ...(replaces === undefined ? {} : { replaces }) },
      {},
    );
    for (const challenge of placed.challenges) await issuer.answerChallenge(challenge, {});
    const csr = await createCsr(await generateKey('ec-p256'), domains);
    return issuer.finalize(placed.url, csr, {});
  };
  return {
    ...world,
    order,
    obtain: async (domains, replaces) => {
      const { url } = await order(domains, replaces);
      await issuer.download(url, undefined, {});
      const issued = fake.issued.at(-1);
      if (issued === undefined) throw new RangeError('nothing was issued');
      return issued;
    },
    sent: (resource) =>
      fake.seen.filter((one) => one.resource === resource).map(({ payload }) => payload),
  };
}
