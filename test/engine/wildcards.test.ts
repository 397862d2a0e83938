// The record of a challenge below a host that a wildcard serves: refused before the order and before the write, or told of.
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { publishChallenges } from '../../src/engine/challenges.ts';
import type { Event } from '../../src/engine/events.ts';
import { Memory } from '../../src/engine/memory.ts';
import { preflight } from '../../src/engine/preflight.ts';
import type { Task, World } from '../../src/engine/world.ts';
import type { DnsChallenge } from '../../src/ports/issuer.ts';
import { intent } from '../rollover/world.ts';
import { answerIn } from '../sim/names.ts';
import { Storage } from '../sim/storage.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_acme-challenge.mx.example.org');
const NEGATIVE_TTL = 900;

async function surroundings(hides: { readonly hidesWildcard?: true } = {}) {
  const events: Event[] = [];
  const written: RdataHex[] = [];
  const contents = new Map([['*.example.org. A', ['c0000201']]]);
  const world = {
    clock: { now: () => 1_800_000_000 },
    store: new Storage().store(() => undefined),
    resolver: {
      sweep: (owner: Fqdn) => {
        const answer = { status: 'answered', rdata: [], ttl: NEGATIVE_TTL, serial: 1 };
        const addresses = [{ server: ZONE, address: '192.0.2.53', answer }];
        return Promise.resolve({ zone: ZONE, owner, aliases: [], addresses });
      },
      ask: (zone: Fqdn, name: Fqdn, type: RecordType) =>
        Promise.resolve(answerIn(contents, zone, name, type)),
    },
    providerFor: () => ({
      traits: {},
      read: () => Promise.resolve(undefined),
      apply: ({ add }: { readonly add: readonly RdataHex[] }) => {
        written.push(...add);
        return Promise.resolve('accepted');
      },
    }),
    log: silentLogger,
    emit: (event: Event) => void events.push(event),
    instant: () => undefined,
  } as unknown as World;
  const domains = ['mx.example.org'];
  const task = {
    intent: intent({}, { domains, services: [], dane: false, ...hides }),
  } as unknown as Task;
  const memory = await Memory.load(world, task.intent, []);
  const challenge = { identifier: 'mx.example.org', owner: OWNER, value: 'abc' } as DnsChallenge;
  const publish = () => publishChallenges({ challenges: [challenge] }, task, memory, world, {});
  return { events, written, publish, before: () => preflight(task, memory, world, {}) };
}

describe('K1: the challenge of a host that exists only through a wildcard', () => {
  it('is refused before anything is ordered, with the records that have to be made first', async () => {
    const { before } = await surroundings();
    expect(await before()).toMatchObject({
      kind: 'blocked',
      person: true,
      reasons: [{ rule: 'wildcard-goes-on', lines: ['mx.example.org. A 192.0.2.1'] }],
    });
  });

  it('is refused once more before it is written: the wildcard may have come since', async () => {
    const { publish, written } = await surroundings();
    await expect(publish()).rejects.toMatchObject({ code: 'BLOCKED', exit: 4 });
    expect(written).toEqual([]);
  });

  it('is written where the operator accepts the outage, and it is told for how long it lasts', async () => {
    const { before, publish, written, events } = await surroundings({ hidesWildcard: true });
    expect(await before()).toBeUndefined();
    await publish();
    expect(written).toHaveLength(1);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'wildcard-silent',
        detail: expect.stringMatching(/mx\.example\.org \(A\); .* for 15m after/) as string,
      }),
    );
  });
});
