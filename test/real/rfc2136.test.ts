// The RFC 2136 provider with BIND.
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRfc2136, type Rfc2136Options } from '../../providers/rfc2136/rfc2136.ts';
import type { Clock } from '../../src/base/clock.ts';
import { fqdn } from '../../src/dns/name.ts';
import { txtRdata } from '../../src/dns/rdata.ts';
import type { TsigAlgorithm } from '../../src/dns/tsig.ts';
import type { RRsetEdit } from '../../src/ports/provider.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { recordsAt } from '../lab/observe.ts';

const clockAhead = (seconds: number): Clock => ({
  now: () => Date.now() / 1000 + seconds,
  sleep: (wait) => sleep(wait * 1000),
});

const zone = fqdn('dane.test');
const a = `030101${'0a'.repeat(32)}`;
const b = `020101${'0b'.repeat(32)}`;
const c = `030101${'0c'.repeat(32)}`;

let lab: Lab;
let secret: Uint8Array;
let count = 0;
let owner = zone;

beforeAll(async () => {
  lab = await startLab({ index: 22, parts: ['parent', 'primary'] });
  const base64 = await readFile(lab.tsig.secretFile, 'utf8');
  secret = new Uint8Array(Buffer.from(base64, 'base64'));
});
afterAll(async () => lab?.stop());
beforeEach(() => {
  count += 1;
  owner = fqdn(`_${count}._tcp.mail.dane.test`);
});

function provider(changes: Partial<Rfc2136Options> = {}) {
  return createRfc2136({
    servers: [{ address: lab.servers.primary.v4, port: 53 }],
    tsig: { name: fqdn(lab.tsig.name), algorithm: lab.tsig.algorithm as TsigAlgorithm, secret },
    clock: clockAhead(0),
    timeout: 5,
    ...changes,
  });
}

const edit = (changes: Partial<RRsetEdit>): RRsetEdit => ({
  zone,
  owner,
  type: 'TLSA',
  ttl: 60,
  add: [],
  remove: [],
  expect: [],
  ...changes,
});

/** With inline signing the signed zone follows the update within a moment. */
const stands = (rdata: readonly string[] | undefined, ttl?: number) =>
  expect
    .poll(async () => {
      const rrset = await provider().read(zone, owner, 'TLSA', {});
      return rrset === undefined ? undefined : [rrset.rdata, ttl === undefined ? ttl : rrset.ttl];
    })
    .toEqual(rdata === undefined ? undefined : [rdata, ttl]);

describe('K35: whether a key may change a record', () => {
  const at = fqdn('_25._tcp.mail.dane.test');
  const soa = async () => (await provider().read(zone, zone, 'SOA', {}))?.rdata;

  it('is found out without a change', async () => {
    const before = await soa();
    await provider().mayChange?.(zone, at, 'TLSA', {});
    await provider().mayChange?.(zone, fqdn('_acme-challenge.mail.dane.test'), 'TXT', {});
    await sleep(1_000);
    expect(before).toHaveLength(1);
    expect(await soa()).toEqual(before);
  });

  it('is refused for a wrong secret, an unknown key, and outside of the zone', async () => {
    const { name, algorithm } = lab.tsig;
    const tsig = { name: fqdn(name), algorithm: algorithm as TsigAlgorithm, secret };
    const wrong = { ...tsig, secret: new Uint8Array(32) };
    const unknown = { ...tsig, name: fqdn('nobody.') };
    for (const key of [wrong, unknown]) {
      const asked = provider({ tsig: key }).mayChange?.(zone, at, 'TLSA', {});
      await expect(asked).rejects.toMatchObject({ code: 'TSIG_FAILED' });
    }
    const elsewhere = provider().mayChange?.(zone, fqdn('a.example.org'), 'TXT', {});
    await expect(elsewhere).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
  });
});

describe('apply', () => {
  it('writes beside a wildcard, which is not a record of the owner', async () => {
    const wildcard = fqdn('*.wild.dane.test');
    await provider().apply(edit({ owner: wildcard, add: [c] }), {});
    owner = fqdn(`_${count}._tcp.wild.dane.test`);
    await expect.poll(() => recordsAt(lab.servers.primary.v4, owner)).toHaveLength(1);
    expect(await provider().read(zone, owner, 'TLSA', {})).toBeUndefined();
    expect(await provider().apply(edit({ add: [a] }), {})).toBe('accepted');
    await stands([a]);
    expect(await provider().apply(edit({ expect: [a], remove: [a] }), {})).toBe('accepted');
    await stands(undefined);
  });

  it('publishes, adds beside, withdraws one, withdraws the last', async () => {
    expect(await provider().apply(edit({ add: [a] }), {})).toBe('accepted');
    await stands([a], 60);
    expect(await provider().apply(edit({ expect: [a], add: [b] }), {})).toBe('accepted');
    await stands([b, a], 60);
    const swap = edit({ expect: [a, b], add: [c], remove: [a] });
    expect(await provider().apply(swap, {})).toBe('accepted');
    await stands([b, c], 60);
    expect(await provider().apply(edit({ expect: [b, c], remove: [b, c] }), {})).toBe('accepted');
    await stands(undefined);
  });

  it('writes nothing when the RRset differs from the one that was judged', async () => {
    await provider().apply(edit({ add: [a] }), {});
    expect(await provider().apply(edit({ add: [b] }), {})).toBe('conflict');
    expect(await provider().apply(edit({ expect: [b], add: [c] }), {})).toBe('conflict');
    expect(await provider().apply(edit({ expect: [a, b], remove: [a] }), {})).toBe('conflict');
    await stands([a]);
    owner = fqdn('never.dane.test');
    expect(await provider().apply(edit({ expect: [a], add: [c] }), {})).toBe('conflict');
  });

  it('gives the remaining records the new TTL', async () => {
    await provider().apply(edit({ add: [a, b] }), {});
    await stands([b, a], 60);
    const change = edit({ expect: [a, b], expectTtl: 60, ttl: 30, add: [c], remove: [b] });
    expect(await provider().apply(change, {})).toBe('accepted');
    await stands([a, c], 30);
    const only = edit({ expect: [a, c], expectTtl: 30, ttl: 90 });
    expect(await provider().apply(only, {})).toBe('accepted');
    await stands([a, c], 90);
  });

  it('writes TXT values', async () => {
    const value = 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0';
    const changes = { type: 'TXT', add: [txtRdata(value), txtRdata('x'.repeat(300))] } as const;
    expect(await provider().apply(edit(changes), {})).toBe('accepted');
    await expect
      .poll(async () => (await provider().read(zone, owner, 'TXT', {}))?.rdata.length)
      .toBe(2);
  });

  it('lets exactly one of many writers win', async () => {
    const writers = Array.from({ length: 8 }, (_, i) =>
      provider().apply(edit({ add: [`030101${String(i).padStart(64, '0')}`] }), {}),
    );
    const outcomes = await Promise.all(writers);
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
  });
});

