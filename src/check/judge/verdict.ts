// What a strict DANE client would decide about one address, for each kind of certificate: the
// verdict before any advice.
import type { Instant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { matchRRset } from '../../dane/match.ts';
import type { MatchContext, Verdict } from '../../dane/match.ts';
import type { TrustedIssuers } from '../../dane/pkix.ts';
import { pkixPath } from '../../dane/pkix.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import { hostOf } from '../../dns/name.ts';
import type { EndpointFacts, EndpointLook, ServiceFacts } from '../gather/facts.ts';
import type { CheckWorld } from '../gather/world.ts';

export type Outcome =
  /** A usable record matches what was presented. */
  | 'secure'
  | 'mismatch'
  /** Records exist, but a client can use none of them. */
  | 'unusable'
  /** Records exist, but DNSSEC does not protect them. */
  | 'inert'
  | 'bogus'
  | 'no-tlsa'
  /** Whether there are records could not be found out. */
  | 'tlsa-unknown'
  | 'no-starttls'
  | 'tls-failed'
  /** No dialogue: refused, timed out, unreachable, or another protocol. */
  | 'no-connection'
  /** This machine cannot send to the address. */
  | 'not-asked'
  /** The service has no certificate of this kind. */
  | 'not-offered';

export interface EndpointVerdict {
  readonly address: string;
  readonly algorithm: KeyAlgorithm;
  readonly outcome: Outcome;
  readonly look: EndpointLook;
  /** Present if a chain was compared with records. */
  readonly match?: Verdict;
  /** How many of the repeated handshakes ended with this result, which is the worst. */
  readonly times: number;
  readonly of: number;
}

export interface Judging {
  readonly context: Omit<MatchContext, 'at'>;
  readonly at: Instant;
}

function namesOf({ target, tlsa }: ServiceFacts): readonly string[] {
  return [...new Set([tlsa.base, ...target.names].map(hostOf))];
}

export function judgingOf(
  facts: ServiceFacts,
  trusted: TrustedIssuers,
  { anchorOf }: Pick<CheckWorld['pki'], 'anchorOf'>,
): Judging {
  const { smtpLike } = facts.target;
  return {
    at: facts.at,
    context: {
      names: namesOf(facts),
      smtpLike,
      anchorOf,
      ...(smtpLike ? {} : { pkix: (chain, window) => pkixPath(chain, trusted, window) }),
    },
  };
}

/** From the worst to the least informative. */
export const OUTCOMES: readonly Outcome[] = [
  'mismatch',
  'bogus',
  'no-starttls',
  'tls-failed',
  'tlsa-unknown',
  'no-connection',
  'inert',
  'unusable',
  'no-tlsa',
  'not-asked',
  'not-offered',
  'secure',
];

export function verdictOf(
  { address, algorithm, looks }: EndpointFacts,
  facts: ServiceFacts,
  judging: Judging,
): EndpointVerdict {
  const all = looks.map((look) => ({ look, ...judged(look, facts, judging) }));
  const worst =
    OUTCOMES.find((outcome) => all.some((one) => one.outcome === outcome)) ?? 'not-asked';
  const same = all.filter(({ outcome }) => outcome === worst);
  const first = same[0];
  const look = first?.look ?? { status: 'no-route' as const, detail: 'nothing was asked' };
  return {
    ...{ address, algorithm, outcome: worst, look, times: same.length, of: all.length },
    ...defined({ match: first?.match }),
  };
}

function judged(
  look: EndpointLook,
  { tlsa }: ServiceFacts,
  { context, at }: Judging,
): { readonly outcome: Outcome; readonly match?: Verdict } {
  switch (look.status) {
    case 'presented':
      break;
    case 'no-tls':
      return { outcome: 'no-starttls' };
    case 'no-certificate':
      return { outcome: 'not-offered' };
    case 'no-route':
      return { outcome: 'not-asked' };
    case 'tls-failed':
      return { outcome: 'tls-failed' };
    default:
      return { outcome: 'no-connection' };
  }
  switch (tlsa.state) {
    case 'absent':
    case 'none':
      return { outcome: 'no-tlsa' };
    case 'bogus':
      return { outcome: 'bogus' };
    case 'failed':
      return { outcome: 'tlsa-unknown' };
    case 'secure':
    case 'insecure':
  }
  const match = matchRRset(tlsa.records, look.chain, { ...context, at });
  if (tlsa.state === 'insecure') return { outcome: 'inert', match };
  if (match.mode === 'all-unusable') return { outcome: 'unusable', match };
  return { outcome: match.accepted ? 'secure' : 'mismatch', match };
}
