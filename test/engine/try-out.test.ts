// A try at the test environment of a CA that cannot succeed.
import { expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { Event } from '../../src/engine/events.ts';
import { tryOut } from '../../src/engine/try-out.ts';
import { NOW, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const DAY = 86_400;
const ORDER = 'https://ca.example/order/1';

/** The provider accepts the record, and no name server shows it. */
function surroundings() {
  const time = { now: NOW };
  const events: Event[] = [];
  const [zone, owner] = [fqdn('example.org'), fqdn('_acme-challenge.mx1.example.org')];
  const challenge = {
    ...{ identifier: 'mx1.example.org', owner, value: 'a value' },
    ...{ authorizationUrl: 'https://ca.example/1', challengeUrl: 'https://ca.example/1/2' },
  };
  const order = { url: ORDER, status: 'pending', challenges: [challenge] };
  const answer = { status: 'answered', rdata: [], ttl: 1, serial: 1 };
  const addresses = [{ server: fqdn('ns.example.org'), address: '192.0.2.1', answer }];
  const world = fakeWorld({
    clock: {
      now: () => time.now,
      sleep: (seconds: number) => Promise.resolve(void (time.now += Math.max(seconds, 1))),
    },
    resolver: {
      ask: () => Promise.resolve({ rdata: [], exists: false }),
      place: () => Promise.resolve({ owner, zone }),
      sweep: () => Promise.resolve({ owner, zone, addresses }),
    },
    issuer: {
      newOrder: () => Promise.resolve(order),
      lookAtOrder: () => Promise.resolve(order),
    },
    pki: { createKey: () => Promise.resolve('key'), spkiOf: () => 'aa', certId: () => undefined },
    providerFor: () => ({
      traits: {},
      read: () => Promise.resolve(undefined),
      apply: () => Promise.resolve('accepted'),
    }),
    emit: (event: Event) => void events.push(event),
  });
  const task = fakeTask(intent({}, { domains: ['mx1.example.org'], dane: false, services: [] }));
  return { time, world, task, events };
}

it('with --wait it ends when a record is never shown, and names what a person has to check', async () => {
  const { time, world, task, events } = surroundings();
  const { exit } = await tryOut([task], world, { wait: true }, {});
  expect(exit).toBe(4);
  expect(time.now - NOW).toBeLessThan(DAY);
  const failed = events.find(({ event }) => event === 'failed');
  expect(failed).toMatchObject({ code: 'ACME_CHALLENGE_PENDING' });
  expect(failed).toMatchObject({ hint: expect.stringContaining('holger providers test') });
});

it('without it, it ends after ten minutes', async () => {
  const { time, world, task } = surroundings();
  const { exit } = await tryOut([task], world, { wait: false }, {});
  expect(exit).toBe(3);
  expect(time.now - NOW).toBeLessThan(660);
});
