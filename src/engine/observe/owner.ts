// Observes the owners of TLSA records: a sweep of every address, added to the history.
import { AppError } from '../../base/errors.ts';
import type { Fqdn } from '../../dns/name.ts';
import { newestBySerial } from '../../dns/serial.ts';
import type { Call } from '../../ports/call.ts';
import type { DnsProvider } from '../../ports/provider.ts';
import type { AddressAnswer, Sweep } from '../../ports/resolver.ts';
import type {
  HeldFacts,
  Observation,
  OwnerHistory,
  SweepFacts,
} from '../../rollover/record/owner-history.ts';
import { recordSweep } from '../../rollover/record/sweep.ts';
import { forgetExpired, newestVersion } from '../../rollover/record/versions.ts';
import { isWithdrawn } from '../../rollover/plan/records/desired-records.ts';
import { beneath } from './base-domains.ts';
import type { Job } from '../job.ts';
import { silencedBy } from './wildcards.ts';
import { aliasesOf } from '../world.ts';
import type { Task, World } from '../world.ts';

function sweepFacts(asked: Fqdn, sweep: Sweep): SweepFacts {
  return {
    owner: asked,
    target: newestOf(sweep)?.wildcard ?? sweep.owner,
    zone: sweep.zone,
    security: sweep.security,
    ...(sweep.unproven === undefined ? {} : { unproven: sweep.unproven }),
    aliasTtl: Math.max(0, ...sweep.aliases.map(({ ttl }) => ttl)),
    serversTtl: sweep.serversTtl,
    receivedAt: sweep.receivedAt,
    observations: sweep.addresses.map(({ server, address, answer }): Observation => {
      if (answer.status !== 'answered') {
        const { status, detail } = answer;
        const silent = status === 'timeout' || status === 'unreachable';
        const failure = `${status}: ${detail}`;
        return { server, address, failure, silent, noRoute: status === 'no-route' };
      }
      const { rdata, ttl, serial, signedUntil } = answer;
      const signed = signedUntil === undefined ? {} : { signedUntil };
      return { server, address, answer: { content: rdata, ttl, serial, ...signed } };
    }),
  };
}

type Answered = Extract<AddressAnswer, { readonly status: 'answered' }>;

/**
 * What the address with the newest zone serves. Records of a wildcard are at the wildcard, and are
 * edited there.
 */
function newestOf({ addresses }: Sweep): Answered | undefined {
  return newestBySerial(
    addresses.flatMap(({ answer }) => (answer.status === 'answered' ? [answer] : [])),
  );
}

/** In a zone at several providers: the records at each of them. */
async function heldAt(
  { task, world, call }: Job,
  { zone, target }: SweepFacts,
): Promise<Pick<SweepFacts, 'held'>> {
  const signers = signersOf(zone, task, world);
  if (signers === undefined) return {};
  const held = signers.map(async ({ name, provider }): Promise<HeldFacts> => {
    try {
      const rrset = await provider.read(zone, target, 'TLSA', call);
      return { provider: name, content: rrset?.rdata ?? [], ...(rrset && { ttl: rrset.ttl }) };
    } catch (error) {
      if (error instanceof AppError && error.code !== 'INTERRUPTED') {
        return { provider: name, failure: error.message };
      }
      throw error;
    }
  });
  return { held: await Promise.all(held) };
}

/** Observing a zone must not require a configured provider. */
function signersOf(zone: Fqdn, { provider }: Task, world: World): DnsProvider['signers'] {
  try {
    return world.providerFor(zone, 'tlsa', provider).signers;
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}

/**
 * Only before the first record: with a record the name exists, and other names are not affected any
 * more.
 */
async function silencesOf(
  history: OwnerHistory,
  { resolver }: World,
  call: Call,
): Promise<Pick<OwnerHistory, 'silences'>> {
  if (newestVersion(history)?.content.length !== 0) return {};
  const { target: owner, zone } = history;
  try {
    return { silences: await silencedBy({ owner, zone }, resolver, call) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    return { silences: error.message };
  }
}

export async function observeOwner(job: Job, owner: Fqdn): Promise<void> {
  const { task, memory, world, call } = job;
  const sweep = await world.resolver.sweep(owner, 'TLSA', call, aliasesOf(task.intent));
  const before = memory.owner(owner);
  const { policy } = task.intent;
  const seen = sweepFacts(owner, sweep);
  const swept = recordSweep(before, { ...seen, ...(await heldAt(job, seen)) }, policy);
  const ending = isWithdrawn(memory.lineage);
  const after = {
    ...swept,
    ...(ending ? { beneath: await beneath(swept, world, call) } : {}),
    ...(await silencesOf(swept, world, call)),
  };
  if ((before?.writes.length ?? 0) > 0 && after.writes.length === 0) {
    world.emit({
      event: 'served-everywhere',
      certificate: task.intent.name,
      at: after.sweptAt,
      owner,
      since: after.sweptAt,
    });
  }
  if (before !== undefined && before.target !== after.target) await memory.leaveBehind(before);
  await memory.saveOwner(forgetExpired(after, policy, after.sweptAt));
}
