// Keys for single zones, which PowerDNS itself does not have: proxies in front of it and panels
// issue them.
import { afterEach, expect, it } from 'vitest';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import { powerdns } from '../../providers/powerdns.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import { startFake } from '../conformance/fake.ts';
import type { FakeAnswer, Running } from '../conformance/fake.ts';
import { powerdns as server } from '../conformance/fakes/powerdns.ts';
import { A, OWNER, TTL, ZONE } from '../conformance/subject.ts';
import { toolsFor } from '../conformance/tools.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server behind a proxy that answers some requests itself. */
async function behind(
  gate: (method: string, path: string) => FakeAnswer | undefined,
): Promise<{ provider: DnsProvider; running: Running }> {
  const running = await startFake({
    ...server,
    answer: (request, far) => gate(request.method, request.path) ?? server.answer(request, far),
  });
  running.far.addZone(ZONE);
  const { tools, close } = toolsFor();
  ends.push(close, () => running.stop());
  const options = server.options(`${running.url}/api/v1/`) as OptionValues<Options>;
  return { provider: await kind.open(options, tools), running };
}

const kind: ProviderKind = powerdns;

const FORBIDDEN: FakeAnswer = { status: 403, body: { msg: 'Zone access not allowed' } };
const edit = {
  ...({ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: TTL } as const),
  ...{ add: [A], remove: [], expect: [] },
};

it('finds the zone with a key that may see nothing else', async () => {
  const { provider, running } = await behind((_, path) =>
    path.includes('/zones/example.org.') ? undefined : FORBIDDEN,
  );
  expect(await provider.findZone(OWNER, {})).toBe(ZONE);
  expect(await provider.findZone(fqdn('mx1.other.test'), {})).toBeUndefined();
  expect(running.requests.some(({ path }) => path.endsWith('/zones'))).toBe(false);
});

it('reports that the key may not change the zone', async () => {
  const { provider } = await behind(() => FORBIDDEN);
  await expect(provider.apply(edit, {})).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
});

it.each([400, 403, 404, 422, 500])(
  'has made the change where only the notification fails, with %i',
  async (status) => {
    const { provider, running } = await behind((_, path) =>
      path.endsWith('/notify') ? { status, body: { error: 'no' } } : undefined,
    );
    expect(await provider.apply(edit, {})).toBe('accepted');
    expect(running.requests.filter(({ path }) => path.endsWith('/notify'))).toHaveLength(1);
  },
);
