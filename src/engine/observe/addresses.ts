// After a first record was written: whether the hosts of its services still have addresses, asked
// at the servers and not in a cache (rule 26).
import { AppError } from '../../base/errors.ts';
import { fqdn } from '../../dns/name.ts';
import type { Call } from '../../ports/call.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { ServiceIntent } from '../../rollover/model.ts';
import type { Job } from '../job.ts';
import type { Task, World } from '../world.ts';

/**
 * Services whose records change, or whose deployment is not proven yet, or that had no address at
 * the last check.
 */
export async function observeAddresses(
  { task, memory, world, call }: Job,
  written: ReadonlySet<string>,
): Promise<void> {
  const live = liveGeneration(memory.lineage);
  const isProving = live !== undefined && live.provenAt === undefined;
  for (const service of task.intent.services) {
    const known = memory.service(service.id);
    const isDue = isProving || written.has(service.owner) || known.addressless !== undefined;
    const hadSome = Object.keys(known.endpoints).length > 0;
    if (!isDue || !hadSome || !isByName(service, task)) continue;
    const has = await hasAddress(service, task, world, call);
    if (has === undefined) continue;
    const { addressless = world.clock.now(), ...rest } = known;
    await memory.saveService(has ? rest : { ...rest, addressless });
  }
}

/** Only if the handshake uses the addresses of the host. */
function isByName({ id, reachable, running }: ServiceIntent, { reach }: Task): boolean {
  const way = reach[id];
  return reachable && running && way !== undefined && way.host === way.serverName;
}

/** Undefined: no server answers now. */
async function hasAddress(
  { id }: ServiceIntent,
  { reach }: Task,
  { resolver }: World,
  call: Call,
): Promise<boolean | undefined> {
  const host = reach[id]?.host;
  if (host === undefined) return undefined;
  let isKnown = true;
  for (const type of ['A', 'AAAA'] as const) {
    try {
      const { addresses } = await resolver.sweep(fqdn(host), type, call, { serials: false });
      const answers = addresses.flatMap(({ answer }) =>
        answer.status === 'answered' ? [answer] : [],
      );
      if (answers.some(({ rdata }) => rdata.length > 0)) return true;
      isKnown &&= answers.length > 0;
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
      isKnown = false;
    }
  }
  return isKnown ? false : undefined;
}
