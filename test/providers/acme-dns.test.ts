// An account that can add values and nothing else: what it does with every other request.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acmeDns } from '../../providers/acme-dns.ts';
import type { OptionValues, ProviderTools } from '../../providers/_kit/kind.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import type { Running } from '../conformance/fake.ts';
import { startFake } from '../conformance/fake.ts';
import { acmeDns as fake } from '../conformance/fakes/acme-dns.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn(fake.onlyAddsAt ?? '');
const [A, B, C] = ['a', 'b', 'c'].map((text) => txtFromValue(text.repeat(43))) as [
  RdataHex,
  RdataHex,
  RdataHex,
];

let running: Running;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  running = await startFake(fake);
  running.far.addZone('example.org');
  closing = [running.stop];
});
afterEach(async () => {
  for (const close of closing) await close();
});

async function open(more: object = {}, other: Partial<ProviderTools> = {}): Promise<DnsProvider> {
  const { tools, close } = toolsFor(running.far);
  closing.unshift(close);
  const values = { ...fake.options(running.url), ...more };
  return acmeDns.open(values as OptionValues<typeof acmeDns.options>, { ...tools, ...other });
}

const edit = { zone: ZONE, owner: OWNER, type: 'TXT' as const, ttl: 60, remove: [] };

it('holds the two newest values', async () => {
  const provider = await open();
  for (const rdata of [A, B, C]) {
    const expected = (await provider.read(ZONE, OWNER, 'TXT', {}))?.rdata ?? [];
    await provider.apply({ ...edit, add: [rdata], expect: expected }, {});
  }
  expect(await provider.read(ZONE, OWNER, 'TXT', {})).toEqual({
    ...{ owner: OWNER, type: 'TXT', ttl: 1, rdata: rdataSet([B, C]) },
  });
});

it('leaves what is to be withdrawn: the account cannot remove it', async () => {
  const provider = await open();
  await provider.apply({ ...edit, add: [A], expect: [] }, {});
  const { length } = running.requests;
  const outcome = await provider.apply({ ...edit, add: [], remove: [A], expect: [A] }, {});
  expect(outcome).toBe('accepted');
  expect(running.requests).toHaveLength(length);
});

it('writes at no other name, and reports that a CNAME is missing', async () => {
  const provider = await open();
  const owner = fqdn('_acme-challenge.mx1.example.org');
  expect(await provider.findZone(owner, {})).toBeUndefined();
  const outcome = provider.apply({ ...edit, owner, add: [A], expect: [] }, {});
  await expect(outcome).rejects.toMatchObject({
    code: 'UPDATE_REFUSED',
    hint: expect.stringContaining('_acme-challenge.mx1.example.org a CNAME') as string,
  });
  expect(running.requests).toEqual([]);
});

it('does not report a failed query as an empty RRset', async () => {
  const look = (): never => {
    throw new AppError('DNS_UNREACHABLE', 'no server answers');
  };
  const provider = await open({}, { look });
  const failing = [
    async () => provider.read(ZONE, OWNER, 'TXT', {}),
    async () => provider.apply({ ...edit, add: [A], expect: [] }, {}),
  ];
  for (const act of failing) await expect(act()).rejects.toMatchObject({ code: 'DNS_UNREACHABLE' });
  expect(running.requests).toEqual([]);
});

it('reports when only the first of two values was accepted', async () => {
  const provider = await open();
  running.fault = { on: 'write', how: { status: 400 }, after: 1 };
  const outcome = provider.apply({ ...edit, add: [A, B], expect: [] }, {});
  await expect(outcome).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
});
