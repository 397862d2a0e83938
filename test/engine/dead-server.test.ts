// Certificates whose zone has a name server that does not answer, beside others, in virtual time.
import { expect, it } from 'vitest';
import { run } from '../../src/engine/run.ts';
import { lineageKey } from '../../src/engine/state/memory.ts';
import type { Event } from '../../src/engine/events.ts';
import type { Task } from '../../src/engine/world.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { A, NOW, generation, intent } from '../rollover/world.ts';
import { Storage } from '../sim/storage.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';
import { virtualClock } from '../support/virtual-clock.ts';

/** An address that does not answer is given up after this time. */
const SILENCE = 5;
const ANSWER = 0.1;
/** The CA checks for so long. */
const VALIDATION = 3;
const OTHERS = Array.from({ length: 20 }, (_, at) => `m${at}.example`);
const BESIDE = Array.from({ length: 4 }, (_, at) => `d${at}.dead.example`);

function surroundings() {
  const clock = virtualClock(NOW);
  const storage = new Storage();
  const records = new Map<Fqdn, RdataHex[]>();
  const answered = new Map<string, number>();
  const asked: string[] = [];
  const ended = new Map<string, number>();
  const ownerOf = (name: string): Fqdn => fqdn(`_acme-challenge.${name}`);
  const world = fakeWorld({
    clock,
    store: storage.store(() => undefined),
    files: storage.files(() => undefined),
    resolver: {
      place: (owner: Fqdn) => Promise.resolve({ owner, zone: fqdn('example') }),
      ask: () => Promise.resolve({ rdata: [], exists: true }),
      sweep: async (owner: Fqdn) => {
        asked.push(owner);
        const rdata = [...(records.get(owner) ?? [])];
        const isDead = owner.includes('.dead.');
        await clock.sleep(isDead ? SILENCE : ANSWER);
        const good = { server: fqdn('ns1.example'), address: '192.0.2.1' };
        const silent = { server: fqdn('ns2.example'), address: '192.0.2.2' };
        const addresses = [
          { ...good, answer: { status: 'answered', rdata, ttl: 0, serial: 1 } },
          ...(isDead ? [{ ...silent, answer: { status: 'timeout', detail: 'nothing' } }] : []),
        ];
        return { owner, zone: fqdn('example'), type: 'TXT', aliases: [], addresses };
      },
    },
    providerFor: () => ({
      traits: {},
      read: (_zone: Fqdn, owner: Fqdn) =>
        Promise.resolve({ owner, type: 'TXT', ttl: 1, rdata: records.get(owner) ?? [] }),
      apply: ({ owner, add }: { readonly owner: Fqdn; readonly add: RdataHex[] }) => {
        records.set(owner, add);
        return Promise.resolve('accepted');
      },
    }),
    issuer: {
      lookAtOrder: async (url: string) => {
        await clock.sleep(ANSWER);
        const at = answered.get(url);
        const challenge = { identifier: url, owner: ownerOf(url), value: url, url, token: url };
        if (at === undefined) return { url, status: 'pending', challenges: [challenge] };
        if (clock.now() < at + VALIDATION) return { url, status: 'processing', challenges: [] };
        return { url, status: 'invalid', challenges: [], problem: 'no' };
      },
      answerChallenge: async ({ identifier }: { readonly identifier: string }) => {
        await clock.sleep(ANSWER);
        answered.set(identifier, clock.now());
      },
    },
    emit: ({ event, certificate, at }: Event) => {
      if (event === 'failed') ended.set(certificate, at - NOW);
    },
  });
  return { world, asked, ended };
}

async function endsOf(names: readonly string[]) {
  const { world, asked, ended } = surroundings();
  const tasks: Task[] = [];
  for (const name of names) {
    const wanted = intent({}, { name, domains: [name], services: [], dane: false });
    const { chain: _none, ...key } = generation(1, 'key', A, { domains: [name], orderUrl: name });
    await world.files.writeKey(name, 1, name);
    await world.store.write(lineageKey(name), { ...newLineage(name), generations: [key] }, 0);
    tasks.push(fakeTask(wanted));
  }
  const options = { wait: false, dryRun: false, named: false, parallel: 16, orders: 24 };
  await run(tasks, world, options, {});
  const last = Math.max(...OTHERS.map((name) => ended.get(name) ?? Infinity));
  return { last, asked, ended };
}

it('delays no certificate but its own: 20 end as soon beside 4 whose zone has a dead server', async () => {
  const alone = await endsOf(OTHERS);
  const together = await endsOf([...BESIDE, ...OTHERS]);
  expect(alone.last).toBeLessThan(10);
  // A request of each of the four is under way at most while the others want its place.
  expect(together.last).toBeLessThanOrEqual(alone.last + 0.5);
  expect(together.last).toBeLessThan(alone.last + SILENCE);
  // The four were asked about meanwhile, and go on afterwards.
  expect(together.asked.filter((owner) => owner.includes('.dead.')).length).toBeGreaterThan(4);
  for (const name of BESIDE) expect(together.ended.get(name)).toBeUndefined();
});
