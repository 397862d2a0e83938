// One address: processes behind it that present different chains, and certificates of several
// kinds.
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import type { KeyAlgorithm } from '../../src/dane/key-algorithm.ts';
import { lookAt } from '../../src/engine/observe/endpoint.ts';
import type { Endpoint, Handshake, Seen } from '../../src/ports/probe.ts';
import type { EndpointLook, EndpointMemory } from '../../src/rollover/record/service-history.ts';
import { A, B, HOUR, NOW, chain } from '../rollover/world.ts';
import { fakeWorld } from '../support/fakes.ts';

const C = chain('C');
const endpoint = {} as Endpoint;

type Known = Partial<Record<KeyAlgorithm, readonly Chain[]>>;
const known = (chains: Known, completeAt?: number): EndpointMemory => ({
  sightings: Object.entries(chains).flatMap(([algorithm, all]) =>
    all.map(({ id }) => ({ chain: id, algorithm: algorithm as KeyAlgorithm, seenAt: NOW })),
  ),
  ...(completeAt === undefined ? {} : { completeAt }),
});

type Process = Partial<Record<KeyAlgorithm, Chain>>;

/**
 * Each handshake reaches the next of these, the last one again and again. `asked` has the wanted
 * chains of each.
 */
function behind(...processes: readonly (Process | Exclude<Handshake, { status: 'presented' }>)[]) {
  const asked: Seen[] = [];
  const shown: Chain[] = [];
  const handshake = (_: Endpoint, seen: Seen): Promise<Handshake> => {
    const turn = Math.min(asked.length, processes.length - 1);
    asked.push(seen);
    const process = processes[turn] ?? {};
    if ('status' in process) return Promise.resolve(process);
    const all = Object.entries(process) as [KeyAlgorithm, Chain][];
    const [algorithm, own] = all.find(([one]) => !seen.includes(one)) ?? [];
    if (algorithm === undefined || own === undefined) {
      return Promise.resolve({ status: 'no-certificate', detail: 'none' });
    }
    const certificates = [new Uint8Array([shown.push(own) - 1])];
    return Promise.resolve({ status: 'presented', algorithm, certificates });
  };
  const readDer = ([der]: readonly Uint8Array[]): Chain => shown[der?.[0] ?? 0] ?? A;
  const clock = { now: () => NOW };
  const world = fakeWorld({ probe: { handshake }, pki: { readDer }, clock });
  const look = (
    memory: EndpointMemory | undefined,
    algorithms: readonly KeyAlgorithm[] = [],
  ): Promise<EndpointLook> =>
    lookAt(endpoint, { known: memory, algorithms: new Set(algorithms) }, world, {});
  const met = async (memory: EndpointMemory | undefined): Promise<readonly string[]> => {
    const chains = (await look(memory)).met.flatMap(({ chain: one }) => one ?? []);
    return chains.map((one) => (typeof one === 'string' ? one : one.id));
  };
  return { look, met, asked };
}

describe('several processes behind one address', () => {
  it('makes a further handshake for a known chain that was not presented, and finds it at the next process', async () => {
    const { met } = behind({ ecdsa: B }, { ecdsa: B }, { ecdsa: B }, { ecdsa: A });
    expect(await met(known({ ecdsa: [A] }))).toEqual([B.id, B.id, A.id]);
  });

  it('stops after two more: the chain is gone, or its process is busy', async () => {
    const { met, asked } = behind({ ecdsa: B });
    expect(await met(known({ ecdsa: [A, B] }))).toEqual([B.id, B.id, B.id]);
    expect(asked).toEqual([[], ['ecdsa'], [], []]);
  });

  it('does not know whether a chain is gone when further handshakes failed', async () => {
    const memory = known({ ecdsa: [A, B] });
    const lost = { status: 'timeout', detail: 'no answer' } as const;
    expect(await behind({ ecdsa: B }, {}, lost).look(memory)).toMatchObject({ unsure: ['ecdsa'] });
    expect(await behind({ ecdsa: B }, {}, lost, { ecdsa: A }).look(memory)).not.toHaveProperty(
      'unsure',
    );
    expect(await behind({ ecdsa: B }).look(memory)).not.toHaveProperty('unsure');
  });

  it('makes a further handshake for a process without TLS where another has it', async () => {
    const { met } = behind({ status: 'no-tls', detail: '' }, { ecdsa: A });
    expect(await met(known({ ecdsa: [A] }))).toEqual(['no-tls', 'no-tls', A.id]);
  });
});

describe('K50: one handshake where one was enough before', () => {
  it('the first time a handshake is made for every kind, and it is stored that there is no other', async () => {
    const { look, asked } = behind({ ecdsa: A });
    expect(await look(undefined)).toMatchObject({ complete: true });
    expect(asked).toEqual([[], ['ecdsa']]);
  });

  it('one more within hours is one handshake', async () => {
    const { met, asked } = behind({ ecdsa: A });
    expect(await met(known({ ecdsa: [A] }, NOW - HOUR))).toEqual([A.id]);
    expect(asked).toEqual([[]]);
  });

  it.each<[string, EndpointMemory, readonly KeyAlgorithm[]]>([
    ['when the last one is long ago', known({ ecdsa: [A] }, NOW - 7 * HOUR), []],
    ['when the last one is in the future', known({ ecdsa: [A] }, NOW + HOUR), []],
    ['when a new chain is met', known({ ecdsa: [A, B] }, NOW - HOUR), []],
    ['when another kind was there', known({ ecdsa: [A], rsa: [C] }, NOW - HOUR), []],
    ['when another kind is configured', known({ ecdsa: [A] }, NOW - HOUR), ['ecdsa', 'rsa']],
    ['when no observation was complete', known({ ecdsa: [A] }), []],
  ])('a handshake is made for every kind again %s', async (_, memory, algorithms) => {
    const { look, asked } = behind({ ecdsa: A });
    await look(memory, algorithms);
    expect(asked).toContainEqual(['ecdsa']);
  });
});

describe('K17: certificates of every kind are part of what is live', () => {
  it('all of them are found, in any order', async () => {
    const { look } = behind({ ed25519: A, rsa: B, 'rsa-pss': C });
    const { met, complete } = await look(undefined);
    expect(complete).toBe(true);
    expect(met.filter(({ chain: one }) => one !== undefined)).toEqual([
      { algorithm: 'ed25519', chain: A },
      { algorithm: 'rsa', chain: B },
      { algorithm: 'rsa-pss', chain: C },
    ]);
    expect(met.flatMap((one) => (one.chain === undefined ? [one.algorithm] : []))).toEqual([
      'ecdsa',
      'ed448',
    ]);
  });

  it('a failure with every offer does not prove absence', async () => {
    const { look, asked } = behind({ status: 'tls-failed', detail: 'alert' });
    expect(await look(known({ ecdsa: [A] }))).toMatchObject({
      met: [],
      failure: 'tls-failed: alert',
    });
    expect(asked).toEqual([[]]);
  });

  it('where the second handshake cannot be made the first counts, and nothing is absent', async () => {
    const { look } = behind({ ecdsa: A }, { status: 'turned-away', detail: '421 later' });
    expect(await look(undefined)).toEqual({
      ...{ met: [{ algorithm: 'ecdsa', chain: A }] },
      failure: 'turned-away: 421 later',
    });
  });
});
