// Where records are to be written: aliases that a wildcard makes, and zones whose servers the
// configuration names.
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { Sweep, SweepOptions } from '../../src/ports/resolver.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { serverText } from '../../src/resolver/transport.ts';
import type { FakeServer } from './fake-server.ts';
import { fakeServer, respond } from './fake-server.ts';
import { askedOf, fakeResolver, fakeZone } from './fake-zone.ts';

const zone = fqdn('example.org');
const clock = { now: () => 1_800_000_000 } as Clock;
const TLSA = `030101${'aa'.repeat(32)}`;

const open: FakeServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
async function opened(server: Promise<FakeServer>): Promise<FakeServer> {
  const made = await server;
  open.push(made);
  return made;
}

interface World {
  readonly records: Readonly<Record<string, string>>;
  /** What an internal view has instead. */
  readonly inside?: Readonly<Record<string, string>>;
  readonly isCompact?: boolean;
}

async function worldOf({ records, inside = records, isCompact = false }: World) {
  const server = await opened(fakeZone({ zone, records, isCompact }));
  const resolver = await opened(fakeResolver({ zone, records: inside }));
  const options = { resolvers: [resolver], clock, addressTimeoutMs: 500 };
  const { sweep } = createResolver({ ...options, zones: [{ zone, nameservers: [server] }] });
  const look = (name: string, type: RecordType, how?: SweepOptions): Promise<Sweep> =>
    sweep(fqdn(name), type, {}, how);
  return { look, resolver, server };
}

const absent = [{ answer: { status: 'answered', rdata: [] } }];

describe.each([
  ['a server that denies names that do not exist', false],
  ['a server that signs online and never denies a name', true],
])('K22: at %s', (_, isCompact) => {
  it('a challenge below a wildcard alias is written at the name itself', async () => {
    const records = { '*.home CNAME': 'nas.dyn.example.net' };
    const { look } = await worldOf({ records, isCompact });
    for (const name of ['home', 'nas.home', 'a.b.home']) {
      const owner = fqdn(`_acme-challenge.${name}.example.org`);
      expect(await look(owner, 'TXT')).toMatchObject({
        owner,
        zone,
        aliases: [],
        addresses: absent,
      });
    }
  });

  it('an alias at the name itself leads to its canonical name, also beside a wildcard with the same one', async () => {
    const records = {
      '_acme-challenge.mx CNAME': 'mx.challenges.example.org',
      '*.mx CNAME': 'mx.challenges.example.org',
    };
    const { look } = await worldOf({ records, isCompact });
    expect(await look('_acme-challenge.mx.example.org', 'TXT')).toMatchObject({
      owner: 'mx.challenges.example.org.',
      aliases: [{ owner: '_acme-challenge.mx.example.org.' }],
    });
  });

  it('TLSA records of a host that a wildcard makes an alias are written at the name itself', async () => {
    const records = { '*.home CNAME': 'nas.example.org', 'nas A': 'c0000201' };
    const { look } = await worldOf({ records, isCompact });
    const owner = fqdn('_25._tcp.mx.home.example.org');
    expect(await look(owner, 'TLSA')).toMatchObject({ owner, aliases: [], addresses: absent });
  });

  it('TLSA records that a wildcard makes count as those of the wildcard, though nothing signed shows it', async () => {
    const { look } = await worldOf({
      records: { 'mx A': 'c0000201', '*._tcp.mx TLSA': TLSA, '* TLSA': TLSA, 'www A': 'c0000202' },
    });
    const made = { status: 'answered', rdata: [TLSA] };
    const below = await look('_25._tcp.mx.example.org', 'TLSA');
    expect(below.addresses).toMatchObject([
      { answer: { ...made, wildcard: '*._tcp.mx.example.org.' } },
    ]);
    const far = await look('_25._tcp.example.org', 'TLSA');
    expect(far.addresses).toMatchObject([{ answer: { ...made, wildcard: '*.example.org.' } }]);
  });

  it('TLSA records that are at the name itself do not count as those of a wildcard with the same data', async () => {
    const { look } = await worldOf({
      records: { '_25._tcp.mx TLSA': TLSA, '*._tcp.mx TLSA': TLSA, '* TLSA': TLSA },
    });
    const itself = await look('_25._tcp.mx.example.org', 'TLSA');
    const answers = itself.addresses.map(({ answer }) => answer);
    expect(answers).toMatchObject([{ rdata: [TLSA] }]);
    expect(answers.filter((answer) => 'wildcard' in answer)).toEqual([]);
  });

  it('a wildcard for TLSA records alone, or one that leads to some, is still followed', async () => {
    const records = {
      '*._tcp.mx CNAME': '_dane.example.org',
      'mx A': 'c0000201',
      '*.all CNAME': '_all.example.org',
      '_all TLSA': TLSA,
    };
    const { look } = await worldOf({ records, isCompact });
    expect(await look('_25._tcp.mx.example.org', 'TLSA')).toMatchObject({
      owner: '_dane.example.org.',
    });
    expect(await look('_25._tcp.all.example.org', 'TLSA')).toMatchObject({
      owner: '_all.example.org.',
      addresses: [{ answer: { rdata: [TLSA] } }],
    });
  });
});

