// Infomaniak: errors that come with status 200, and pages that are not there.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OptionValues } from '../../providers/_kit/kind.ts';
import { infomaniak } from '../../providers/infomaniak.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { startFake } from '../conformance/fake.ts';
import type { Running } from '../conformance/fake.ts';
import { infomaniak as fake } from '../conformance/fakes/infomaniak.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx.example.org');
const ONE = `030101${'aa'.repeat(32)}`;
const call = {};

let running: Running;
let provider: DnsProvider;
let close: () => Promise<void>;

beforeEach(async () => {
  running = await startFake(fake);
  running.far.addZone('example.org');
  const { tools, close: closing } = toolsFor();
  close = closing;
  const options = fake.options(running.url) as OptionValues<typeof infomaniak.options>;
  provider = await infomaniak.open(options, tools);
});
afterEach(async () => {
  await close();
  await running.stop();
});

const add = (): Promise<string> =>
  provider.apply(
    {
      ...({ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600 } as const),
      ...{ add: [ONE], remove: [], expect: [] },
    },
    call,
  );

it.each([
  ['not_authorized', 'PROVIDER_AUTH'],
  ['validation_failed', 'UPDATE_REFUSED'],
  ['object_not_found', 'UPDATE_REFUSED'],
  ['something_new', 'PROVIDER_FAILED'],
])('reports %s with status 200 as an error', async (code, wanted) => {
  const body = JSON.stringify({ result: 'error', error: { code, description: 'No' } });
  running.fault = { on: 'write', how: { status: 200, body } };
  await expect(add()).rejects.toMatchObject({ code: wanted });
});

it('does not count a missing page as the end', async () => {
  await provider.findZone(OWNER, call);
  const body = JSON.stringify({ result: 'success', data: [], page: 1, pages: 3 });
  running.fault = { on: 'read', how: { status: 200, body } };
  await expect(provider.read(ZONE, OWNER, 'TLSA', call)).rejects.toMatchObject({
    code: 'PROVIDER_FAILED',
  });
});

it('reads all of a zone of many pages', async () => {
  const zone = running.far.zone('example.org');
  for (let at = 0; at < 5 && zone; at += 1) {
    running.far.add(zone, fqdn(`x${at}.example.org`), 'TLSA', ONE, 3600);
  }
  expect(await add()).toBe('accepted');
  expect((await provider.read(ZONE, OWNER, 'TLSA', call))?.rdata).toEqual([ONE]);
});
