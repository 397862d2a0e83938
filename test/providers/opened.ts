// One provider with the far side of the conformance tests, for what only this one does.
import { afterEach } from 'vitest';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import type { RRsetEdit, DnsProvider } from '../../src/ports/provider.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fake, Running } from '../conformance/fake.ts';
import { startFake } from '../conformance/fake.ts';
import type { FarZone } from '../conformance/far-side.ts';
import { toolsFor } from '../conformance/tools.ts';
import type { Sleeps } from '../conformance/tools.ts';

export const ZONE = fqdn('example.org');
export const OWNER = fqdn('_25._tcp.mx1.example.org');
export const [ONE, TWO] = [`030101${'aa'.repeat(32)}`, `030101${'bb'.repeat(32)}`];

/** Adds one record where there is none. */
export const EDIT: RRsetEdit = {
  ...{ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600 },
  ...{ add: [ONE], remove: [], expect: [] },
};

interface Opened {
  readonly provider: DnsProvider;
  readonly running: Running;
  readonly zone: FarZone;
  readonly slept: Sleeps;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** With example.org at the far side; `more` replaces options. */
export async function opened<O extends Options>(
  kind: ProviderKind<O>,
  fake: Fake,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Opened> {
  const running = await startFake(fake);
  const { tools, slept, close } = toolsFor();
  open.push(close, running.stop);
  const options = { ...fake.options(running.url), ...more } as OptionValues<O>;
  const provider = await kind.open(options, tools);
  return { provider, running, slept, zone: running.far.addZone('example.org') };
}
