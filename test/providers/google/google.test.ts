import { afterEach, describe, expect, it, vi } from 'vitest';
import { google } from '../../../providers/google/google.ts';
import { AppError } from '../../../src/base/errors.ts';
import { google as fake } from '../../conformance/fakes/google.ts';
import { EDIT, ONE, opened, OWNER, TWO, ZONE } from '../opened.ts';

const REMOVAL = { ...EDIT, add: [], remove: [ONE], expect: [ONE] };

describe('Google Cloud DNS', () => {
  afterEach(() => vi.useRealTimers());

  it('gets a token once, and another when it expires after an hour', async () => {
    const { provider, running } = await opened(google, fake);
    const tokens = (): number => running.requests.filter(({ path }) => path === '/token').length;
    await provider.apply(EDIT, {});
    await provider.findZone(OWNER, {});
    expect(tokens()).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_540_000 });
    await provider.findZone(OWNER, {});
    expect(tokens()).toBe(2);
  });

  it('asks until the change has been sent to the servers', async () => {
    const { provider, running } = await opened(google, fake);
    await provider.apply(EDIT, {});
    const asked = running.requests.filter(({ path }) => /\/changes\/\d+$/.test(path));
    expect(asked).toHaveLength(2);
  });

  it('is refused where another client has removed the RRset', async () => {
    const { provider, running, zone } = await opened(google, fake);
    running.far.add(zone, OWNER, 'TLSA', ONE, 3600);
    running.meanwhile = () => running.far.replace(zone, OWNER, 'TLSA', [], 0);
    expect(await provider.apply(REMOVAL, {})).toBe('conflict');
  });

  it('is refused where another client has changed the TTL', async () => {
    const { provider, running, zone } = await opened(google, fake);
    running.far.add(zone, OWNER, 'TLSA', ONE, 3600);
    running.meanwhile = () => running.far.replace(zone, OWNER, 'TLSA', [ONE], 60);
    const edit = { ...EDIT, add: [TWO], expect: [ONE] };
    expect(await provider.apply(edit, {})).toBe('conflict');
  });

  it('distinguishes a limit and a full project from credentials that are not accepted, though all have status 403', async () => {
    const { provider, running } = await opened(google, fake);
    const refused = (reason: string) => ({
      on: 'read' as const,
      how: {
        status: 403,
        body: JSON.stringify({ error: { message: 'No', errors: [{ reason }] } }),
      },
    });
    running.fault = refused('rateLimitExceeded');
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'PROVIDER_LIMITED' });
    running.fault = refused('quotaExceeded');
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
    running.fault = refused('forbidden');
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
  });

  it('does not guess between two public zones of one name', async () => {
    const { provider, running } = await opened(google, fake);
    running.far.addZone('example.org');
    await expect(provider.findZone(ZONE, {})).rejects.toThrow('has 2 public zones example.org.');
  });

  it('leaves RRsets with a routing policy alone', async () => {
    const { provider, running } = await opened(google, fake);
    await provider.findZone(ZONE, {});
    const rrset = { name: OWNER, type: 'TLSA', ttl: 60, routingPolicy: { wrr: {} } };
    const body = JSON.stringify({ kind: 'dns#resourceRecordSetsListResponse', rrsets: [rrset] });
    running.fault = { on: 'read', how: { status: 200, body } };
    await expect(provider.apply(EDIT, {})).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
  });

  it('reports an answer without a list as one that is not understood', async () => {
    const { provider, running } = await opened(google, fake);
    await provider.findZone(ZONE, {});
    running.fault = { on: 'read', how: { status: 200, body: '{}' } };
    await expect(provider.read(ZONE, OWNER, 'TLSA', {})).rejects.toThrow('rrsets is not a list');
  });

  it('reports that a key is not accepted', async () => {
    const { provider, running } = await opened(google, fake);
    const body = '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}';
    running.fault = { on: 'any', how: { status: 400, body } };
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({
      code: 'PROVIDER_AUTH',
      message:
        'Google Cloud DNS does not accept the credentials: invalid_grant Invalid JWT Signature.',
    });
  });

  it.each(['{}', 'secret-text', '{"type":"service_account","private_key":"secret-text"}'])(
    'refuses %s as a key, and prints nothing of it',
    async (credentials) => {
      const error: unknown = await opened(google, fake, { credentials }).catch((it: unknown) => it);
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(String((error as Error).stack)).not.toContain('secret-text');
    },
  );
});
