// Finds out where a name lives: zone cut and delegation. Data that does not validate is still good
// enough to know whom to ask; what is then said about security is kept apart.
import { AppError, type ErrorCode } from '../base/errors.ts';
import { parentOf, type Fqdn } from '../dns/name.ts';
import type { RecordType } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Lookup, LookupFailure, Sweep, Unproven } from '../ports/resolver.ts';
import type { LookUp } from './validating.ts';

export type Security = Sweep['security'];
export type Answered = Exclude<Lookup, { readonly status: LookupFailure }>;

export interface Discovered {
  readonly answer: Answered;
  readonly bogus: boolean;
}

const CODE: Readonly<Record<LookupFailure, ErrorCode>> = {
  servfail: 'DNS_SERVFAIL',
  bogus: 'DNS_BOGUS',
  timeout: 'DNS_TIMEOUT',
  refused: 'DNS_REFUSED',
  unreachable: 'DNS_UNREACHABLE',
  malformed: 'DNS_MALFORMED',
};

/** Asks with checking, and without when only the validation fails. @throws AppError DNS_* */
export async function discover(
  lookUp: LookUp,
  name: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Discovered> {
  const checked = await lookUp(name, type, call);
  if (!('detail' in checked)) return { answer: checked, bogus: false };
  if (checked.status === 'bogus') {
    const unchecked = await lookUp(name, type, call, { checkingDisabled: true });
    if (!('detail' in unchecked)) return { answer: unchecked, bogus: true };
  }
  throw new AppError(
    CODE[checked.status],
    `looking up ${type} of ${name} failed: ${checked.detail}`,
    {
      hint: 'check that the resolver in [dns] answers and reaches the servers of the zone',
      details: { owner: name, type, status: checked.status },
    },
  );
}

export interface ZoneCut {
  readonly zone: Fqdn;
  readonly security: Security;
  /** Why that is unknown, where the resolver is the reason. */
  readonly unproven?: Unproven;
}

/** What the answer says of the zone that it comes from. */
export function securityIn({ answer, bogus }: Discovered): Omit<ZoneCut, 'zone'> {
  if (bogus) return { security: 'bogus' };
  const { unproven } = answer;
  if (unproven !== undefined) return { security: 'unknown', unproven };
  return { security: answer.authentic ? 'secure' : 'insecure' };
}

/**
 * The zone that holds `name`: the closest name upwards with a SOA of its own. @throws AppError
 * DNS_*
 */
export async function findZone(lookUp: LookUp, name: Fqdn, call: Call): Promise<ZoneCut> {
  for (
    let candidate: Fqdn | undefined = name;
    candidate !== undefined;
    candidate = parentOf(candidate)
  ) {
    const { answer, bogus } = await discover(lookUp, candidate, 'SOA', call);
    if (answer.status !== 'found' || answer.aliases.length > 0) continue;
    return { zone: candidate, ...securityIn({ answer, bogus }) };
  }
  throw new AppError('DNS_NO_ZONE', `no zone holds ${name}: no SOA up to the root`, {
    hint: 'check the name, and that the resolver in [dns] resolves it',
  });
}