describe('K22: follow_cnames = false', () => {
  it('keeps records at the name, and reports where an alias leaves no room for them', async () => {
    const records = {
      '*.home CNAME': 'nas.example.org',
      '_acme-challenge.mx CNAME': 'mx.example.net',
      '_all TLSA': TLSA,
      '*.all CNAME': '_all.example.org',
    };
    const { look } = await worldOf({ records });
    const owner = fqdn('_25._tcp.all.example.org');
    expect(await look(owner, 'TLSA', { followCnames: false })).toMatchObject({ owner });
    const refused = look('_acme-challenge.mx.example.org', 'TXT', { followCnames: false });
    await expect(refused).rejects.toMatchObject({
      code: 'BLOCKED',
      message: expect.stringContaining('CNAME record to mx.example.net.') as string,
    });
  });
});

describe('K9: before a challenge is published', () => {
  it('no resolver is asked for its name, nor for its canonical name', async () => {
    const records = {
      '_acme-challenge.mx CNAME': 'abc.challenges.example.org',
      'mx A': 'c0000201',
      'challenges A': 'c0000201',
    };
    const resolver = await opened(fakeResolver({ zone, records }));
    const server = await opened(fakeZone({ zone, records }));
    const zones = [{ zone, nameservers: [server] }];
    const { sweep } = createResolver({ resolvers: [resolver], zones, clock });
    await sweep(fqdn('_acme-challenge.mx.example.org'), 'TXT', {});
    await sweep(fqdn('_acme-challenge.new.example.org'), 'TXT', {});
    const asked = askedOf(resolver).filter((one) => /challenge\.|abc/.test(one));
    expect(asked).toEqual([]);
  });
});

describe('K23: nameservers that are configured', () => {
  it('are named with their failures when all fail, and the internal view of the resolver is not used', async () => {
    const refusing = await opened(fakeServer((request) => [respond(request, { rcode: 5 })]));
    const resolver = await opened(fakeResolver({ zone, records: { '_25._tcp.mx TLSA': TLSA } }));
    const nobody = { address: '127.0.0.1', port: 1 };
    const zones = [{ zone, nameservers: [refusing, nobody] }];
    const { sweep } = createResolver({
      resolvers: [resolver],
      zones,
      clock,
      addressTimeoutMs: 500,
    });
    for (const type of ['TLSA', 'TXT', 'A'] as const) {
      const failing = sweep(fqdn('_25._tcp.mx.example.org'), type, {});
      await expect(failing).rejects.toMatchObject({ code: 'DNS_UNREACHABLE', exit: 3 });
      await expect(failing).rejects.toThrow(
        new RegExp(
          `none of the nameservers .* example.org. answered: .*${serverText(refusing)}: REFUSED; .*127.0.0.1#1`,
        ),
      );
    }
  });

  it('are believed instead of an internal view, also about a zone below that only the view has', async () => {
    const { look } = await worldOf({
      records: { '_25._tcp.mx TLSA': TLSA },
      inside: { 'mx NS': 'ns.mx.example.org', '_25._tcp.mx CNAME': 'elsewhere.example.net' },
    });
    expect(await look('_25._tcp.mx.example.org', 'TLSA')).toMatchObject({
      zone,
      aliases: [],
      addresses: [{ answer: { rdata: [TLSA] } }],
    });
  });
});
