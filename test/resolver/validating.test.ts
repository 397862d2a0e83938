import { afterEach, describe, expect, it } from 'vitest';
import { fqdn, type Fqdn } from '../../src/dns/name.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { toHex } from '../../src/base/bytes.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { readHeader, readQuestions, viewOf } from '../../src/dns/wire-reader.ts';
import { createLookUp } from '../../src/resolver/validating.ts';
import { fakeServer, respond, type FakeResponse, type FakeServer } from './fake-server.ts';

const owner = fqdn('_25._tcp.mx.example.org');
const zone = fqdn('example.org');
const tlsa = `030101${'ab'.repeat(32)}`;

const soaRdata = (serial: number, minimum: number): string =>
  toHex(nameToWire(fqdn('ns.example.org'))).repeat(2) +
  [serial, 3600, 600, 86_400, minimum].map((n) => n.toString(16).padStart(8, '0')).join('');

const soa = { owner: zone, type: 'SOA', ttl: 900, rdata: soaRdata(7, 60) } as const;

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Answering = (asked: Fqdn, checkingDisabled: boolean) => FakeResponse | undefined;

async function resolver(answer: Answering): Promise<FakeServer> {
  const server = await fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    const checkingDisabled = (viewOf(request).getUint16(2) & 0x0010) !== 0;
    const response = answer(question?.name ?? fqdn('.'), checkingDisabled);
    return response === undefined ? [] : [respond(request, response)];
  });
  servers.push(server);
  return server;
}

async function look(...answers: readonly Answering[]) {
  const resolvers = await Promise.all(answers.map(resolver));
  return createLookUp({ resolvers, timeoutMs: 300 })(owner, 'TLSA', {});
}

const cname = (from: Fqdn, to: Fqdn) =>
  ({ owner: from, type: 'CNAME', ttl: 60, rdata: targetRdata(to) }) as const;
const record = (at: Fqdn) => ({ owner: at, type: 'TLSA', rdata: tlsa }) as const;

describe('lookup', () => {
  it('distinguishes authentic data from other data by AD', async () => {
    const answers = [record(owner)];
    const secure = await look(() => ({ flags: ['RA', 'AD'], answers }));
    expect(secure).toMatchObject({ status: 'found', authentic: true, aliases: [] });
    const insecure = await look(() => ({ answers }));
    expect(insecure).toMatchObject({ status: 'found', authentic: false });
  });

  it('follows CNAME records through an answer, in any order', async () => {
    const target = fqdn('tlsa.example.net');
    const result = await look(() => ({ answers: [record(target), cname(owner, target)] }));
    expect(result).toMatchObject({
      status: 'found',
      rrset: { owner: target, rdata: [tlsa] },
      aliases: [{ owner, ttl: 60 }],
    });
  });

  it('sends a further query when an answer ends with a CNAME record', async () => {
    const target = fqdn('tlsa.example.net');
    const result = await look((asked) =>
      asked === owner
        ? { flags: ['RA', 'AD'], answers: [cname(owner, target)] }
        : { answers: [record(target)] },
    );
    expect(result).toMatchObject({ status: 'found', authentic: false, aliases: [{ owner }] });
  });

  it('finds loops of CNAME records, within one answer and over several', async () => {
    const other = fqdn('other.example.org');
    const within = await look(() => ({ answers: [cname(owner, other), cname(other, owner)] }));
    expect(within.status).toBe('malformed');
    const over = await look((asked) => ({
      answers: [cname(asked, asked === owner ? other : owner)],
    }));
    expect(over.status).toBe('malformed');
  });

  it('keeps NXDOMAIN and NODATA apart, each with its negative TTL', async () => {
    expect(await look(() => ({ rcode: 3, authorities: [soa] }))).toEqual({
      status: 'nxdomain',
      aliases: [],
      authentic: false,
      negativeTtl: 60,
    });
    expect(await look(() => ({ flags: ['RA', 'AD'], authorities: [soa] }))).toEqual({
      status: 'nodata',
      aliases: [],
      authentic: true,
      negativeTtl: 60,
    });
    expect(await look(() => ({}))).toEqual({ status: 'nodata', aliases: [], authentic: false });
  });

  it('does not count a referral as NODATA', async () => {
    const ns = { owner: zone, type: 'NS', rdata: targetRdata(fqdn('ns.example.org')) } as const;
    const result = await look(() => ({ flags: [], authorities: [ns] }));
    expect(result.status).toBe('refused');
  });

  it('distinguishes bogus data from servers that are down', async () => {
    const bogus = await look((_, cd) => (cd ? { answers: [record(owner)] } : { rcode: 2 }));
    expect(bogus.status).toBe('bogus');
    expect((await look(() => ({ rcode: 2 }))).status).toBe('servfail');
  });

  it.each<[string, Answering]>([
    ['refused', () => ({ rcode: 5 })],
    ['malformed', () => ({ rcode: 1 })],
    ['timeout', () => undefined],
    ['malformed', () => ({ answers: [{ owner, type: 'TLSA', rdata: '0301' }] })],
  ])('reports %s as such', async (status, answer) => {
    expect((await look(answer)).status).toBe(status);
  });

  it('continues with the next resolver, but not after a verdict', async () => {
    const found: Answering = () => ({ answers: [record(owner)] });
    expect((await look(() => ({ rcode: 2 }), found)).status).toBe('found');
    expect((await look(() => undefined, found)).status).toBe('found');
    expect((await look((_, cd) => (cd ? {} : { rcode: 2 }), found)).status).toBe('bogus');
    expect((await look(() => ({ rcode: 3 }), found)).status).toBe('nxdomain');
  });

  it('queries with RD, AD and DO', async () => {
    const server = await resolver(() => ({}));
    await createLookUp({ resolvers: [server], timeoutMs: 300 })(owner, 'TLSA', {});
    const [request = new Uint8Array(12)] = server.requests;
    expect(viewOf(request).getUint16(2)).toBe(0x0120);
    expect(readHeader(request).counts).toEqual([1, 0, 0, 1]);
    expect(toHex(request).endsWith('00002904d0000080000000')).toBe(true);
  });
});
