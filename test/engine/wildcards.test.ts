// The record of a challenge below a host that a wildcard serves: refused before the order and
// before the write, or reported.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { publishChallenges } from '../../src/engine/act/order/challenges.ts';
import type { Event } from '../../src/engine/events.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { observeOwner } from '../../src/engine/observe/owner.ts';
import { preflight } from '../../src/engine/observe/preflight.ts';
import type { DnsChallenge } from '../../src/ports/issuer.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { NOW, chain, factsOf, generation, intent, seen, swept } from '../rollover/world.ts';
import { answerIn } from '../sim/names.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_acme-challenge.mx.example.org');
const NEGATIVE_TTL = 900;

/** `end`: where the CNAMEs of the challenge lead. */
async function surroundings(hides: { readonly hidesWildcard?: true } = {}, end?: Fqdn) {
  const events: Event[] = [];
  const written: RdataHex[] = [];
  const contents = new Map([['*.example.org. A', ['c0000201']]]);
  const world = fakeWorld({
    clock: { now: () => 1_800_000_000 },
    resolver: {
      sweep: (owner: Fqdn) => {
        const answer = { status: 'answered', rdata: [], ttl: NEGATIVE_TTL, serial: 1 };
        const addresses = [{ server: ZONE, address: '192.0.2.53', answer }];
        return Promise.resolve({ zone: ZONE, owner: end ?? owner, aliases: [], addresses });
      },
      place: (owner: Fqdn) => Promise.resolve({ zone: ZONE, owner: end ?? owner }),
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
    emit: (event: Event) => void events.push(event),
  });
  const domains = ['mx.example.org'];
  const task = fakeTask(intent({}, { domains, services: [], dane: false, ...hides }));
  const memory = await Memory.load(world, task.intent, []);
  const challenge = { identifier: 'mx.example.org', owner: OWNER, value: 'abc' } as DnsChallenge;
  const job = { task, memory, world, call: {} };
  const publish = () => publishChallenges(job, { challenges: [challenge] });
  return { events, written, publish, before: () => preflight(job) };
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

  it('is judged at the end of its CNAMEs', async () => {
    const end = fqdn('abc.challenges.example.org');
    const [block] = [await (await surroundings({}, end)).before()];
    expect(block?.reasons.flatMap(({ lines = [] }) => lines)).toEqual([
      'challenges.example.org. A 192.0.2.1',
      'abc.challenges.example.org. A 192.0.2.1',
    ]);
  });

  it('is refused again before it is written: the wildcard may be new', async () => {
    const { publish, written } = await surroundings();
    await expect(publish()).rejects.toMatchObject({ code: 'BLOCKED', exit: 4 });
    expect(written).toEqual([]);
  });

  it('is written where the operator accepts the outage, and its length is reported', async () => {
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

describe('K1: the first TLSA record', () => {
  const TARGET = fqdn('_25._tcp.dane.example.org');
  const MX = fqdn('_25._tcp.mx.example.org');

  /** What is stored of wildcards after a sweep of an owner whose CNAMEs lead to `TARGET`. */
  async function silences(rdata: readonly RdataHex[], ask: (name: Fqdn) => Promise<unknown>) {
    const sweep = {
      ...{ zone: ZONE, owner: TARGET, aliases: [{ ttl: 60 }], security: 'secure', serversTtl: 60 },
      receivedAt: 1_800_000_000,
      addresses: [
        {
          ...{ server: ZONE, address: '192.0.2.53' },
          answer: { status: 'answered', rdata, ttl: 60, serial: 1 },
        },
      ],
    };
    const asked: Fqdn[] = [];
    const world = fakeWorld({
      clock: { now: () => sweep.receivedAt },
      resolver: {
        sweep: () => Promise.resolve(sweep),
        ask: (_zone: Fqdn, name: Fqdn) => {
          asked.push(name);
          return ask(name);
        },
      },
      providerFor: () => ({}),
    });
    const task = fakeTask();
    const memory = await Memory.load(world, task.intent, []);
    await observeOwner({ task, memory, world, call: {} }, MX);
    return { asked, found: memory.owner(MX)?.silences };
  }

  it('is made where its CNAMEs lead, and wildcards are looked up there', async () => {
    const { asked } = await silences([], () => Promise.resolve({ rdata: [], exists: false }));
    expect(asked.some((name) => name.endsWith('dane.example.org.'))).toBe(true);
    expect(asked.every((name) => !name.includes('mx.'))).toBe(true);
  });

  it('is not written where it would disable one, also where that is accepted for challenges', () => {
    const host = fqdn('mx.example.org');
    const silenced = [{ name: host, type: 'A', rdata: ['c0000201'] }] as const;
    const A = chain('A');
    const owner = { ...swept(undefined, NOW, [{ records: [] }]), silences: silenced };
    const generations = [generation(1, 'live', A)];
    const facts = factsOf({ owner, service: seen(NOW, { '1': A }), generations });
    expect(plan(intent({}, { hidesWildcard: true }), facts, Infinity, NOW)).toMatchObject({
      ...{ kind: 'blocked', person: true },
      reasons: [{ rule: 'wildcard-goes-on', lines: ['mx.example.org. A 192.0.2.1'] }],
    });
  });

  it('is the only one before which wildcards are looked up', async () => {
    const { asked, found } = await silences([`030101${'aa'.repeat(32)}`], () =>
      Promise.resolve({ rdata: [], exists: false }),
    );
    expect({ asked, found }).toEqual({ asked: [], found: undefined });
  });

  it('is not written while it is not known whether a wildcard answers', async () => {
    const { found } = await silences([], () =>
      Promise.reject(new AppError('DNS_TIMEOUT', 'no answer')),
    );
    expect(found).toBe('no answer');
    const A = chain('A');
    const generations = [generation(1, 'live', A)];
    const owner = { ...swept(undefined, NOW, [{ records: [] }]), silences: found ?? [] };
    const facts = factsOf({ owner, service: seen(NOW, { '1': A }), generations });
    expect(plan(intent(), facts, Infinity, NOW)).toMatchObject({
      kind: 'blocked',
      person: false,
      reasons: [{ rule: 'wildcard-goes-on', because: expect.stringContaining('no answer') }],
    });
  });
});
