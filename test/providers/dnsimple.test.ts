// DNSimple: whose account it is, and how long it is asked whether all its name servers have a change.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OptionValues } from '../../providers/_kit/kind.ts';
import { dnsimple } from '../../providers/dnsimple.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { startFake } from '../conformance/fake.ts';
import type { Running, Trouble } from '../conformance/fake.ts';
import { dnsimple as fake } from '../conformance/fakes/dnsimple.ts';
import { toolsFor } from '../conformance/tools.ts';
import type { Sleeps } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx.example.org');
const ONE = `030101${'aa'.repeat(32)}`;
const call = {};

let running: Running;
let slept: Sleeps;
let close: () => Promise<void>;

async function open(more: object = {}): Promise<DnsProvider> {
  const tools = toolsFor();
  ({ slept, close } = tools);
  const options = { ...fake.options(running.url), ...more };
  return dnsimple.open(options as OptionValues<typeof dnsimple.options>, tools.tools);
}
const add = (provider: DnsProvider): Promise<string> =>
  provider.apply(
    {
      ...({ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600 } as const),
      ...{ add: [ONE], remove: [], expect: [] },
    },
    call,
  );
const looks = (): number =>
  running.requests.filter(({ path }) => path.endsWith('/distribution')).length;

beforeEach(async () => {
  running = await startFake(fake);
  running.far.addZone('example.org');
});
afterEach(async () => {
  await close();
  await running.stop();
});

describe('after a change', () => {
  it('waits until all name servers have it', async () => {
    expect(await add(await open())).toBe('accepted');
    expect(looks()).toBe(3);
    expect(slept).toEqual([5, 5]);
  });

  it.each<[string, Trouble['how'], number]>([
    ['whose look fails is looked at again', { status: 504 }, 4],
    ['that nobody tells of is no failure', { status: 412 }, 1],
  ])('one %s', async (_, how, wanted) => {
    const provider = await open();
    // whoami, the zone, the list, the new record
    running.trouble = { on: 'any', how, after: 4 };
    expect(await add(provider)).toBe('accepted');
    expect(looks()).toBe(wanted);
  });

  it('waits for a minute and no longer', async () => {
    await running.stop();
    const never = { body: { data: { distributed: false } } };
    running = await startFake({
      ...fake,
      answer: (request, far) =>
        request.path.endsWith('/distribution') ? never : fake.answer(request, far),
    });
    running.far.addZone('example.org');
    expect(await add(await open())).toBe('accepted');
    expect(looks()).toBe(12);
    expect(slept).toEqual(Array.from({ length: 11 }, () => 5));
  });
});

describe('the account', () => {
  const user: Trouble = {
    on: 'any',
    how: { status: 200, body: '{"data":{"user":{"id":1},"account":null}}' },
  };

  it('has to be named where a user has more than one', async () => {
    const provider = await open();
    running.trouble = user;
    await expect(provider.findZone(OWNER, call)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is not asked for where it is named', async () => {
    const provider = await open({ account: '1010' });
    expect(await provider.findZone(OWNER, call)).toBe(ZONE);
    expect(running.requests.map(({ path }) => path)).not.toContain('/v2/whoami');
  });
});
