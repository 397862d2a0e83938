// Resolvers that validate, and all those that do not: what their answers count for.
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fqdn, isWithin, type Fqdn } from '../../src/dns/name.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { readQuestions, viewOf } from '../../src/dns/wire-reader.ts';
import { findZone } from '../../src/resolver/discover.ts';
import { createProof } from '../../src/resolver/proof.ts';
import { bestStanding } from '../../src/resolver/standing.ts';
import { createLookUp } from '../../src/resolver/validating.ts';
import { fakeServer, respond, type FakeRecord, type FakeServer } from './fake-server.ts';

const ROOT = fqdn('.');
const ORG = fqdn('org');
const zone = fqdn('example.org');
const owner = fqdn('_25._tcp.mx.example.org');
const CHAOS = 3;

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Habits {
  /** Names below which it validates and finds signatures; by default all, except example.org. */
  readonly anchors?: readonly Fqdn[];
  readonly signed?: (name: Fqdn) => boolean;
  readonly ad?: 'right' | 'never' | 'always';
  readonly stripsSignatures?: boolean;
  /** The response code to questions for the root. */
  readonly root?: number;
  readonly silent?: boolean;
}

const soa = (at: Fqdn): FakeRecord => ({
  ...{ owner: at, type: 'SOA', ttl: 900 },
  rdata: toHex(nameToWire(fqdn('ns.example.org'))).repeat(2) + '00000007'.repeat(5),
});
const signature = (at: Fqdn, covered: string): FakeRecord => ({
  ...{ owner: at, type: 'RRSIG' },
  rdata: `${covered}0d000000012c7fffffff000000010001${targetRdata(ROOT)}ab`,
});

async function resolver(habits: Habits): Promise<FakeServer> {
  const { ad = 'right', stripsSignatures = false, anchors = [ROOT], root = 0 } = habits;
  const isSigned = habits.signed ?? ((name: Fqdn) => !isWithin(name, zone));
  const server = await fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    if (question === undefined || habits.silent === true) return [];
    const { name } = question;
    const isOwn = question.class === CHAOS || name === fqdn('localhost');
    if (isOwn) {
      return [respond(request, { flags: ad === 'always' ? ['RA', 'AD'] : ['RA'] })];
    }
    if (name === ROOT && root !== 0) return [respond(request, { rcode: root })];
    const signed = isSigned(name);
    const isTlsa = question.type === 52;
    const data: FakeRecord = isTlsa
      ? { owner: name, type: 'TLSA', rdata: `030101${'ab'.repeat(32)}` }
      : soa(name);
    const vouched = signed && anchors.some((anchor) => isWithin(name, anchor));
    const withAd = ad === 'always' || (ad === 'right' && vouched);
    const signatures = [signature(name, isTlsa ? '0034' : '0006')];
    return [
      respond(request, {
        flags: withAd ? ['RA', 'AD'] : ['RA'],
        answers: [data, ...(signed && !stripsSignatures ? signatures : [])],
      }),
    ];
  });
  servers.push(server);
  return server;
}

async function asked(...all: readonly Habits[]) {
  const resolvers = await Promise.all(all.map(resolver));
  const proof = createProof({ timeoutMs: 400 });
  const lookUp = createLookUp({ resolvers, timeoutMs: 400, proof });
  const lookup = await lookUp(owner, 'TLSA', {});
  return {
    resolvers,
    proof,
    lookUp,
    lookup,
    standing: await bestStanding(resolvers, proof, owner, {}),
  };
}

const signedAll = (): boolean => true;

