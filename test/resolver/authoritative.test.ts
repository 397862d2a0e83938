import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fqdn } from '../../src/dns/name.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { serialGreater } from '../../src/dns/serial.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import { askAuthoritative } from '../../src/resolver/authoritative.ts';
import { fakeServer, respond, type FakeResponse, type FakeServer } from './fake-server.ts';

const zone = fqdn('example.org');
const owner = fqdn('_25._tcp.mx.example.org');
const now = 1_800_000_000;
const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

const soa = (serial: number, at = zone) =>
  ({
    owner: at,
    type: 'SOA',
    ttl: 900,
    rdata:
      toHex(nameToWire(fqdn('ns.example.org'))).repeat(2) +
      [serial, 3600, 600, 86_400, 60].map(hex32).join(''),
  }) as const;
const tlsa = (data: string) => ({ owner, type: 'TLSA', ttl: 300, rdata: `030101${data}` }) as const;
const rrsig = (covered: string, from: number, until: number, labels = '05') =>
  ({
    owner,
    type: 'RRSIG',
    rdata: `${covered}0d${labels}0000012c${hex32(until)}${hex32(from)}0001${targetRdata(zone)}ab`,
  }) as const;

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Answers = (type: number, count: number) => FakeResponse | undefined;

async function askWith(answers: Answers, how: { readonly serials?: boolean } = {}) {
  const counts = new Map<number, number>();
  server = await fakeServer((request) => {
    const type = readQuestions(request).questions[0]?.type ?? 0;
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    const response = answers(type, count);
    return response === undefined ? [] : [respond(request, { flags: ['AA'], ...response })];
  });
  const question = { zone, owner, type: 'TLSA', now, timeoutMs: 400, ...how } as const;
  const told = await askAuthoritative(server, question);
  return { ...told, asked: [...counts].map(([type, count]) => `${count} x ${type}`) };
}

const SOA = 6;
const TLSA = 52;
const zoneAnd =
  (data: FakeResponse): Answers =>
  (type) => {
    if (type === SOA) return { answers: [soa(7)] };
    return type === TLSA ? data : {};
  };

