// Processes that follow each other at a CA that counts, over HTTPS: what it refuses all orders of
// the account, the next process knows.
import { afterEach, describe, expect, it } from 'vitest';
import { createIssuer } from '../../src/acme/issuer.ts';
import { pki } from '../../src/app/world/pki.ts';
import { statusOf } from '../../src/app/status/status.ts';
import { silentLogger } from '../../src/base/log.ts';
import { dry } from '../../src/engine/state/read-only.ts';
import { run } from '../../src/engine/run.ts';
import type { RunResult } from '../../src/engine/result.ts';
import type { Task, World } from '../../src/engine/world.ts';
import { memoryFiles } from '../acme/world.ts';
import { HOUR, intent } from '../rollover/world.ts';
import { START, Surroundings } from '../sim/surroundings.ts';
import { Timeline } from '../sim/timeline.ts';
import { startCaSimulator } from '../support/ca-simulator.ts';
import { Buckets } from '../support/lets-encrypt-limits.ts';

const CALM = {
  ...{ seed: 1, addresses: 1, signers: 1, hidden: false, negativeTtl: 30, assumedTtl: 0 },
  ...{ lag: 0, loss: 0, lostAnswers: 0, reloadTakes: 0, stuck: 0, withRoot: false },
};
const ONE_IN_THREE_HOURS = {
  ...{ name: 'new orders of an account', most: 1, window: 3 * HOUR, countsRenewals: true },
  anchor: 'new-orders-per-account',
  bucketsOf: ({ account }: { readonly account: string }) => [account],
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function installation() {
  const ca = await startCaSimulator();
  cleanups.push(() => ca.close());
  const { timeline, zone, storage } = new Surroundings(CALM, new Timeline(START));
  const accountFiles = memoryFiles();
  const { directory } = ca;
  const clock = timeline.clock();

  const worldOf = (): World => {
    const alive = (): void => undefined;
    const given = { directory, caPem: ca.caPem, accountFiles, clock, logger: silentLogger };
    const issuer = createIssuer(given);
    cleanups.push(() => issuer.close());
    return {
      ...{ clock, random: () => 0.5, log: silentLogger },
      ...{ emit: () => undefined, instant: () => undefined },
      ...{ store: storage.store(alive), files: storage.files(alive) },
      resolver: zone.resolver(alive, new Map()),
      probe: { handshake: () => Promise.reject(new Error('there is no service')) },
      issuerAt: () => issuer,
      providerFor: () => zone.provider(alive),
      pki: { ...pki, trusted: () => Promise.resolve({}) },
    };
  };

  const taskOf = (name: string): Task => {
    const domains = [`${name}.example.org`];
    const plain = { name, domains, directory, services: [], dane: false };
    return { intent: intent({}, plain), neighbours: [], reach: {}, targets: [] };
  };

  /** One process, and what it asked the CA. */
  const process = async (...names: readonly string[]) => {
    ca.now = clock.now();
    const before = ca.seen.length;
    const options = { wait: false, dryRun: false, named: false, parallel: 1, orders: 1 };
    const { results } = await run(names.map(taskOf), worldOf(), options, {});
    const asked = ca.seen.slice(before).map(({ resource }) => resource);
    return { results: names.map((name) => results.get(name)), asked };
  };

  const status = (name: string) => statusOf(taskOf(name), dry(worldOf()));
  return { ca, timeline, process, status };
}

const failure = (result: RunResult | undefined) =>
  result !== undefined && 'failure' in result ? result.failure : undefined;

describe('a CA that limits the orders of an account for three hours', () => {
  it('is asked nothing by the next process, and orders again after its time', async () => {
    const { ca, timeline, process, status } = await installation();
    ca.buckets = new Buckets([ONE_IN_THREE_HOURS]);
    const first = await process('a', 'b', 'c');
    expect(ca.issued.map(({ names }) => names)).toEqual([['a.example.org']]);
    expect(first.asked.filter((one) => one === 'newOrder')).toHaveLength(2);
    expect(first.results.map((one) => one?.exit)).toEqual([0, 3, 3]);
    const words = 'too many new orders of an account (1) from this account in the last 3h0m0s';
    const until = failure(first.results[1])?.notBefore ?? 0;
    expect(until - (START + 3 * HOUR)).toBeLessThan(60);

    timeline.advanceTo(START + HOUR);
    const second = await process('b', 'c', 'd');
    expect(second.asked).toEqual([]);
    for (const result of second.results) {
      expect(failure(result)).toMatchObject({
        code: 'ACME_RATE_LIMITED',
        exit: 3,
        notBefore: until,
      });
      expect(failure(result)?.message).toContain(words);
      expect(failure(result)?.hint).toContain('the next attempt is after 2026-11-21T15:00:');
    }

    for (const name of ['c', 'e']) {
      const because = expect.stringContaining(words) as unknown;
      expect(await status(name)).toMatchObject({
        ...{ phase: 'waiting', waitingFor: 'time to pass', until, why: [because] },
        ca: { limited: { until, because } },
      });
    }

    timeline.advanceTo(until);
    const third = await process('b');
    expect(third.results[0]).toMatchObject({ exit: 0 });
    expect(ca.issued.map(({ names }) => names[0])).toEqual(['a.example.org', 'b.example.org']);
    expect((await status('e')).ca.limited).toBeUndefined();
  });

  it('goes on with the orders that it has accepted', async () => {
    const { ca, timeline, process } = await installation();
    ca.fail('finalize', { status: 500 });
    expect((await process('a')).results[0]?.exit).toBe(3);
    ca.buckets = new Buckets([{ ...ONE_IN_THREE_HOURS, most: 0.001 }]);
    expect((await process('b')).results[0]?.exit).toBe(3);
    timeline.advanceTo(START + HOUR);
    expect((await process('a')).results[0]).toMatchObject({ standing: { kind: 'done' } });
    expect((await process('b')).asked).toEqual([]);
  });
});

it('a CA that is down until a time is asked by one certificate, and not by the others', async () => {
  const { ca, timeline, process } = await installation();
  ca.maintenance = '7200';
  const { asked, results } = await process('a', 'b', 'c');
  // Once before the key is made, and once for the order.
  expect(asked).toEqual(['directory', 'directory']);
  expect(results.map((one) => failure(one)?.code)).toEqual(Array(3).fill('ACME_UNREACHABLE'));
  timeline.advanceTo(START + HOUR);
  expect((await process('b', 'd')).asked).toEqual([]);
  ca.maintenance = undefined;
  timeline.advanceTo(START + 2 * HOUR + 60);
  expect((await process('b', 'd')).results.map((one) => one?.exit)).toEqual([0, 0]);
});

it('an account that waits for a person says so in its state, with the URL', async () => {
  const { ca, process, status } = await installation();
  const url = 'https://portal.ca.example/sfe/v1/unpause?jwt=abc.def.ghi';
  ca.paused = { name: 'a.example.org', url };
  expect((await process('a')).results[0]?.exit).toBe(4);
  const { trouble } = await status('a');
  expect(trouble?.hint?.split('\n')).toContain(url);
});
