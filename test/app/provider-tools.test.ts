// The DNS tools that providers get.
import { expect, test } from 'vitest';
import { providerTools } from '../../src/app/world/provider-tools.ts';
import { silentLogger } from '../../src/base/log.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Resolver } from '../../src/ports/resolver.ts';

test('a zone is read from the server with the newest serial, also after it wrapped around', async () => {
  const owner = fqdn('_25._tcp.mx.example.org');
  const [old, present] = ['03', '0301'];
  const answers = [
    { status: 'answered', rdata: [old], ttl: 60, serial: 0xffffffff },
    { status: 'answered', rdata: [present], ttl: 60, serial: 2 },
    { status: 'timeout', detail: 'silent' },
  ];
  const addresses = answers.map((answer) => ({ answer }));
  const resolver = {
    sweep: () => Promise.resolve({ owner, type: 'TLSA', addresses }),
  } as unknown as Resolver;
  const tools = providerTools({
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    ...{ logger: silentLogger, resolver, userAgent: 'holger/0', byHand: () => undefined },
  });
  expect(await tools.look(owner, 'TLSA', {})).toMatchObject({ rdata: [present] });
});
