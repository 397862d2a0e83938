// A write of an RRset to which the owner of another service leads by a CNAME: each of both names
// has its own sweep and its own history.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { publish } from '../../src/engine/act/publish.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import type { OwnerHistory } from '../../src/rollover/record/owner-history.ts';
import { Storage } from '../sim/storage.ts';
import { NOW, OWNER, SERVICE, chain, intent, record, swept } from '../rollover/world.ts';
import type { Answer } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const ALIAS = fqdn('_465._tcp.mx.example.org');
const old = [record('3 1 1', chain('A'))];
const next = [record('3 1 1', chain('B'))];
const task = fakeTask(
  intent({}, { services: [SERVICE, { ...SERVICE, id: 'smtps', owner: ALIAS }] }),
);

/**
 * What the sweep of the owner found, what the sweep of the alias found, and how the provider
 * answers a write.
 */
async function attempt(owner: Answer, alias: Answer, answer: () => Promise<'accepted'>) {
  const sent: (readonly RdataHex[])[] = [];
  const storage = new Storage();
  const provider = {
    traits: {},
    ttlFor: () => Promise.resolve(60),
    apply: ({ add }: { readonly add: readonly RdataHex[] }) => {
      sent.push(add);
      return answer();
    },
  } as unknown as DnsProvider;
  const world = fakeWorld({
    clock: { now: () => NOW + 1 },
    store: storage.store(() => undefined),
    providerFor: () => provider,
  });
  const memory = await Memory.load(world, task.intent);
  const looks = {
    [OWNER]: swept(undefined, NOW, [owner]),
    [ALIAS]: swept(undefined, NOW, [alias]),
  };
  for (const [name, look] of Object.entries(looks)) {
    await memory.saveOwner({ ...look, owner: fqdn(name) });
  }
  const edit = { owner: OWNER, add: next, remove: [], ttl: 60, expect: old, expectTtl: 60 };
  const code = await publish({ task, memory, world, call: {} }, edit).then(
    () => undefined,
    (error: unknown) => (error instanceof AppError ? error.code : 'another error'),
  );
  const after = (name: typeof OWNER): OwnerHistory => {
    const history = memory.owner(name);
    if (history === undefined) throw new Error(`${name} is forgotten`);
    return history;
  };
  return { code, sent, after };
}

const taken = (): Promise<'accepted'> => Promise.resolve('accepted');
const failing = (code: ErrorCode) => (): Promise<never> =>
  Promise.reject(new AppError(code, 'the primary answered so, or not at all'));

describe('one RRset under two names', () => {
  it('is recorded as written under both', async () => {
    const look = { records: old, serial: 7 };
    const { code, sent, after } = await attempt(look, look, taken);
    expect(code).toBeUndefined();
    expect(sent).toEqual([next]);
    for (const name of [OWNER, ALIAS]) expect(after(name).writes).toHaveLength(1);
  });

  it('is not written where the later sweep found it changed: no sweep would ever be later than that', async () => {
    const changed = { records: [], serial: 8 };
    const { code, sent, after } = await attempt({ records: old, serial: 7 }, changed, taken);
    expect(code).toBe('UPDATE_CONFLICT');
    expect(sent).toEqual([]);
    for (const name of [OWNER, ALIAS]) expect(after(name).writes).toEqual([]);
  });

  it('is written although the earlier sweep found what was there before', async () => {
    const earlier = { records: [], serial: 6 };
    const { code, sent } = await attempt({ records: old, serial: 7 }, earlier, taken);
    expect(code).toBeUndefined();
    expect(sent).toEqual([next]);
  });

  it.each([
    ['that of the write', 8, 7],
    ['that of the other sweep', 7, 8],
  ])(
    'the write is not over at the newest serial that was seen, %s',
    async (_whose, own, others) => {
      const before = { records: old, serial: others };
      const { after } = await attempt(
        { records: old, serial: own },
        before,
        failing('DNS_TIMEOUT'),
      );
      for (const name of [OWNER, ALIAS]) {
        const same = swept(after(name), NOW + 5, [{ records: old, serial: 8 }]);
        expect(same.writes).toHaveLength(1);
        expect(swept(same, NOW + 9, [{ records: old, serial: 9 }]).writes).toEqual([]);
      }
    },
  );

  it('a refused write was never begun, under either name', async () => {
    const look = { records: old, serial: 7 };
    const { code, after } = await attempt(look, look, failing('UPDATE_REFUSED'));
    expect(code).toBe('UPDATE_REFUSED');
    for (const name of [OWNER, ALIAS]) {
      expect(after(name)).toMatchObject({ writes: [], ours: [] });
      expect(after(name).versions).toHaveLength(1);
    }
  });

  it.each([
    'DNS_TIMEOUT',
    'DNS_UNREACHABLE',
    'TSIG_FAILED',
    'TSIG_BADTIME',
    'PROVIDER_FAILED',
  ] as const)('%s does not show whether it was written', async (failure) => {
    const look = { records: old, serial: 7 };
    const { code, after } = await attempt(look, look, failing(failure));
    expect(code).toBe(failure);
    for (const name of [OWNER, ALIAS]) expect(after(name)).toMatchObject({ ours: next });
    for (const name of [OWNER, ALIAS]) expect(after(name).writes).toHaveLength(1);
  });
});
