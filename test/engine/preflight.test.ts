// How a wrong credential is found, and when: before there is a key, an account or an order.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Event } from '../../src/engine/events.ts';
import { run } from '../../src/engine/run.ts';
import type { Task } from '../../src/engine/world.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { NOW, intent } from '../rollover/world.ts';
import { fakeWorld } from '../support/fakes.ts';

const ZONE = fqdn('example.org');

function surroundings(provider: Partial<DnsProvider>) {
  const done: string[] = [];
  const events: Event[] = [];
  const world = fakeWorld({
    clock: { now: () => NOW, sleep: () => Promise.resolve() },
    resolver: {
      place: (owner: string) => Promise.resolve({ owner, zone: ZONE }),
      ask: () => Promise.resolve({ rdata: [], exists: false }),
    },
    issuer: {
      newOrder: () => {
        done.push('order');
        return Promise.reject(new AppError('ACME_UNREACHABLE', 'the CA is not asked here'));
      },
    },
    pki: {
      createKey: () => {
        done.push('key');
        return Promise.resolve('key');
      },
      spkiOf: () => 'aa',
    },
    providerFor: (zone: string, purpose: string) => {
      done.push(`${purpose} ${zone}`);
      return { traits: {}, read: () => Promise.resolve(undefined), ...provider };
    },
    emit: (event: Event) => void events.push(event),
  });
  const task: Task = {
    intent: intent({}, { dane: false, services: [], domains: ['mx.example.org', '*.example.org'] }),
    ...{ neighbours: [], reach: {}, targets: [] },
  };
  return { world, task, done, events };
}

const refuses = (code: 'TSIG_FAILED' | 'UPDATE_REFUSED'): (() => Promise<never>) => {
  return () => Promise.reject(new AppError(code, 'the key is wrong', { hint: 'fix it' }));
};
const CHOICES = { wait: false, dryRun: false, named: true, parallel: 1, orders: 1 };

describe('K35: a credential that cannot be used', () => {
  it.each([
    ['reads nothing', { read: refuses('TSIG_FAILED') }],
    ['may change nothing', { mayChange: refuses('UPDATE_REFUSED') }],
  ])('and %s is found before a key or an order exists', async (_, provider) => {
    for (const dryRun of [true, false]) {
      const { world, task, done, events } = surroundings(provider);
      const { exit } = await run([task], world, { ...CHOICES, dryRun }, {});
      expect(exit).toBe(4);
      expect(done).toEqual(['acme example.org.']);
      expect(events.at(-1)).toMatchObject({ event: 'failed', message: 'the key is wrong' });
    }
  });

  it('is checked for each name once, and the order continues when it is good', async () => {
    const asked: string[] = [];
    const mayChange: DnsProvider['mayChange'] = (_zone, owner, type) => {
      asked.push(`${owner} ${type}`);
      return Promise.resolve();
    };
    const { world, task, done } = surroundings({ mayChange });
    await run([task], world, CHOICES, {});
    expect(asked).toEqual(
      ['_acme-challenge.mx', '_acme-challenge'].map((it) => `${it}.example.org. TXT`),
    );
    expect(done.slice(-2)).toEqual(['key', 'order']);
  });

  it('is not checked for a change by hand', async () => {
    const traits = { byHand: true } as DnsProvider['traits'];
    const { world, task, done } = surroundings({ traits, read: refuses('TSIG_FAILED') });
    await run([task], world, CHOICES, {});
    expect(done).toContain('order');
  });
});

describe('an order that the issuer would not take', () => {
  const refusing = (error: AppError) => {
    const given = surroundings({});
    const issuer = {
      ...given.world.issuerAt(''),
      checkOrder: () => {
        given.done.push('checked');
        return Promise.reject(error);
      },
    };
    return { ...given, world: { ...given.world, issuerAt: () => issuer as never } };
  };

  it('is refused before a key exists, and the refusal is stored like that of an order', async () => {
    const profile = new AppError('ACME_PROBLEM', 'the CA does not offer the profile "x"');
    const { world, task, done, events } = refusing(profile);
    const { exit } = await run([task], world, CHOICES, {});
    expect(exit).toBe(4);
    expect(done).toEqual([...done.slice(0, -1), 'checked']);
    expect(done).not.toContain('key');
    expect(events.at(-1)).toMatchObject({ event: 'failed', message: profile.message });
    // During the pause the CA is not asked again.
    const again = await run([task], world, { ...CHOICES, named: false }, {});
    expect(again.exit).toBe(4);
    expect(done.filter((one) => one === 'checked')).toHaveLength(1);
  });

  it('is placed nevertheless if the CA cannot be asked before: the order reports it', async () => {
    const { world, task, done } = refusing(new AppError('ACME_UNREACHABLE', 'no route'));
    await run([task], world, CHOICES, {});
    expect(done.slice(-3)).toEqual(['checked', 'key', 'order']);
  });

  it('is not asked about in a dry run', async () => {
    const { world, task, done } = refusing(new AppError('ACME_PROBLEM', 'no'));
    await run([task], world, { ...CHOICES, dryRun: true }, {});
    expect(done).not.toContain('checked');
  });
});
