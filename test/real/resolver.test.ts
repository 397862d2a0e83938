// The resolver with Unbound, BIND, NSD and Knot.
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import { tlsaFromText } from '../../src/dns/rdata-text.ts';
import type { Resolver, Sweep } from '../../src/ports/resolver.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import { createResolver, type ZoneServers } from '../../src/resolver/resolver.ts';
import { exchange } from '../../src/resolver/transport.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { topology } from '../lab/topology.ts';
import { fakeServer, respond, type FakeResponse } from '../resolver/fake-server.ts';

const clock: Clock = {
  now: () => Date.now() / 1000,
  sleep: (seconds, signal) =>
    sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal }),
};

const text = `3 1 1 ${'ab'.repeat(32)}`;
const rdata = tlsaFromText(text);
const owner = fqdn('_4711._tcp.mail.dane.test');
const alias = fqdn('_4712._tcp.mail.dane.test');

let lab: Lab;
const resolver = (zones: readonly ZoneServers[] = [], silent: readonly string[] = []): Resolver =>
  createResolver({
    resolvers: [...silent, lab.resolver.v4].map((address) => ({ address, port: 53 })),
    zones,
    clock,
    lookupTimeoutMs: 1000,
    addressTimeoutMs: 1500,
  });

const INDEX = 21;

beforeAll(async () => {
  lab = await startLab({
    index: INDEX,
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver'],
    records: [
      `_4711._tcp.mail TLSA ${text}`,
      '_4712._tcp.mail 777 CNAME _4711._tcp.mail',
      `*.wild TLSA ${text}`,
      'loop1 CNAME loop2',
      'loop2 CNAME loop1',
      ...Array.from({ length: 40 }, (_, i) => `big TXT "${String(i).padStart(60, 'x')}"`),
    ],
    handMade: [
      {
        name: 'six.test',
        nameServers: ['ns.six.test.'],
        records: [`ns AAAA ${topology(INDEX).primary.v6}`, `_25._tcp.mail TLSA ${text}`],
      },
    ],
  });
});
afterAll(async () => lab?.stop());

const statuses = (sweep: Sweep): Record<string, string> =>
  Object.fromEntries(sweep.addresses.map(({ address, answer }) => [address, answer.status]));

describe('lookup', () => {
  it('finds authentic records, through CNAME records too', async () => {
    expect(await resolver().lookup(owner, 'TLSA', {})).toMatchObject({
      status: 'found',
      authentic: true,
      rrset: { owner, rdata: [rdata] },
    });
    expect(await resolver().lookup(alias, 'TLSA', {})).toMatchObject({
      status: 'found',
      authentic: true,
      rrset: { owner },
      aliases: [{ owner: alias }],
    });
  });

  it('distinguishes the ways in which there is no record', async () => {
    const { lookup } = resolver();
    const absent = await lookup(fqdn('absent.dane.test'), 'TLSA', {});
    expect(absent).toMatchObject({ status: 'nxdomain', authentic: true });
    expect('negativeTtl' in absent && absent.negativeTtl).toBeLessThanOrEqual(lab.ttl);
    const nodata = await lookup(fqdn('mail.dane.test'), 'TLSA', {});
    expect(nodata).toMatchObject({ status: 'nodata', authentic: true });
    const plain = await lookup(fqdn('mail.plain.test'), 'A', {});
    expect(plain).toMatchObject({ status: 'found', authentic: false });
    const bogus = await lookup(fqdn('_25._tcp.mail.bogus.test'), 'TLSA', {});
    expect(bogus.status).toBe('bogus');
    const loop = await lookup(fqdn('loop1.dane.test'), 'TLSA', {});
    expect(['malformed', 'servfail']).toContain(loop.status);
  });

  it('uses TCP for what does not fit', async () => {
    const big = await resolver().lookup(fqdn('big.dane.test'), 'TXT', {});
    expect(big.status === 'found' && big.rrset.rdata.length).toBe(40);
  });

  it('continues with the next resolver where no server listens', async () => {
    const found = await resolver([], ['127.53.21.200']).lookup(owner, 'TLSA', {});
    expect(found.status).toBe('found');
  });
});

