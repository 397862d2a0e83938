import { describe, expect, it } from 'vitest';
import { tryProvider } from '../../src/app/use-cases/provider-trial.ts';
import type { TrialStep, TrialWorld } from '../../src/app/use-cases/provider-trial.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn, isWithin } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RRset } from '../../src/dns/rrset.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import type { Sweep } from '../../src/ports/resolver.ts';

const ZONE = fqdn('example.org');

/** A provider with a zone in memory; parts of it can be replaced. */
function memory(leastTtl = 0): {
  readonly held: Map<string, RRset>;
  readonly provider: DnsProvider;
} {
  const held = new Map<string, RRset>();
  const key = (owner: string, type: string): string => `${owner} ${type}`;
  const apply = ({ owner, type, ttl, add, remove }: RRsetEdit): Promise<'accepted'> => {
    const before = held.get(key(owner, type))?.rdata ?? [];
    const rdata = rdataSet([...before.filter((one) => !remove.includes(one)), ...add]);
    if (rdata.length === 0) held.delete(key(owner, type));
    else held.set(key(owner, type), { owner, type, ttl: Math.max(ttl, leastTtl), rdata });
    return Promise.resolve('accepted');
  };
  const provider: DnsProvider = {
    traits: {
      types: ['TXT', 'TLSA'],
      conditional: false,
      edits: 'rrset',
      ttl: { least: leastTtl },
      signs: 'always',
      tellsApplied: false,
    },
    findZone: (name) => Promise.resolve(isWithin(name, ZONE) ? ZONE : undefined),
    ttlFor: (_zone, ttl) => Promise.resolve(Math.max(ttl, leastTtl)),
    apply,
    read: (_zone, owner, type) => Promise.resolve(held.get(key(owner, type))),
  };
  return { held, provider };
}

/** Name servers that serve what `held` has, after so many queries. */
function worldOf(held: ReadonlyMap<string, RRset>, after = 0): TrialWorld {
  let now = 1000;
  let looks = 0;
  return {
    clock: {
      now: () => now,
      sleep: (seconds) => {
        now += seconds;
        return Promise.resolve();
      },
    },
    resolver: {
      sweep: (owner, type) => {
        looks += 1;
        const rdata = looks > after ? (held.get(`${owner} ${type}`)?.rdata ?? []) : [];
        const answer = { status: 'answered' as const, rdata, ttl: 60, serial: 1 };
        const addresses = [{ server: fqdn('ns1.example.org'), address: '192.0.2.53', answer }];
        const sweep: Sweep = {
          ...{ zone: ZONE, owner, type, aliases: [], security: 'secure', addresses },
          ...{ serversTtl: 0, receivedAt: now },
        };
        return Promise.resolve(sweep);
      },
    },
  };
}

async function stepsOf(provider: DnsProvider, world: TrialWorld): Promise<readonly TrialStep[]> {
  const steps: TrialStep[] = [];
  for await (const step of tryProvider(fqdn('mx1.example.org'), provider, world, {}))
    steps.push(step);
  return steps;
}
const told = (steps: readonly TrialStep[]): readonly string[] =>
  steps.map(({ step, outcome }) => `${outcome} ${step}`);

