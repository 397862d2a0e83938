// OVH: its signature, its clock, its filters that are patterns, and the refresh without which no
// change is served.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ovh } from '../../providers/ovh/ovh.ts';
import { signatureHeaders } from '../../providers/ovh/signature.ts';
import type { OptionValues } from '../../providers/_kit/kind.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RRset } from '../../src/dns/rrset.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { startFake } from '../conformance/fake.ts';
import type { Running } from '../conformance/fake.ts';
import { ovh as fake } from '../conformance/fakes/ovh.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx.example.org');
const [ONE, OTHER] = [`030101${'aa'.repeat(32)}`, `030101${'bb'.repeat(32)}`];
const call = {};

describe('signatures that OVH has published', () => {
  // https://github.com/ovh/python-ovh, tests/test_client.py
  const credentials = {
    applicationKey: 'TDPKJdwZwAQPwKX2',
    applicationSecret: '9ufkBmLaTQ9nz5yMUlg79taH0GNnzDjk',
    consumerKey: '5mBuy6SUQcRw2ZUxg0cG68BoDKpED4KY',
  };
  const auth = 'https://eu.api.ovh.com/1.0/auth';
  const body = '{"a":"b","c":"d"}';

  it.each([
    ['GET', auth, '', 'e9556054b6309771395efa467c22e627407461ad'],
    ['POST', auth, body, 'ec2fb5c7a81f64723c77d2e5b609ae6f58a84fc1'],
    ['PUT', auth, body, '8a75a9e7c8e7296c9dbeda6a2a735eb6bd58ec4b'],
    ['DELETE', auth, '', 'a1eecd00b3b02b6cf5708b84b9ff42059a950d85'],
    ['GET', 'https://eu.api.ovh.com/1.0/call', '', '7f2db49253edfc41891023fcd1a54cf61db05fbb'],
    ['GET', 'https://eu.api.ovh.com/v2/call', '', 'bb63b132a6f84ad5433d0c534d48d3f7c3804285'],
  ])('%s %s', (method, url, text, signature) => {
    expect(signatureHeaders(credentials, { method, url, body: text }, 1_457_018_875.467)).toEqual({
      'x-ovh-application': credentials.applicationKey,
      'x-ovh-consumer': credentials.consumerKey,
      'x-ovh-timestamp': '1457018875',
      'x-ovh-signature': `$1$${signature}`,
    });
  });
});

describe('a zone at OVH', () => {
  let running: Running;
  let provider: DnsProvider;
  let close: () => Promise<void>;

  async function open(): Promise<DnsProvider> {
    const { tools, close: closing } = toolsFor();
    close = closing;
    const options = fake.options(running.url) as OptionValues<typeof ovh.options>;
    return ovh.open(options, tools);
  }
  const add = (rdata: string, expected: readonly string[] = []) =>
    provider.apply(
      {
        ...({ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600 } as const),
        ...{ add: [rdata], remove: [], expect: expected },
      },
      call,
    );
  const read = (): Promise<RRset | undefined> => provider.read(ZONE, OWNER, 'TLSA', call);
  const put = (rdata: string, owner = OWNER, ttl = 3600): void => {
    const zone = running.far.zone('example.org');
    if (zone !== undefined) running.far.add(zone, owner, 'TLSA', rdata, ttl);
  };
  const published = (): string[] =>
    running.far.zones.flatMap(({ records }) => records.map(({ rdata }) => rdata));

  beforeEach(async () => {
    running = await startFake(fake);
    running.far.addZone('example.org');
    provider = await open();
  });
  afterEach(async () => {
    await close();
    await running.stop();
  });

  it('is published by the next run when the refresh of one has failed', async () => {
    running.fault = { on: 'any', how: { status: 500 }, after: 4 };
    await expect(add(ONE)).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
    expect(running.requests.at(-1)?.path).toMatch(/refresh$/);
    expect(published()).toEqual([]);
    provider = await open();
    expect(await add(ONE)).toBe('accepted');
    expect(published()).toEqual([ONE]);
  });

  it('has names that its pattern matches too: they are other names', async () => {
    for (const name of ['a25._tcp.mx', '_25.xtcp.mx']) put(OTHER, fqdn(`${name}.example.org`));
    expect(await read()).toBeUndefined();
    expect(await add(ONE)).toBe('accepted');
    expect((await read())?.rdata).toEqual([ONE]);
  });

  it('returns no TTL where the default one applies', async () => {
    put(ONE, OWNER, 0);
    expect(await read()).toMatchObject({ ttl: 3600 });
  });

  it('is asked for its time once, not with every request', async () => {
    await add(ONE);
    await read();
    const times = running.requests.filter(({ path }) => path === '/1.0/auth/time');
    expect(times).toHaveLength(1);
  });

  it('does not exist for a key that may not list it', async () => {
    const body = '{"errorCode":"NOT_GRANTED_CALL","message":"This call has not been granted"}';
    running.fault = { on: 'any', how: { status: 403, body }, after: 1 };
    expect(await provider.findZone(OWNER, call)).toBe(ZONE);
  });

  it('distinguishes an expired key from a missing zone', async () => {
    const body = '{"errorCode":"INVALID_CREDENTIAL","message":"This credential is not valid"}';
    running.fault = { on: 'any', how: { status: 403, body }, after: 1 };
    const outcome = provider.findZone(OWNER, call);
    await expect(outcome).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
  });
});