describe('sweep', () => {
  it('distinguishes what a wildcard answers from what is at the name itself', async () => {
    const wildcard = fqdn('*.wild.dane.test');
    const below = await resolver().sweep(fqdn('_25._tcp.wild.dane.test'), 'TLSA', {});
    const literal = await resolver().sweep(wildcard, 'TLSA', {});
    const itself = await resolver().sweep(owner, 'TLSA', {});
    const wildcards = ({ addresses }: Sweep): (string | undefined)[] =>
      addresses.map(({ answer }) => (answer.status === 'answered' ? answer.wildcard : 'no answer'));
    expect(wildcards(below)).toEqual(Array(4).fill(wildcard));
    expect(wildcards(literal)).toEqual(Array(4).fill(undefined));
    expect(wildcards(itself)).toEqual(Array(4).fill(undefined));
  });

  it('queries every address of every server', async () => {
    const sweep = await resolver().sweep(owner, 'TLSA', {});
    expect(sweep).toMatchObject({ zone: 'dane.test.', owner, security: 'secure', aliases: [] });
    const { nsd, knot } = lab.servers;
    expect(statuses(sweep)).toEqual(
      Object.fromEntries([nsd.v4, nsd.v6, knot.v4, knot.v6].map((at) => [at, 'answered'])),
    );
    for (const { answer } of sweep.addresses) {
      expect(answer).toMatchObject({ rdata: [rdata], ttl: lab.ttl });
      if (answer.status !== 'answered') continue;
      expect(answer.signedUntil).toBeGreaterThan(sweep.receivedAt + 86_400);
      expect(answer.serial).toBeGreaterThan(0);
    }
  });

  it('sweeps a zone whose servers have IPv6 alone', async () => {
    const sweep = await resolver().sweep(fqdn('_25._tcp.mail.six.test'), 'TLSA', {});
    expect(sweep).toMatchObject({ zone: 'six.test.', security: 'secure' });
    expect(statuses(sweep)).toEqual({ [lab.servers.primary.v6]: 'answered' });
    expect(sweep.addresses[0]?.answer).toMatchObject({ rdata: [rdata] });
  });

  it('reports absence with its negative TTL and the signatures of the denial', async () => {
    const sweep = await resolver().sweep(fqdn('_1._tcp.absent.dane.test'), 'TLSA', {});
    expect(sweep.zone).toBe('dane.test.');
    expect(sweep.addresses).toHaveLength(4);
    for (const { answer } of sweep.addresses) {
      expect(answer).toMatchObject({ status: 'answered', rdata: [], ttl: lab.ttl });
      expect('signedUntil' in answer).toBe(true);
    }
  });

  it('follows CNAME records and reports their TTLs as their servers send them', async () => {
    const cached = resolver();
    await cached.lookup(alias, 'TLSA', {});
    await sleep(1100); // what is left in the resolver's cache is less than what the servers send
    const sweep = await cached.sweep(alias, 'TLSA', {});
    expect(sweep).toMatchObject({ owner, aliases: [{ owner: alias, ttl: 777 }] });
  });

  it('reports an unsigned zone as insecure, and a bogus one as bogus', async () => {
    const plain = await resolver().sweep(fqdn('mail.plain.test'), 'A', {});
    expect(plain).toMatchObject({ zone: 'plain.test.', security: 'insecure' });
    expect(plain.addresses).toHaveLength(2);
    expect(plain.addresses.every(({ answer }) => !('signedUntil' in answer))).toBe(true);
    const bogus = await resolver().sweep(fqdn('_25._tcp.mail.bogus.test'), 'TLSA', {});
    expect(bogus).toMatchObject({ zone: 'bogus.test.', security: 'bogus' });
    expect(bogus.addresses[0]?.answer.status).toBe('answered');
  });

  it('queries the configured addresses instead of those of NS records', async () => {
    const { primary, nsd } = lab.servers;
    const nameservers = [primary.v4, primary.v6].map((address) => ({ address, port: 53 }));
    const zone = fqdn(lab.zone);
    const sweep = await resolver([{ zone, nameservers }]).sweep(owner, 'TLSA', {});
    expect(statuses(sweep)).toEqual({ [primary.v4]: 'answered', [primary.v6]: 'answered' });
    const extra = [
      { address: primary.v4, port: 53 },
      { address: lab.parent.v4, port: 53 }, // serves other zones
      { address: lab.resolver.v4, port: 53 }, // serves none
      { address: primary.v4, port: 5353 }, // no server there
      { address: '2001:db8::53', port: 53 }, // no route there
    ];
    const more = statuses(await resolver([{ zone, extra }]).sweep(owner, 'TLSA', {}));
    expect(more).toMatchObject({
      [nsd.v4]: 'answered',
      [primary.v4]: 'answered',
      [`${primary.v4}#5353`]: 'unreachable',
      '2001:db8::53': 'no-route',
    });
    for (const at of [lab.parent, lab.resolver]) {
      expect(['lame', 'refused']).toContain(more[at.v4]);
    }
  });

  it('reads a configured zone as its servers have it, also where an internal view differs', async () => {
    // A zone of its own below ours, with other records, and without the CNAME that the servers
    // have.
    const inside = fqdn('mail.dane.test');
    const nowhere = targetRdata(fqdn('ns.mail.dane.test'));
    const soa = { type: 'SOA', rdata: nowhere.repeat(2) + '00000001'.repeat(5) } as const;
    const view: Readonly<Record<string, FakeResponse>> = {
      [`${lab.zone}. SOA`]: { answers: [{ ...soa, owner: fqdn(lab.zone) }] },
      [`${inside} SOA`]: { answers: [{ ...soa, owner: inside }] },
      [`${inside} NS`]: { answers: [{ owner: inside, type: 'NS', rdata: nowhere }] },
      [`${owner} TLSA`]: { answers: [{ owner, type: 'TLSA', rdata: `030101${'ee'.repeat(32)}` }] },
    };
    const split = await fakeServer((request) => {
      const [question] = readQuestions(request).questions;
      const type = { 2: 'NS', 6: 'SOA', 52: 'TLSA' }[question?.type ?? 0] ?? '';
      const found = view[`${question?.name ?? ''} ${type}`];
      return [respond(request, { flags: ['RA', 'AD'], ...(found ?? { rcode: 3 }) })];
    });
    const { nsd, knot } = lab.servers;
    const nameservers = [nsd, knot].map(({ v4 }) => ({ address: v4, port: 53 }));
    const asked = createResolver({
      resolvers: [split],
      zones: [{ zone: fqdn(lab.zone), nameservers }],
      clock,
    });
    for (const [name, aliases] of [
      [owner, []],
      [alias, [expect.objectContaining({ owner: alias, ttl: 777 })]],
    ] as const) {
      const sweep = await asked.sweep(name, 'TLSA', {});
      // It has proven nothing that a resolver that validates can prove.
      expect(sweep).toMatchObject({ zone: 'dane.test.', owner, aliases, security: 'unknown' });
      expect(sweep.addresses.map(({ address }) => address)).toEqual([nsd.v4, knot.v4]);
      for (const { answer } of sweep.addresses) expect(answer).toMatchObject({ rdata: [rdata] });
    }
    const challenge = await asked.sweep(fqdn('_acme-challenge.mail.dane.test'), 'TXT', {});
    expect(challenge).toMatchObject({ zone: 'dane.test.', aliases: [] });
    expect(Object.values(statuses(challenge))).toEqual(['answered', 'answered']);
    await split.close();
  });

  it('queries configured addresses even when no resolver answers', async () => {
    const nameservers = [{ address: lab.servers.primary.v4, port: 53 }];
    const alone = createResolver({
      resolvers: [{ address: '127.53.21.200', port: 53 }],
      zones: [{ zone: fqdn(lab.zone), nameservers }],
      clock,
    });
    const sweep = await alone.sweep(owner, 'TLSA', {});
    expect(sweep).toMatchObject({ zone: 'dane.test.', security: 'unknown' });
    expect(sweep.addresses[0]?.answer.status).toBe('answered');
    await expect(alone.sweep(fqdn('mail.plain.test'), 'A', {})).rejects.toMatchObject({
      code: 'DNS_UNREACHABLE',
    });
  });

  it('finds a server that only the child names', async () => {
    await lab.nsupdate([`update add ${lab.zone} ${lab.ttl} NS ns0.dane.test`]);
    const { primary } = lab.servers;
    const asked = resolver();
    await expect
      .poll(async () => statuses(await asked.sweep(owner, 'TLSA', {})), { timeout: 20_000 })
      .toMatchObject({ [primary.v4]: 'answered', [primary.v6]: 'answered' });
    await lab.nsupdate([`update delete ${lab.zone} NS ns0.dane.test`]);
  });

  it('finds a server that only the parent names', async () => {
    await lab.nsupdate(['update add dane.test 5 NS ns0.dane.test'], 'test');
    const { primary } = lab.servers;
    await expect
      .poll(async () => statuses(await resolver().sweep(owner, 'TLSA', {})), { timeout: 20_000 })
      .toMatchObject({ [primary.v4]: 'answered', [primary.v6]: 'answered' });
    await lab.nsupdate(['update delete dane.test NS ns0.dane.test'], 'test');
  });

  it('finds that one server lags', async () => {
    await lab.freezeKnot();
    const late = fqdn('_4713._tcp.mail.dane.test');
    await lab.nsupdate([`update add ${late} ${lab.ttl} TLSA ${text}`]);
    const asked = resolver();
    const { nsd, knot } = lab.servers;
    const seen = async () => {
      const { addresses } = await asked.sweep(late, 'TLSA', {});
      const at = (address: string) => addresses.find((item) => item.address === address)?.answer;
      return [at(nsd.v4), at(knot.v4)].map((it) => it?.status === 'answered' && it.rdata.length);
    };
    await expect.poll(seen, { timeout: 20_000 }).toEqual([1, 0]);
    await lab.thawKnot();
    await expect.poll(seen, { timeout: 40_000 }).toEqual([1, 1]);
  });

  it('reports a server that is gone, and continues', async () => {
    await lab.stopPart('nsd');
    const { nsd, knot } = lab.servers;
    // The server that the tests before had named is in caches for its TTL.
    await expect
      .poll(async () => statuses(await resolver().sweep(owner, 'TLSA', {})), { timeout: 20_000 })
      .toEqual({
        [nsd.v4]: 'unreachable',
        [nsd.v6]: 'unreachable',
        [knot.v4]: 'answered',
        [knot.v6]: 'answered',
      });
  });
});

it('gets no answer at an address that is bound but silent', async () => {
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(53, '127.53.21.222', resolve));
  const query = encodeQuery({ id: 1, name: owner, type: 'TLSA', recursionDesired: false });
  const at = { address: '127.53.21.222', port: 53 };
  expect((await exchange(at, query, { transport: 'udp', timeoutMs: 300 })).status).toBe('timeout');
  silent.close();
});
