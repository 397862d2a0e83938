// Names of one certificate whose challenges lead to one owner, at a provider that keeps two values
// there (as acme-dns does).
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { obtain } from '../../src/engine/act/order/obtain.ts';
import type { DnsChallenge, OrderStatus } from '../../src/ports/issuer.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { NOW, chain, generation, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const NAMES = ['mx1.example.org', 'mx2.example.org', 'mx3.example.org', 'mx4.example.org'];
const SHARED = fqdn('8e5700ea.auth.example.net');
const ORDER = 'https://ca.example/order/1';

/** `patience`: reads of the order for which the CA validates what was answered. */
function surroundings(patience: number) {
  const time = { now: NOW };
  const kept: RdataHex[] = [];
  const states = new Map<string, number | 'pending' | 'valid' | 'invalid'>();
  for (const name of NAMES) states.set(name, 'pending');
  const rdataOf = (name: string): RdataHex => {
    const value = Buffer.from(`value of ${name}`);
    return Buffer.concat([Buffer.from([value.length]), value]).toString('hex');
  };
  const challenge = (identifier: string): DnsChallenge => ({
    ...{ identifier, owner: fqdn(`_acme-challenge.${identifier}`) },
    ...{ authorizationUrl: `${identifier}/1`, challengeUrl: identifier },
    value: `value of ${identifier}`,
  });
  /** The resolver of the CA caches the answer for the second that it may. */
  let cached: { readonly until: number; readonly values: readonly RdataHex[] } | undefined;
  const resolved = (): readonly RdataHex[] => {
    if (cached === undefined || time.now >= cached.until) {
      cached = { until: time.now + 1, values: [...kept] };
    }
    return cached.values;
  };
  const lookAtOrder = (): Promise<OrderStatus> => {
    for (const [name, state] of states) {
      if (typeof state !== 'number') continue;
      if (state > 0) states.set(name, state - 1);
      else states.set(name, resolved().includes(rdataOf(name)) ? 'valid' : 'invalid');
    }
    const all = [...states.values()];
    const status = all.every((state) => state === 'valid') ? 'processing' : 'pending';
    const challenges = NAMES.filter((name) => states.get(name) === 'pending').map(challenge);
    const validating = all.some((state) => typeof state === 'number');
    return Promise.resolve({ url: ORDER, status, challenges, ...(validating && { validating }) });
  };
  const provider: DnsProvider = {
    traits: {
      ...{ types: ['TXT'], conditional: false, edits: 'record', ttl: { least: 1 } },
      ...{ signs: 'never', tellsApplied: false, keeps: 2 },
    },
    findZone: () => Promise.resolve(fqdn('auth.example.net')),
    ttlFor: () => Promise.resolve(1),
    read: () => Promise.resolve({ owner: SHARED, type: 'TXT', ttl: 1, rdata: [...kept] }),
    apply: ({ add }) => {
      kept.push(...add);
      kept.splice(0, kept.length - 2);
      return Promise.resolve('accepted');
    },
  };
  const world = fakeWorld({
    clock: { now: () => time.now },
    resolver: {
      ask: () => Promise.resolve({ rdata: [], exists: false }),
      sweep: () => {
        const answer = { status: 'answered', rdata: [...kept], ttl: 1, serial: 1 };
        const addresses = [{ server: fqdn('ns.example.net'), address: '192.0.2.1', answer }];
        return Promise.resolve({ owner: SHARED, zone: fqdn('auth.example.net'), addresses });
      },
    },
    issuer: {
      lookAtOrder,
      answerChallenge: ({ identifier }: DnsChallenge) => {
        states.set(identifier, patience);
        return Promise.resolve();
      },
    },
    providerFor: () => provider,
  });
  return { time, states, world };
}

describe('four names, and a provider that keeps two values', () => {
  it.each([0, 3])('all are validated by a CA that takes %i more reads', async (patience) => {
    const { time, states, world } = surroundings(patience);
    const task = fakeTask(intent({}, { domains: NAMES, services: [] }));
    const { chain: _none, ...key } = generation(2, 'key', chain('B'));
    const made = { ...key, domains: NAMES, orderUrl: ORDER };
    const memory = await Memory.load(world, task.intent, []);
    await memory.saveLineage({ ...newLineage('mail'), generations: [made] });
    for (let look = 0; look < 30; look += 1) {
      const outcome = await obtain({ task, memory, world, call: {} }, made);
      time.now = outcome.kind === 'wait' ? Math.max(outcome.until, time.now) : time.now + 0.1;
    }
    expect([...states.values()]).toEqual(['valid', 'valid', 'valid', 'valid']);
  });
});
