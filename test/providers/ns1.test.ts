// NS1: zones whose names differ from their domains, and answers with more than the data.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OptionValues } from '../../providers/_kit/kind.ts';
import { ns1 } from '../../providers/ns1.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import { startFake } from '../conformance/fake.ts';
import type { Running } from '../conformance/fake.ts';
import { ns1 as fake } from '../conformance/fakes/ns1.ts';
import { toolsFor } from '../conformance/tools.ts';

const SUB = fqdn('sub.example.org');
const OWNER = fqdn('_25._tcp.mx.sub.example.org');
const [ONE, TWO] = [`030101${'aa'.repeat(32)}`, `030101${'bb'.repeat(32)}`];
const call = {};

let running: Running;
let provider: DnsProvider;
let close: () => Promise<void>;

beforeEach(async () => {
  running = await startFake(fake);
  for (const name of ['example.org', 'sub.example.org', 'x.example.org']) running.far.addZone(name);
  const { tools, close: closing } = toolsFor();
  close = closing;
  provider = await ns1.open(fake.options(running.url) as OptionValues<typeof ns1.options>, tools);
});
afterEach(async () => {
  await close();
  await running.stop();
});

const apply = (edit: Pick<RRsetEdit, 'add' | 'expect'>) =>
  provider.apply(
    { ...({ zone: SUB, owner: OWNER, type: 'TLSA', ttl: 3600, remove: [] } as const), ...edit },
    call,
  );

describe('a zone with a name of its own', () => {
  it('is found by its domain, and written', async () => {
    expect(await provider.findZone(OWNER, call)).toBe(SUB);
    expect(await apply({ add: [ONE], expect: [] })).toBe('accepted');
    expect(running.requests.at(-1)?.path).toBe(
      '/v1/zones/sub-for-partners/_25._tcp.mx.sub.example.org/TLSA',
    );
    expect((await provider.read(SUB, OWNER, 'TLSA', call))?.rdata).toEqual([ONE]);
  });

  it('is searched in all pages, which are fetched once for a walk up the name', async () => {
    expect(await provider.findZone(fqdn('mx.other.test'), call)).toBeUndefined();
    const pages = running.requests.filter(({ path }) => path === '/v1/zones');
    expect(pages).toHaveLength(3);
  });

  it('does not count as missing when a page is empty and promises more', async () => {
    const headers = { link: '<http://api.nsone.net/v1/zones?after=z>; rel="next"' };
    running.fault = { on: 'any', how: { status: 200, headers, body: '[]' }, after: 1 };
    await expect(provider.findZone(OWNER, call)).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
  });
});

describe('answers', () => {
  it('keep the metadata of others when one is added', async () => {
    await apply({ add: [ONE], expect: [] });
    const before = await told();
    expect(before).toHaveLength(1);
    await apply({ add: [TWO], expect: [ONE] });
    const sent = running.requests.at(-1)?.json as { readonly answers: readonly unknown[] };
    expect(sent.answers).toContainEqual(before[0]);
    expect(running.requests.at(-1)?.method).toBe('POST');
  });

  it('made by another client at the same moment are a conflict, not a failure', async () => {
    const body = '{"message":"record already exists"}';
    running.fault = { on: 'write', how: { status: 400, body } };
    expect(await apply({ add: [ONE], expect: [] })).toBe('conflict');
  });
});

/** As the API returns them. */
async function told(): Promise<readonly unknown[]> {
  const url = `${running.url}/v1/zones/sub-for-partners/_25._tcp.mx.sub.example.org/TLSA`;
  const [key = ''] = fake.secrets;
  const answer = await fetch(url, { headers: { 'x-nsone-key': key } });
  return ((await answer.json()) as { readonly answers: readonly unknown[] }).answers;
}
