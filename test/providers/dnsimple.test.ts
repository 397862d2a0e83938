// DNSimple: the account, and how long it is asked whether all its name servers have a change.
import { describe, expect, it } from 'vitest';
import { dnsimple } from '../../providers/dnsimple.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import type { Fault } from '../conformance/fake.ts';
import { dnsimple as fake } from '../conformance/fakes/dnsimple.ts';
import { EDIT, OWNER, ZONE, farSideOf, opened } from './opened.ts';

const far = farSideOf(dnsimple, () => fake);
const add = (provider: DnsProvider): Promise<string> => provider.apply(EDIT, {});
const looks = ({ requests } = far.running): number =>
  requests.filter(({ path }) => path.endsWith('/distribution')).length;

describe('after a change', () => {
  it('waits until all name servers have it', async () => {
    expect(await add(await far.open())).toBe('accepted');
    expect(looks()).toBe(3);
    expect(far.slept).toEqual([5, 5]);
  });

  it.each<[string, Fault['how'], number]>([
    ['whose status cannot be read is asked for again', { status: 504 }, 4],
    ['without a status is not a failure', { status: 412 }, 1],
  ])('one %s', async (_, how, wanted) => {
    const provider = await far.open();
    // whoami, the zone, the list, the new record
    far.running.fault = { on: 'any', how, after: 4 };
    expect(await add(provider)).toBe('accepted');
    expect(looks()).toBe(wanted);
  });

  it('waits for a minute and no longer', async () => {
    const never = { body: { data: { distributed: false } } };
    const { provider, running, slept } = await opened(dnsimple, {
      ...fake,
      answer: (request, side) =>
        request.path.endsWith('/distribution') ? never : fake.answer(request, side),
    });
    expect(await add(provider)).toBe('accepted');
    expect(looks(running)).toBe(12);
    expect(slept).toEqual(Array.from({ length: 11 }, () => 5));
  });
});

describe('the account', () => {
  const user: Fault = {
    on: 'any',
    how: { status: 200, body: '{"data":{"user":{"id":1},"account":null}}' },
  };

  it('has to be configured where a user has more than one', async () => {
    const provider = await far.open();
    far.running.fault = user;
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is not looked up where it is configured', async () => {
    const provider = await far.open({ account: '1010' });
    expect(await provider.findZone(OWNER, {})).toBe(ZONE);
    expect(far.running.requests.map(({ path }) => path)).not.toContain('/v2/whoami');
  });
});