describe('askAuthoritative', () => {
  it('returns records, the longest TTL, the serial and the newest signature', async () => {
    const { answer } = await askWith(
      zoneAnd({
        answers: [
          tlsa('bb'),
          { ...tlsa('aa'), ttl: 900 },
          tlsa('bb'),
          rrsig('0034', now - 50, now + 50),
          rrsig('0034', now - 20, now + 90),
          rrsig('0010', now - 10, now + 999),
        ],
      }),
    );
    expect(answer).toEqual({
      status: 'answered',
      rdata: ['030101aa', '030101bb'],
      ttl: 900,
      serial: 7,
      signedUntil: now + 90,
    });
  });

  it('names the wildcard that a signature over fewer labels shows (RFC 4034 §3.1.3)', async () => {
    const answers = [tlsa('aa'), rrsig('0034', now - 50, now + 50, '03')];
    const { answer } = await askWith(zoneAnd({ answers }));
    expect(answer).toMatchObject({ wildcard: '*.mx.example.org.' });
  });

  it('takes the negative TTL from the denial, or from the zone when the denial has none', async () => {
    const absent = { status: 'answered', rdata: [], serial: 7 };
    const denied = await askWith(zoneAnd({ rcode: 3, authorities: [{ ...soa(7), ttl: 30 }] }));
    expect(denied.answer).toEqual({ ...absent, ttl: 30 });
    await server?.close();
    const bare = await askWith(zoneAnd({}));
    expect(bare.answer).toEqual({ ...absent, ttl: 60 });
  });

  it('asks for no serial where serials do not matter', async () => {
    const wild = rrsig('0034', now - 50, now + 50);
    const found = await askWith(zoneAnd({ answers: [tlsa('aa'), wild] }), { serials: false });
    expect(found.answer).toMatchObject({ rdata: ['030101aa'], ttl: 300, serial: 0 });
    expect(found.asked.some((it) => it.endsWith(` ${SOA}`))).toBe(false);
    await server?.close();
    const denial = zoneAnd({ rcode: 3, authorities: [{ ...soa(7), ttl: 30 }] });
    expect((await askWith(denial, { serials: false })).answer).toMatchObject({
      rdata: [],
      ttl: 30,
    });
    await server?.close();
    const bare = await askWith(zoneAnd({}), { serials: false });
    expect(bare.answer).toMatchObject({ rdata: [], ttl: 60 });
    expect(bare.asked).toContain(`1 x ${SOA}`);
    await server?.close();
    const above = fqdn('org');
    const lame = zoneAnd({ rcode: 3, authorities: [soa(7, above)] });
    expect((await askWith(lame, { serials: false })).answer.status).toBe('lame');
  });

  it('returns the NS names that the server has', async () => {
    const ns = { owner: zone, type: 'NS', rdata: targetRdata(fqdn('ns3.example.org')) } as const;
    const { nameServers } = await askWith((type) =>
      type === SOA ? { answers: [soa(7)] } : type === 2 ? { answers: [ns] } : {},
    );
    expect(nameServers).toEqual(['ns3.example.org.']);
  });

  const delegation = {
    owner: zone,
    type: 'NS',
    rdata: targetRdata(fqdn('ns.example.org')),
  } as const;
  const refused: [string, string, Answers][] = [
    ['lame', 'a referral', () => ({ flags: [], authorities: [delegation] })],
    ['lame', 'answers out of a cache', () => ({ flags: ['RA'], answers: [soa(7)] })],
    ['lame', 'the parent zone in the denial', zoneAnd({ authorities: [soa(7, fqdn('org'))] })],
    ['lame', 'NOTAUTH', () => ({ rcode: 9 })],
    ['lame', 'no SOA at the apex', () => ({})],
    ['servfail', 'SERVFAIL', () => ({ rcode: 2 })],
    ['refused', 'REFUSED', () => ({ rcode: 5 })],
    ['malformed', 'FORMERR', () => ({ rcode: 1 })],
    ['malformed', 'half a TLSA record', zoneAnd({ answers: [{ ...tlsa(''), rdata: '0301' }] })],
    ['timeout', 'nothing', () => undefined],
    [
      'timeout',
      'nothing but the SOA',
      (type) => (type === SOA ? { answers: [soa(7)] } : undefined),
    ],
    [
      'malformed',
      'a CNAME that the resolver does not know',
      zoneAnd({ answers: [{ owner, type: 'CNAME', rdata: targetRdata(fqdn('x.example.net')) }] }),
    ],
  ];
  it.each(refused)('is %s: %s', async (status, _, answers) => {
    expect((await askWith(answers)).answer.status).toBe(status);
  });

  it('queries again when the zone changes between two answers', async () => {
    const { answer } = await askWith((type, count) => {
      if (type === SOA) return { answers: [soa(count === 1 ? 7 : 8)] };
      return { answers: type === TLSA ? [tlsa(count === 1 ? 'aa' : 'bb')] : [] };
    });
    expect(answer).toMatchObject({ rdata: ['030101bb'], serial: 8 });
  });

  it.each([
    ['newer first', [8, 7]],
    ['older first, then newer and older', [7, 8, 7]],
  ])('believes no server that answers with serials in turn: %s', async (_, serials) => {
    const { answer } = await askWith((type, count) => {
      if (type === SOA) return { answers: [soa(serials[count - 1] ?? 8)] };
      return type === TLSA ? { answers: [tlsa('bb')] } : {};
    });
    expect(answer).toEqual({
      status: 'lame',
      detail: 'serials 7 and 8 in turn: several machines answer there, and not all are up to date',
    });
  });

  it('returns no later serial than is certain when the zone never stops changing', async () => {
    let told = 0;
    let sure = 0;
    const { answer } = await askWith((type, count) => {
      if (type === TLSA) {
        sure = told;
        return { answers: [tlsa('aa')] };
      }
      if (type !== SOA) return {};
      told = (0xffffffff + count) >>> 0;
      return { answers: [soa(told)] };
    });
    if (answer.status !== 'answered') throw new Error(answer.detail);
    expect(serialGreater(answer.serial, sure)).toBe(false);
    expect(serialGreater(answer.serial, 0xffffffff)).toBe(true);
  });
});
