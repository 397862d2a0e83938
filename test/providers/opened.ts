// One provider with the server of the conformance tests, for what is special about it.
import { afterEach, beforeEach } from 'vitest';
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

/** With example.org on the server; `more` replaces options. */
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

type Lent = ReturnType<typeof toolsFor>;

/** One server for each test of a file, which may open it several times. */
interface FarSideOfFile {
  readonly running: Running;
  readonly slept: Sleeps;
  open(more?: Readonly<Record<string, unknown>>): Promise<DnsProvider>;
}

/** `leastTtl`: of its zone, where zones have one. */
export function farSideOf<O extends Options>(
  kind: ProviderKind<O>,
  fakeFor: (tools: Lent['tools']) => Fake,
  leastTtl?: number,
): FarSideOfFile {
  let now: { readonly lent: Lent; readonly fake: Fake; readonly running: Running } | undefined;
  const here = (): NonNullable<typeof now> => {
    if (now === undefined) throw new Error('a server exists only within a test');
    return now;
  };
  beforeEach(async () => {
    const lent = toolsFor();
    const fake = fakeFor(lent.tools);
    now = { lent, fake, running: await startFake(fake) };
    now.running.far.addZone('example.org', leastTtl);
  });
  afterEach(async () => {
    await now?.lent.close();
    await now?.running.stop();
  });
  return {
    get running() {
      return here().running;
    },
    get slept() {
      return here().lent.slept;
    },
    open: async (more = {}) => {
      const { lent, fake, running } = here();
      return kind.open({ ...fake.options(running.url), ...more } as OptionValues<O>, lent.tools);
    },
  };
}