describe('K16: a resolver that has not shown that it validates is not believed', () => {
  it('believes one that validates the root, also where it answers that a zone is not signed', async () => {
    const { lookup, standing } = await asked({});
    expect(standing.status).toBe('validates');
    expect(lookup).toMatchObject({ status: 'found', authentic: false });
    expect(lookup).not.toHaveProperty('unproven');
    expect((await asked({ signed: signedAll })).lookup).toMatchObject({ authentic: true });
  });

  it.each<[string, Habits, RegExp]>([
    ['forwards, and never sets AD', { ad: 'never' }, /does not validate: the SOA of the root/],
    [
      'drops signatures on the way, as routers do',
      { ad: 'never', stripsSignatures: true },
      /does not validate: the SOA of the root/,
    ],
    [
      'passes the AD bit on, and drops the signatures',
      { stripsSignatures: true },
      /sets the AD bit on the SOA of the root, and sends no signature/,
    ],
    ['sets AD on everything', { ad: 'always' }, /sets the AD bit on every answer/],
    [
      'sets AD on everything, in a world where all is signed',
      { ad: 'always', signed: signedAll },
      /sets the AD bit on every answer/,
    ],
  ])('does not believe one that %s', async (_, habits, detail) => {
    const { lookup, standing, resolvers } = await asked(habits);
    expect(standing).toMatchObject({ status: 'unproven', lasting: true });
    expect(standing).toHaveProperty('detail', expect.stringMatching(detail));
    expect(standing).toHaveProperty('server', `127.0.0.1#${resolvers[0]?.port ?? 0}`);
    expect(lookup).toMatchObject({
      status: 'found',
      authentic: false,
      unproven: { lasting: true },
    });
  });

  it.each([
    ['REFUSED', 5],
    ['SERVFAIL', 2],
    ['NXDOMAIN', 3],
  ])('probes below the root where the root is answered with %s', async (_, root) => {
    const { standing, lookup } = await asked({ root });
    expect(standing.status).toBe('validates');
    expect(lookup).not.toHaveProperty('unproven');
    const without = await asked({ root, ad: 'never' });
    // A resolver that is just starting answers like that: it may change with time.
    expect(without.standing).toMatchObject({ status: 'unproven', lasting: false });
  });

  it('believes a private trust anchor below that anchor only', async () => {
    const { proof, resolvers, standing } = await asked({ anchors: [ORG] });
    expect(standing.status).toBe('validates');
    const elsewhere = await bestStanding(resolvers, proof, fqdn('mx.example.net'), {});
    expect(elsewhere.status).toBe('unproven');
  });

  it('does not believe AD on an answer that came without signatures', async () => {
    const server = await fakeServer((request) => {
      const [question] = readQuestions(request).questions;
      const isRoot = question?.name === ROOT;
      const isOwn = question?.class === CHAOS || question?.name === fqdn('localhost');
      const answers = isRoot
        ? [soa(ROOT), signature(ROOT, '0006')]
        : [{ owner, type: 'TLSA', rdata: `030101${'ab'.repeat(32)}` } as const];
      return [respond(request, isOwn ? {} : { flags: ['RA', 'AD'], answers })];
    });
    servers.push(server);
    const proof = createProof({ timeoutMs: 400 });
    const lookup = await createLookUp({ resolvers: [server], proof })(owner, 'TLSA', {});
    expect(lookup).toMatchObject({ authentic: false, unproven: { lasting: true } });
  });

  it('uses the one of several that validates, at any place in the list', async () => {
    const { lookup, standing, resolvers } = await asked({ ad: 'never' }, { signed: signedAll });
    expect(lookup).toMatchObject({ authentic: true });
    expect(standing).toEqual({
      status: 'validates',
      server: `127.0.0.1#${resolvers[1]?.port ?? 0}`,
    });
    const all = await asked({ silent: true }, { ad: 'never' }, { signed: signedAll });
    expect(all.lookup).toMatchObject({ authentic: true });
  });

  it('does not use the others when the one that validates has stopped since', async () => {
    const good = await resolver({ signed: signedAll });
    const forwarder = await resolver({ ad: 'never' });
    const resolvers = [good, forwarder];
    const lookUp = createLookUp({
      resolvers,
      timeoutMs: 300,
      proof: createProof({ timeoutMs: 300 }),
    });
    expect(await lookUp(owner, 'TLSA', {})).toMatchObject({ authentic: true });
    await good.close();
    servers.splice(servers.indexOf(good), 1);
    expect(await lookUp(owner, 'TLSA', {})).toHaveProperty('detail');
  });

  it('distinguishes a resolver that is silent from one that does not validate, and names all of them', async () => {
    expect((await asked({ silent: true })).standing).toMatchObject({
      status: 'failed',
      failure: 'timeout',
    });
    const { standing } = await asked({ silent: true }, { ad: 'never' });
    expect(standing.status).toBe('unproven');
    expect(standing).toHaveProperty('detail', expect.stringMatching(/does not answer.*; .*AD bit/));
  });

  it('probes a resolver once for a whole run, and again when that is long ago', async () => {
    let now = 0;
    const server = await resolver({ ad: 'never' });
    const proof = createProof({ timeoutMs: 400, now: () => now });
    const tries = (): number =>
      server.requests.filter(
        (request) =>
          readQuestions(request).questions[0]?.name === ROOT && viewOf(request).getUint16(2) !== 0,
      ).length;
    await Promise.all([proof.of(server, owner, {}), proof.of(server, owner, {})]);
    await proof.of(server, fqdn('mx.example.net'), {});
    expect(tries()).toBe(1);
    now = 61_000;
    await proof.of(server, owner, {});
    expect(tries()).toBe(2);
  });

  it('finds the zone all the same, and reports that its security is unknown, and why', async () => {
    const { lookUp } = await asked({ ad: 'never' });
    expect(await findZone(lookUp, zone, {})).toMatchObject({
      ...{ zone, security: 'unknown' },
      unproven: { lasting: true },
    });
  });
});
