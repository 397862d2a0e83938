import { describe, expect, it } from 'vitest';
import { azure } from '../../../providers/azure/azure.ts';
import { fqdn } from '../../../src/dns/name.ts';
import { azure as fake } from '../../conformance/fakes/azure.ts';
import { EDIT, ONE, opened, OWNER, TWO, ZONE } from '../opened.ts';

const refusal = (status: number, code: string) => ({
  on: 'read' as const,
  how: { status, body: JSON.stringify({ error: { code, message: 'It says why.' } }) },
});

describe('Azure DNS', () => {
  it('keeps the metadata and the spelling of what others wrote', async () => {
    const { provider, running, zone } = await opened(azure, fake);
    await provider.apply(EDIT, {});
    const [record] = running.far.records(zone, OWNER, 'TLSA');
    const records = [
      { usage: 3, selector: 1, matchingType: 1, certAssociationData: 'aA'.repeat(32) },
    ];
    const set = { etag: '00000002-0000-0000-' + `${record?.id}.${record?.ttl}` };
    const properties = { TTL: 3600, TLSARecords: records, metadata: { owner: 'somebody' } };
    const body = JSON.stringify({ ...set, properties });
    running.fault = { on: 'read', how: { status: 200, body } };
    await provider.apply({ ...EDIT, add: [TWO], expect: [ONE] }, {});
    const written = running.requests.findLast(({ method }) => method === 'PUT')?.json;
    expect(written).toEqual({
      properties: {
        ...{ TTL: 3600, metadata: { owner: 'somebody' } },
        TLSARecords: [
          ...records,
          { usage: 3, selector: 1, matchingType: 1, certAssociationData: 'BB'.repeat(32) },
        ],
      },
    });
  });

  it('finds the zone with permissions for this zone only', async () => {
    const { provider, running } = await opened(azure, fake);
    running.fault = refusal(403, 'AuthorizationFailed');
    expect(await provider.findZone(fqdn('mx1.example.org'), {})).toBe(ZONE);
  });

  it('distinguishes a missing resource group from a missing zone', async () => {
    const { provider, running } = await opened(azure, fake);
    for (const code of ['ResourceGroupNotFound', 'SubscriptionNotFound']) {
      running.fault = refusal(404, code);
      await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({
        code: 'UPDATE_REFUSED',
        message: 'Azure refused to look for a zone: It says why.',
      });
    }
  });

  it('ignores private zones', async () => {
    const { provider, running } = await opened(azure, fake);
    const body = JSON.stringify({ properties: { zoneType: 'Private' } });
    running.fault = { on: 'read', how: { status: 200, body } };
    expect(await provider.findZone(ZONE, {})).toBeUndefined();
  });

  it.each([
    [400, 'unauthorized_client', 'AADSTS700016: Application was not found.'],
    [401, 'invalid_client', 'AADSTS7000222: The provided client secret keys are expired.'],
  ])('reports why there is no token (%i)', async (status, error, description) => {
    const { provider, running } = await opened(azure, fake);
    const body = JSON.stringify({ error, error_description: description });
    running.fault = { on: 'any', how: { status, body } };
    await expect(provider.findZone(OWNER, {})).rejects.toMatchObject({
      code: 'PROVIDER_AUTH',
      message: expect.stringContaining(description) as string,
    });
  });
});