describe('failures', () => {
  it.each([
    ['a wrong secret', { secret: new Uint8Array(32) }, 'BADSIG'],
    ['an unknown key', { name: fqdn('nobody') }, 'BADKEY'],
    ['another algorithm', { algorithm: 'hmac-sha512' as const }, 'BADKEY'],
  ])('names %s, and never the secret', async (_, changes, word) => {
    const good = { name: fqdn(lab.tsig.name), algorithm: 'hmac-sha256', secret } as const;
    const attempt = provider({ tsig: { ...good, ...changes } }).apply(edit({ add: [a] }), {});
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TSIG_FAILED' });
    expect(String(error)).toContain(word);
    const base64 = Buffer.from(secret).toString('base64');
    expect(JSON.stringify([error, String(error)])).not.toContain(base64);
  });

  it.each([4000, -4000])('reports the difference of the clocks (%s s)', async (ahead) => {
    const attempt = provider({ clock: clockAhead(ahead) }).apply(edit({ add: [a] }), {});
    const side = ahead > 0 ? 'behind' : 'ahead of';
    await expect(attempt).rejects.toMatchObject({
      code: 'TSIG_BADTIME',
      message: expect.stringMatching(new RegExp(`1h 6m ${side} ours`)) as string,
    });
  });

  it('names the key that may not do it', async () => {
    const line = await readFile(join(lab.dir, 'keys/acme.key'), 'utf8');
    const acme = new Uint8Array(Buffer.from(/secret "([^"]+)"/.exec(line)?.[1] ?? '', 'base64'));
    const tsig = { name: fqdn('acme'), algorithm: 'hmac-sha256', secret: acme } as const;
    const attempt = provider({ tsig }).apply(edit({ add: [a] }), {});
    await expect(attempt).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
      hint: expect.stringContaining('acme.') as string,
    });
    await stands(undefined);
  });

  it('reports that the server does not have the zone', async () => {
    const other = fqdn('plain.test');
    const changes = { zone: other, owner: fqdn('x.plain.test'), add: [a] };
    await expect(provider().apply(edit(changes), {})).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
      hint: expect.stringContaining('primary of plain.test.') as string,
    });
    const outside = { owner: fqdn('x.plain.test'), add: [a] };
    await expect(provider().apply(edit(outside), {})).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
    });
    await expect(provider().read(other, fqdn('x.plain.test'), 'TLSA', {})).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
    });
  });

  it('reports that no server answers, and tries the other address of the server first', async () => {
    const dead = { address: '127.53.22.200', port: 53 };
    await expect(provider({ servers: [dead] }).apply(edit({ add: [a] }), {})).rejects.toMatchObject(
      { code: 'DNS_UNREACHABLE' },
    );
    const live = { address: lab.servers.primary.v6, port: 53 };
    const both = provider({ servers: [dead, live] });
    expect(await both.apply(edit({ add: [a] }), {})).toBe('accepted');
  });

  it('does not report that nothing was written where the first address wrote and disconnected', async () => {
    const primary = { address: lab.servers.primary.v4, port: 53 };
    const { port, stop } = await withoutAnswers(primary);
    const both = provider({ servers: [{ address: '127.0.0.1', port }, primary] });
    const attempt = both.apply(edit({ add: [a] }), {});
    await expect(attempt).rejects.toMatchObject({
      code: 'PROVIDER_FAILED',
      message: expect.stringContaining('may have made it') as string,
    });
    await stands([a]);
    await stop();
  });
});

/** Passes on each request, and disconnects when the answer comes. */
async function withoutAnswers({ address, port }: { address: string; port: number }) {
  const proxy = createServer((asker) => {
    const server = connect({ host: address, port });
    for (const socket of [asker, server]) socket.on('error', () => undefined);
    asker.pipe(server);
    server.once('data', () => {
      asker.destroy();
      server.destroy();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<unknown> => new Promise((resolve) => proxy.close(resolve));
  return { port: (proxy.address() as AddressInfo).port, stop };
}
