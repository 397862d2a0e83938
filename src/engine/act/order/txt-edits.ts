// Edits of TXT records at the providers of a zone. Other values at the same owner are left alone,
// also if another program writes them at the same time.
import { AppError } from '../../../base/errors.ts';
import type { RdataHex } from '../../../dns/rrset.ts';
import type { DnsProvider } from '../../../ports/provider.ts';
import type { Sweep } from '../../../ports/resolver.ts';
import { serverAt } from '../../../rollover/record/versions.ts';
import type { Job } from '../../job.ts';

/**
 * Most TXT records are needed for seconds; with a short TTL a wrong value does not disturb the next
 * attempt.
 */
const LONGEST_TTL = 60;
const ATTEMPTS = 5;

interface Change {
  readonly add?: RdataHex;
  readonly remove?: RdataHex;
  /** What is added is needed for as long as the certificate exists. */
  readonly stays?: boolean;
}

/** At every provider of the zone, whatever the others have; false: nothing was written. */
export async function editTxt(job: Job, sweep: Sweep, change: Change): Promise<boolean> {
  const { task, world } = job;
  const provider = world.providerFor(sweep.zone, 'acme', task.provider);
  let written = false;
  const each = provider.signers?.map((signer) => signer.provider) ?? [provider];
  for (const one of each) {
    written = (await editTxtAt(job, one, sweep, change)) || written;
  }
  return written;
}

/**
 * Adds and removes values at one owner, beside foreign values, also if others write at the same
 * time.
 */
async function editTxtAt(
  { task, call }: Job,
  provider: DnsProvider,
  sweep: Sweep,
  change: Change,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await provider.read(sweep.zone, sweep.owner, 'TXT', call);
    const expect = current?.rdata ?? [];
    const add = change.add !== undefined && !expect.includes(change.add) ? [change.add] : [];
    const remove =
      change.remove !== undefined && expect.includes(change.remove) ? [change.remove] : [];
    if (add.length + remove.length === 0) return false;
    const { policy } = task.intent;
    const first = change.stays === true ? policy.ttl : Math.min(LONGEST_TTL, policy.ttl);
    const ttl = current?.ttl ?? first;
    const { zone, owner } = sweep;
    const outcome = await provider.apply(
      { zone, owner, type: 'TXT', ttl, add, remove, expect, expectTtl: ttl },
      call,
    );
    if (outcome === 'accepted') return provider.traits.byHand !== true;
  }
  throw new AppError(
    'UPDATE_CONFLICT',
    `the TXT records at ${sweep.owner} changed during each attempt`,
    {
      hint: 'find the other program that edits these records all the time',
    },
  );
}

/** Without an answer it is not known what a write would do there. */
export function mustAnswer({ zone, addresses }: Sweep): void {
  if (addresses.some(({ answer }) => answer.status === 'answered')) return;
  const failures = addresses.map(({ server, address, answer }) => {
    const why = answer.status === 'answered' ? '' : `: ${answer.status}: ${answer.detail}`;
    return `${serverAt(server, address)}${why}`;
  });
  throw new AppError(
    'DNS_UNREACHABLE',
    `none of the name servers of ${zone} answered: ${failures.join('; ')}`,
    {
      hint: `check the servers of ${zone}, and the route to them from this machine`,
      details: { zone },
    },
  );
}
