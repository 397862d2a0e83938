// An endpoint that does not answer: at first this may be a restart, or a network that comes back;
// later it needs a person.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Reason } from '../../reasons.ts';
import type { Place } from './endpoints.ts';

/**
 * A host that restarts is back by then; a wrong name, a wrong port or a packet filter does not
 * change.
 */
const LONGEST_SILENCE: Seconds = 3600;

const HINT =
  'check that the service runs and that this machine may connect to it (outgoing port 25 is often blocked); connect names another address, reachable = false says that no handshake can be made from here, running = false that it does not run yet';

export function silence(
  { endpoint: { failingSince } }: Pick<Place, 'endpoint'>,
  now: Instant,
): Pick<Reason, 'hint' | 'needs'> {
  if (failingSince === undefined || now - failingSince < LONGEST_SILENCE) return {};
  return { hint: HINT, needs: 'person' };
}

export function unnamed(since: Instant | undefined, now: Instant): Pick<Reason, 'hint' | 'needs'> {
  if (since === undefined || now - since < LONGEST_SILENCE) return {};
  const hint =
    'give the host an A or AAAA record, correct its name, or name an address with connect';
  return { hint, needs: 'person' };
}