describe('the trial of a provider', () => {
  it('accepts a provider that serves its own change a little later', async () => {
    const { held, provider } = memory();
    let stale: RRset | undefined;
    const read: DnsProvider['read'] = async (...asked) => {
      const shown = stale;
      stale = await provider.read(...asked);
      return shown;
    };
    const steps = await stepsOf({ ...provider, read }, worldOf(held));
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(held.size).toBe(0);
  });

  it('writes at names that no client asks for: a wildcard still answers for all others', async () => {
    const { held, provider } = memory();
    const written = new Set<string>();
    const apply: DnsProvider['apply'] = (edit, call) => {
      written.add(edit.owner);
      return provider.apply(edit, call);
    };
    await stepsOf({ ...provider, apply }, worldOf(held));
    expect([...written]).toEqual([
      expect.stringMatching(/^_acme-challenge\._[^.]+\.example\.org\.$/),
      expect.stringMatching(/^_25\._tcp\._[^.]+\.example\.org\.$/),
    ]);
  });

  it('finds its zone, writes, reads and removes both types, and leaves no record', async () => {
    const { held, provider } = memory();
    const steps = await stepsOf(provider, worldOf(held, 3));
    expect(told(steps)).toEqual([
      'done zone',
      ...['TXT', 'TLSA'].flatMap((type) => [
        `done ${type}: a first record`,
        `done ${type}: a second record beside it`,
        `done ${type}: the first is removed, the second stays`,
        `done ${type}: at the name servers`,
        `done ${type}: cleaned up`,
      ]),
    ]);
    expect(steps.find(({ step }) => step === 'TXT: at the name servers')?.detail).toBe(
      'at all 1 addresses after 6 s, signed',
    );
    expect(held.size).toBe(0);
  });

  it('reports which TTL results from a short one', async () => {
    const { held, provider } = memory(3600);
    const notes = (await stepsOf(provider, worldOf(held))).filter(
      ({ outcome }) => outcome === 'note',
    );
    expect(notes.map(({ detail }) => detail)).toEqual(
      Array.from({ length: 2 }, () => '60 s were requested, it sets 3600 s'),
    );
  });

  it('reports that there is no zone', async () => {
    const { held, provider } = memory();
    const nowhere = { ...provider, findZone: () => Promise.resolve(undefined) };
    expect(told(await stepsOf(nowhere, worldOf(held)))).toEqual(['failed zone']);
  });

  it('reports a refusal, with what to do', async () => {
    const { held, provider } = memory();
    const apply = (): Promise<never> =>
      Promise.reject(new AppError('PROVIDER_AUTH', 'no', { hint: 'make a new token' }));
    const steps = await stepsOf({ ...provider, apply }, worldOf(held));
    expect(steps[1]).toEqual({
      step: 'TXT: a first record',
      outcome: 'failed',
      detail: 'no; make a new token',
    });
  });

  it('reports a provider that answers "done" and has done nothing', async () => {
    const { held, provider } = memory();
    const steps = await stepsOf(
      { ...provider, apply: () => Promise.resolve('accepted' as const) },
      worldOf(held),
    );
    expect(steps[1]).toMatchObject({ outcome: 'failed' });
  });

  it('removes its records after a failure in the middle', async () => {
    const { held, provider } = memory();
    let edits = 0;
    const apply: DnsProvider['apply'] = (edit, call) => {
      edits += 1;
      if (edits === 2) return Promise.reject(new AppError('PROVIDER_FAILED', 'lost'));
      return provider.apply(edit, call);
    };
    const steps = told(await stepsOf({ ...provider, apply }, worldOf(held)));
    expect(steps).toContain('failed TXT: a second record beside it');
    expect(steps).toContain('done TXT: cleaned up');
    expect(held.size).toBe(0);
  });

  it('does not wait permanently for name servers that serve nothing', async () => {
    const { held, provider } = memory();
    const steps = await stepsOf(provider, worldOf(held, Infinity));
    expect(steps.find(({ step }) => step === 'TXT: at the name servers')).toMatchObject({
      outcome: 'note',
      detail: 'after 120 s: not yet at 192.0.2.53',
    });
    expect(held.size).toBe(0);
  });

  it('K48: reports a provider without TXT records, and tries the rest', async () => {
    const { held, provider } = memory();
    const without = { ...provider, traits: { ...provider.traits, types: ['TLSA' as const] } };
    const steps = told(await stepsOf(without, worldOf(held)));
    expect(steps).toContain('note TXT');
    expect(steps).toContain('done TLSA: a first record');
    expect(steps.join()).not.toContain('failed');
  });
});
