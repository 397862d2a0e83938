import { describe, expect, it } from 'vitest';
import { route53 } from '../../../providers/route53/route53.ts';
import { rdataIn, spelled, valueOf } from '../../../providers/route53/spelling.ts';
import { txtFromValue } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import { route53 as fake } from '../../conformance/fakes/route53.ts';
import { EDIT, ONE, opened, OWNER, ZONE } from '../opened.ts';

const throttled = (code: string) => ({
  on: 'write' as const,
  how: {
    status: 400,
    body: `<?xml version="1.0"?><ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>Rate exceeded</Message></Error><RequestId>x</RequestId></ErrorResponse>`,
  },
});

describe('Route 53', () => {
  it('waits until a change is on all its servers', async () => {
    const { provider, running, slept } = await opened(route53, fake);
    expect(await provider.apply(EDIT, {})).toBe('accepted');
    const asked = running.requests.filter(({ path }) => path.startsWith('/2013-04-01/change/'));
    expect(asked).toHaveLength(2);
    expect(slept).toEqual([3]);
  });

  it('has written, also when the status of the change cannot be read', async () => {
    const { provider, running } = await opened(route53, fake);
    await provider.findZone(ZONE, {});
    // After the query for the RRset, which comes first.
    running.fault = { on: 'read', how: { status: 500 }, after: 1 };
    expect(await provider.apply(EDIT, {})).toBe('accepted');
    expect(running.fault).toBeUndefined();
  });

  it.each(['Throttling', 'PriorRequestNotComplete'])(
    'tries again after a moment when the answer is %s, with status 400',
    async (code) => {
      const { provider, running, slept } = await opened(route53, fake);
      running.fault = throttled(code);
      expect(await provider.apply(EDIT, {})).toBe('accepted');
      expect(slept[0]).toBeCloseTo(2, 0);
    },
  );

  it('recognises a refused batch in its other form', async () => {
    const { provider, running } = await opened(route53, fake);
    const message = `Tried to create resource record set [name='${OWNER}', type='TLSA'] but it already exists`;
    const batch = (text: string): string =>
      `<?xml version="1.0"?><InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>${text}</Message></Messages></InvalidChangeBatch>`;
    running.fault = { on: 'write', how: { status: 400, body: batch(message) } };
    expect(await provider.apply(EDIT, {})).toBe('conflict');
    running.fault = { on: 'write', how: { status: 400, body: batch('a CNAME is there') } };
    await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
      message: `Route 53 refused the change of TLSA at ${OWNER}: InvalidChangeBatch: a CNAME is there`,
    });
  });

  it('does not guess between two public zones of one name', async () => {
    const { provider, running } = await opened(route53, fake);
    running.far.addZone('example.org');
    await expect(provider.findZone(OWNER, {})).rejects.toThrow(
      'Route 53 has 2 public zones example.org.',
    );
  });

  it('is refused where another client has removed the RRset', async () => {
    const { provider, running, zone } = await opened(route53, fake);
    running.far.add(zone, OWNER, 'TLSA', ONE, 3600);
    running.meanwhile = () => running.far.replace(zone, OWNER, 'TLSA', [], 0);
    const edit = { ...EDIT, add: [], remove: [ONE], expect: [ONE] };
    expect(await provider.apply(edit, {})).toBe('conflict');
  });

  it('leaves RRsets with a routing policy alone', async () => {
    const { provider, running } = await opened(route53, fake);
    await provider.findZone(ZONE, {});
    const set = `<Name>${OWNER}</Name><Type>TLSA</Type><SetIdentifier>a</SetIdentifier><Weight>1</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>3 1 1 aa</Value></ResourceRecord></ResourceRecords>`;
    const body = `<L><ResourceRecordSets><ResourceRecordSet>${set}</ResourceRecordSet></ResourceRecordSets></L>`;
    running.fault = { on: 'read', how: { status: 200, body } };
    await expect(provider.apply(EDIT, {})).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
  });

  it('reports what is wrong with the signature', async () => {
    const { provider } = await opened(route53, fake, { secret_access_key: 'another' });
    await expect(provider.findZone(ZONE, {})).rejects.toMatchObject({
      code: 'PROVIDER_AUTH',
      message: expect.stringContaining('SignatureDoesNotMatch: The request signature') as string,
    });
  });

  it('spells names and TXT with octal numbers', () => {
    expect(spelled(fqdn('*.a_b-c.example.org'))).toBe('\\052.a_b-c.example.org.');
    const value = 'ex\u00e4mple "quoted" \\ 1';
    const text = '"ex\\303\\244mple \\"quoted\\" \\\\ 1"';
    expect(valueOf('TXT', txtFromValue(value))).toBe(text);
    expect(rdataIn('TXT', text)).toBe(txtFromValue(value));
    expect(rdataIn('TXT', '"\\134\\134141"')).toBe(txtFromValue('\\\\141'));
    expect(rdataIn('TXT', '"\\\\141"')).toBe(txtFromValue('\\141'));
    expect(rdataIn('TLSA', '3 1 1 ' + 'AA'.repeat(32))).toBe(ONE);
  });
});
