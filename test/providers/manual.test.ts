// What a person is asked to do.
import { expect, it } from 'vitest';
import { manual } from '../../providers/manual.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RRset } from '../../src/dns/rrset.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import type { HandChange, RRsetEdit } from '../../src/ports/provider.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');
const tlsa = (octet: string): RdataHex => `030101${octet.repeat(32)}`;
const [A, B] = [tlsa('aa'), tlsa('bb')];

async function open(serve: () => RRset | undefined) {
  const told: HandChange[] = [];
  const { tools, slept } = toolsFor();
  const provider = await manual.open(
    {},
    {
      ...tools,
      look: () => Promise.resolve(serve()),
      byHand: (change) => void told.push(change),
    },
  );
  return { told, slept, provider };
}

const edit = (change: Partial<RRsetEdit>): RRsetEdit => ({
  ...{ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [], remove: [], expect: [] },
  ...change,
});

it('K45: asks for a change as records, not as text, with what to add, to remove and to give another TTL', async () => {
  const rrset = (): RRset => ({ owner: OWNER, type: 'TLSA', ttl: 7200, rdata: [A, B] });
  const { told, provider } = await open(rrset);
  const long = `030102${'cd'.repeat(64)}`;
  await provider.apply(edit({ add: [long], remove: [A], expect: [A, B], ttl: 3600 }), {});
  expect(told).toEqual([
    {
      ...{ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, isWaitedFor: true },
      add: [`3 1 2 ${'cd'.repeat(64)}`],
      remove: [`3 1 1 ${'aa'.repeat(32)}`],
      retime: [`3 1 1 ${'bb'.repeat(32)}`],
    },
  ]);
});

it('prints TXT as it is typed', async () => {
  const { told, provider } = await open(() => undefined);
  const owner = fqdn('_acme-challenge.example.org');
  await provider.apply(edit({ owner, type: 'TXT', ttl: 60, add: [txtFromValue('a-token')] }), {});
  expect(told).toMatchObject([{ owner, type: 'TXT', ttl: 60, add: ['"a-token"'] }]);
});

it('does not wait for the end of a challenge', async () => {
  const owner = fqdn('_acme-challenge.example.org');
  const token = txtFromValue('a-token');
  const { told, provider } = await open(() => ({ owner, type: 'TXT', ttl: 60, rdata: [token] }));
  const change = { owner, type: 'TXT', ttl: 60, remove: [token], expect: [token] } as const;
  await provider.apply(edit(change), {});
  expect(told).toMatchObject([{ remove: ['"a-token"'], isWaitedFor: false }]);
});

it('asks once, and again after a while in a process that stays; nothing when it is done', async () => {
  const served: RRset[] = [];
  const { told, slept, provider } = await open(() => served[0]);
  const addition = edit({ add: [A] });
  for (let look = 0; look < 3; look += 1)
    expect(await provider.apply(addition, {})).toBe('accepted');
  expect(told).toHaveLength(1);
  slept.push(1801);
  await provider.apply(addition, {});
  expect(told).toHaveLength(2);
  served.push({ owner: OWNER, type: 'TLSA', ttl: 3600, rdata: [A] });
  slept.push(1801);
  await provider.apply(addition, {});
  expect(told).toHaveLength(2);
});
