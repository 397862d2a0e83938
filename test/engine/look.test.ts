// Several processes behind one address, each of which may present another chain.
import { expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { lookAt } from '../../src/engine/look.ts';
import type { World } from '../../src/engine/world.ts';
import type { Endpoint, Handshake, SignatureAlgorithm } from '../../src/ports/probe.ts';
import type { EndpointMemory } from '../../src/rollover/sightings.ts';
import { NOW, chain } from '../rollover/world.ts';

const A = chain('A');
const B = chain('B');
const endpoint = {} as Endpoint;
const known = (...chains: readonly Chain[]): EndpointMemory => ({
  sightings: chains.map(({ id }) => ({ chain: id, algorithm: 'ecdsa', seenAt: NOW })),
});

/** Each ECDSA handshake meets the next of these, the last one over and over; `asked` counts them. */
function behind(...processes: readonly Chain[]) {
  let asked = 0;
  const handshake = (_: Endpoint, algorithm: SignatureAlgorithm): Promise<Handshake> => {
    if (algorithm !== 'ecdsa') return Promise.resolve({ status: 'no-certificate' } as Handshake);
    asked += 1;
    const certificates = [new Uint8Array([Math.min(asked, processes.length) - 1])];
    return Promise.resolve({ status: 'presented', certificates } as unknown as Handshake);
  };
  const readDer = ([der]: readonly Uint8Array[]): Chain => processes[der?.[0] ?? 0] ?? A;
  const world = { probe: { handshake }, pki: { readDer } } as unknown as World;
  const met = async (memory: EndpointMemory | undefined): Promise<(string | undefined)[]> => {
    const look = await lookAt(endpoint, memory, world, {});
    const chains = look.met.flatMap(({ chain: one }) => one ?? []);
    return chains.map((one) => (typeof one === 'string' ? one : one.id));
  };
  return { met, asked: () => asked };
}

it('asks again for a chain that was known and is not met, and meets it at the next process', async () => {
  const { met } = behind(B, B, A);
  expect(await met(known(A))).toEqual([B.id, B.id, A.id]);
});

it('asks once where everything that was known is met, or nothing was known', async () => {
  for (const memory of [known(A), undefined]) {
    const { met, asked } = behind(A);
    expect(await met(memory)).toEqual([A.id]);
    expect(asked()).toBe(1);
  }
});

it('gives up after two more: the chain is gone, or its process is busy', async () => {
  const { met, asked } = behind(B);
  expect(await met(known(A, B))).toEqual([B.id, B.id, B.id]);
  expect(asked()).toBe(3);
});
