// Name servers behind paths that lose large answers over UDP, or TCP: what can be read is read over
// the other transport, and what cannot is a failure of that address, never an absence.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { SweptAddress } from '../../src/ports/resolver.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { startDnsRelay } from '../lab/dns-relay.ts';
import type { DnsRelay, Loss } from '../lab/dns-relay.ts';
import { startLab, type Lab } from '../lab/lab.ts';

const clock: Clock = { now: () => Date.now() / 1000, sleep: (seconds) => sleep(seconds * 1000) };
const AT = '127.53.23.201';
const TIMEOUT_MS = 3000;

/**
 * Owners with as many records: the first fits everywhere, the second UDP without fragments (1232
 * octets), the third TCP alone.
 */
const small = { owner: fqdn('_1._tcp.mail.dane.test'), count: 1 };
const middle = { owner: fqdn('_16._tcp.mail.dane.test'), count: 16 };
const large = { owner: fqdn('_40._tcp.mail.dane.test'), count: 40 };

let lab: Lab;
let relay: DnsRelay | undefined;

beforeAll(async () => {
  const records = [small, middle, large].flatMap(({ owner, count }) =>
    Array.from({ length: count }, (_, i) => {
      const data = String(i).padStart(64, 'a');
      return `${owner} TLSA 3 1 1 ${data}`;
    }),
  );
  const parts = ['parent', 'primary', 'nsd', 'resolver'] as const;
  lab = await startLab({ index: 23, parts: [...parts], records });
});
afterEach(() => {
  relay?.close();
  relay = undefined;
});
afterAll(async () => lab?.stop());

async function swept(owner: Fqdn, loss: Loss): Promise<SweptAddress['answer']> {
  relay = await startDnsRelay(AT, lab.servers.nsd.v4, loss);
  const resolver = createResolver({
    resolvers: [{ address: lab.resolver.v4, port: 53 }],
    zones: [{ zone: fqdn(lab.zone), nameservers: [{ address: AT, port: 53 }] }],
    clock,
    addressTimeoutMs: TIMEOUT_MS,
  });
  const { addresses } = await resolver.sweep(owner, 'TLSA', {});
  const [only] = addresses;
  if (only === undefined || addresses.length > 1) throw new Error('more or less than one address');
  return only.answer;
}

const all = 65_535;

it.each<[string, { owner: Fqdn; count: number }, Loss]>([
  ['an answer that fits UDP needs no TCP', middle, { udpUpTo: all, tcp: 'refused' }],
  ['an answer that does not fit comes over TCP', large, { udpUpTo: all, tcp: 'open' }],
  ['an answer that UDP loses comes over TCP', middle, { udpUpTo: 1000, tcp: 'open' }],
  ['where UDP loses everything all comes over TCP', small, { udpUpTo: 0, tcp: 'open' }],
])('%s', async (_, { owner, count }, loss) => {
  const answer = await swept(owner, loss);
  expect(answer).toMatchObject({ status: 'answered' });
  expect(answer.status === 'answered' && answer.rdata.length).toBe(count);
  // No server got a query with a limit larger than passes every path.
  expect(Math.max(...(relay?.sizes ?? []))).toBeLessThanOrEqual(1232);
});

it.each<[string, Fqdn, Loss, string, RegExp]>([
  [
    'truncated, and TCP is refused',
    large.owner,
    { udpUpTo: all, tcp: 'refused' },
    'unreachable',
    /ECONNREFUSED\) over TCP, which its answer needs, to every resolver too \(RFC 7766 §5\)/,
  ],
  [
    'truncated, and TCP is silent',
    large.owner,
    { udpUpTo: all, tcp: 'silent' },
    'timeout',
    /does not answer over TCP, which its answer needs/,
  ],
  [
    'lost over UDP, and TCP is refused',
    middle.owner,
    { udpUpTo: 1000, tcp: 'refused' },
    'timeout',
    /over UDP .* does not answer, over TCP .*ECONNREFUSED.*SOA of dane\.test\..*TLSA answers seem to get lost/,
  ],
  [
    'lost over UDP, and TCP is silent',
    middle.owner,
    { udpUpTo: 1000, tcp: 'silent' },
    'timeout',
    /does not answer over UDP and TCP; it answers for the SOA/,
  ],
])('%s: a failure of this address, which names the transport', async (...given) => {
  const [, owner, loss, status, detail] = given;
  expect(await swept(owner, loss)).toEqual({
    status,
    detail: expect.stringMatching(detail) as string,
  });
});

it('K23: the only configured server is silent: an error that names the transport, and no other view', async () => {
  await expect(swept(small.owner, { udpUpTo: 0, tcp: 'silent' })).rejects.toMatchObject({
    code: 'DNS_UNREACHABLE',
    message: expect.stringMatching(/nameservers.*does not answer over UDP and TCP$/) as string,
  });
});
