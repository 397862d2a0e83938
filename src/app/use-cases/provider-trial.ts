// `holger providers test`: whether credentials are sufficient for a rollover, at names that nothing
// uses, and whether the name servers serve the records.
import { randomBytes } from 'node:crypto';
import type { Clock, Seconds } from '../../base/clock.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import { toHex } from '../../base/bytes.ts';
import { fqdn, hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { rdataSet, sameRdata } from '../../dns/rrset.ts';
import type { RdataHex, RecordType } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type { DnsProvider } from '../../ports/provider.ts';
import type { Resolver, Sweep } from '../../ports/resolver.ts';

export interface TrialStep {
  readonly step: string;
  readonly outcome: 'done' | 'failed' | 'note';
  readonly detail: string;
}

export interface TrialWorld {
  readonly clock: Clock;
  readonly resolver: Pick<Resolver, 'sweep'>;
}

/** How long name servers are asked. Some providers publish only after minutes. */
const WATCHED: Seconds = 120;
/** How long a provider may take until its API shows its own change. */
const SHOWN: Seconds = 30;
const POLL: Seconds = 2;
const TTL: Seconds = 60;

interface Trial {
  readonly zone: Fqdn;
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly first: RdataHex;
  readonly second: RdataHex;
}

/** Each step when it ends. After a failure nothing more is tried, except to clean up. */
export async function* tryProvider(
  name: Fqdn,
  provider: DnsProvider,
  world: TrialWorld,
  call: Call,
): AsyncGenerator<TrialStep> {
  const zone = await attempt(() => provider.findZone(name, call));
  if ('error' in zone) return void (yield failure('zone', zone.error));
  if (zone.value === undefined) {
    return void (yield failed(
      'zone',
      `these credentials have no zone at or above ${hostOf(name)}`,
    ));
  }
  yield done('zone', hostOf(zone.value));
  if (!provider.traits.types.includes('TXT')) {
    yield note('TXT', 'it has no TXT records: the acme_provider of the zone writes the challenges');
  }
  for (const trial of trialsIn(zone.value, provider)) yield* oneType(trial, provider, world, call);
}

function trialsIn(zone: Fqdn, { traits }: DnsProvider): readonly Trial[] {
  // An underscore: a wildcard may answer at such a name, but clients never ask for it (rule 26).
  const label = `_holger-test-${randomBytes(6).toString('hex')}`;
  const digest = (): RdataHex => `030101${toHex(new Uint8Array(randomBytes(32)))}`;
  const text = (): RdataHex =>
    `2b${Buffer.from(randomBytes(32).toString('base64url')).toString('hex')}`;
  const trials: readonly Trial[] = [
    {
      ...{ zone, type: 'TXT', owner: fqdn(`_acme-challenge.${label}.${zone}`) },
      ...{ first: text(), second: text() },
    },
    {
      ...{ zone, type: 'TLSA', owner: fqdn(`_25._tcp.${label}.${zone}`) },
      ...{ first: digest(), second: digest() },
    },
  ];
  return trials.filter(({ type }) => traits.types.includes(type));
}

async function* oneType(
  trial: Trial,
  provider: DnsProvider,
  world: TrialWorld,
  call: Call,
): AsyncGenerator<TrialStep> {
  const { zone, owner, type, first, second } = trial;
  let held: readonly RdataHex[] = [];
  const change = async (add: readonly RdataHex[], remove: readonly RdataHex[]): Promise<void> => {
    const wanted = rdataSet([...held.filter((rdata) => !remove.includes(rdata)), ...add]);
    const edit = { zone, owner, type, ttl: TTL, add, remove, expect: held, expectTtl: TTL };
    const outcome = await provider.apply(edit, call);
    if (outcome === 'conflict')
      throw unlike('it reports that the RRset has changed, which is wrong');
    held = wanted;
    await holds(trial, wanted, provider, world, call);
  };
  const steps: readonly (readonly [string, () => Promise<void>])[] = [
    [`${type}: a first record`, () => change([first], [])],
    [`${type}: a second record beside it`, () => change([second], [])],
    [`${type}: the first is removed, the second stays`, () => change([], [first])],
  ];
  try {
    for (const [step, act] of steps) {
      const ended = await attempt(act);
      if ('error' in ended) return void (yield failure(step, ended.error));
      yield done(step, hostOf(owner));
    }
    const { ttl = 0 } = (await provider.read(zone, owner, type, call)) ?? {};
    if (ttl !== TTL) yield note(`${type}: TTL`, `${TTL} s were requested, it sets ${ttl} s`);
    yield await served(trial, world, call);
  } finally {
    // Also if the run is being stopped: no test record may stay.
    yield await cleanUp(trial, provider, held, world);
  }
}

/** A server that signs new data shows the signatures a little later (inline-signing). */
async function holds(
  { zone, owner, type }: Trial,
  wanted: readonly RdataHex[],
  provider: DnsProvider,
  { clock }: TrialWorld,
  call: Call,
): Promise<void> {
  const until = clock.now() + SHOWN;
  for (;;) {
    const read = await provider.read(zone, owner, type, call);
    if (sameRdata(rdataSet(read?.rdata ?? []), wanted)) return;
    if (clock.now() >= until) throw unlike('it does not have what was written');
    await clock.sleep(POLL, call.signal);
  }
}

async function cleanUp(
  trial: Trial,
  provider: DnsProvider,
  held: readonly RdataHex[],
  world: TrialWorld,
): Promise<TrialStep> {
  const { zone, owner, type } = trial;
  const step = `${type}: cleaned up`;
  const remove = async (there: readonly RdataHex[]): Promise<boolean> => {
    const edit = { zone, owner, type, ttl: TTL, add: [], remove: there, expect: there };
    return there.length === 0 || (await provider.apply(edit, {})) === 'accepted';
  };
  const ended = await attempt(async () => {
    // After a failure it is not known which records exist.
    if (held.length === 0 || !(await remove(held))) {
      await remove((await provider.read(zone, owner, type, {}))?.rdata ?? []);
    }
    await holds(trial, [], provider, world, {});
  });
  if ('error' in ended) return failure(`${step} (remove ${hostOf(owner)} by hand)`, ended.error);
  return done(step, hostOf(owner));
}

/** A record in the API is not enough; the zone's servers must serve it. */
async function served(
  { owner, type, second }: Trial,
  { clock, resolver }: TrialWorld,
  call: Call,
): Promise<TrialStep> {
  const step = `${type}: at the name servers`;
  const began = clock.now();
  for (;;) {
    const swept = await attempt(() => resolver.sweep(owner, type, call));
    const missing = 'error' in swept ? undefined : missingIn(swept.value, second);
    const seconds = Math.round(clock.now() - began);
    if (missing?.length === 0 && 'value' in swept) {
      const { addresses, security, unproven } = swept.value;
      const signed =
        security === 'secure' ? 'signed' : (unproven?.detail ?? `not signed (${security})`);
      return done(step, `at all ${addresses.length} addresses after ${seconds} s, ${signed}`);
    }
    if (seconds >= WATCHED) {
      const why =
        'error' in swept ? reasonOf(swept.error) : `not yet at ${missing?.join(', ') ?? ''}`;
      return note(step, `after ${seconds} s: ${why}`);
    }
    await clock.sleep(POLL, call.signal);
  }
}

function missingIn({ addresses }: Sweep, rdata: RdataHex): readonly string[] {
  return addresses
    .filter(({ answer }) => answer.status !== 'answered' || !answer.rdata.includes(rdata))
    .filter(({ answer }) => answer.status !== 'no-route')
    .map(({ address }) => address);
}

async function attempt<T>(
  act: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: AppError }> {
  try {
    return { value: await act() };
  } catch (error) {
    if (error instanceof AppError && error.code !== 'INTERRUPTED' && error.code !== 'BUG')
      return { error };
    throw error;
  }
}

const unlike = (reason: string): AppError =>
  new AppError('PROVIDER_FAILED', `the provider reported completion, but ${reason}`);

const done = (step: string, detail: string): TrialStep => ({ step, outcome: 'done', detail });
const note = (step: string, detail: string): TrialStep => ({ step, outcome: 'note', detail });
const failed = (step: string, detail: string): TrialStep => ({ step, outcome: 'failed', detail });
const failure = (step: string, { message, hint }: AppError): TrialStep =>
  failed(step, hint === undefined ? message : `${message}; ${hint}`);
