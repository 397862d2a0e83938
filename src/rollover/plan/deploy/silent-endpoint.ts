// An endpoint that does not answer: for a while that is a restart, or a network that comes back;
// then it needs a person.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Reason } from '../../reasons.ts';
import type { Place } from './endpoints.ts';

/** A host that restarts is back by then; a name, a port or a packet filter that is wrong is not. */
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
