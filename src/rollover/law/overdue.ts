// The usual time until a write or a silence ends. After that time, waiting does not help by itself:
// it needs a person.
import { formatInstant } from '../../base/clock.ts';
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { Reason } from '../reasons.ts';
import type { OwnerHistory, Version } from '../record/owner-history.ts';
import { serverAt } from '../record/versions.ts';

/**
 * Providers that collect changes show them within minutes; the slowest known ones within the hour.
 */
const NEVER_SHOWN: Seconds = 3600;
/**
 * A secondary without NOTIFY asks after the refresh of the SOA, usually twelve hours (RFC 1912
 * §2.2): twice that.
 */
const NEVER_TRANSFERRED: Seconds = 86_400;
/** A server that restarts, or a network that comes back. */
const LONGEST_SILENCE: Seconds = 3600;
/** A write that was just sent again, perhaps by a provider that works again, gets time first. */
const JUST_SENT: Seconds = 30;

/**
 * After this time without an effect a write is sent again; its prerequisite makes that harmless.
 */
const RESEND_AFTER: Seconds = 5;
/**
 * Each pause is longer, up to this: some providers show changes after minutes and limit the
 * requests.
 */
const RESEND_AT_LEAST_EVERY: Seconds = 300;

export function sendAgainAt(first: Instant, last: Instant): Instant {
  return last + Math.min(Math.max(RESEND_AFTER, last - first), RESEND_AT_LEAST_EVERY);
}

type Need = Pick<Reason, 'hint' | 'needs'>;

const NOBODY =
  'check that the provider writes to the zone that these name servers serve (possible ' +
  'causes: another account, another view, a command that ends with 0 and changes ' +
  'nothing); holger providers test PROVIDER shows it';

/** A write that no name server shows. `sentAt`: the last time. */
export function neverShown(since: Instant, sentAt: Instant, now: Instant): Need {
  if (now - since < NEVER_SHOWN || now - sentAt < JUST_SENT) return {};
  return { hint: NOBODY, needs: 'person' };
}

/** A change that some of the answering servers do not show. */
export function neverTransferred(since: Instant, servers: string, now: Instant): Need {
  if (now - since < NEVER_TRANSFERRED) return {};
  const hint =
    `check that ${servers} transfers the zone (NOTIFY, allow-transfer, TSIG, the serial ` +
    'of the SOA), or remove it from the NS records';
  return { hint, needs: 'person' };
}

/** A server that does not answer, or only with failures. */
export function neverAnswered(since: Instant | undefined, now: Instant): Pick<Reason, 'needs'> {
  return since !== undefined && now - since >= LONGEST_SILENCE ? { needs: 'person' } : {};
}

/** Without an answer the RRset is unknown, and unknown allows no step (rule 1). */
export function serversAreSilent(
  owner: Fqdn,
  history: OwnerHistory | undefined,
  now: Instant,
): Reason {
  const because = `no authoritative server that is up to date answered for ${owner}, so its present RRset is not known`;
  const since = Math.min(
    ...Object.values(history?.addresses ?? {}).flatMap(({ failingSince }) => failingSince ?? []),
  );
  const need = neverAnswered(since, now);
  const hint =
    `check the name servers of ${history?.zone ?? owner}, and the route to them from ` +
    'this machine';
  return {
    ...{ rule: 'servers-answer', because },
    ...(need.needs === undefined ? {} : { ...need, hint }),
  };
}

/** A version that was to be replaced and is still served. */
export function stillServed(history: OwnerHistory, version: Version, now: Instant): Need {
  const serving = Object.entries(history.addresses).filter(
    ([, { mayServe, leftAt }]) => mayServe.includes(version.key) && leftAt === undefined,
  );
  const failing = serving.filter(([, { failure }]) => failure !== undefined);
  const [first] = failing.filter(
    ([, { failingSince }]) => neverAnswered(failingSince, now).needs !== undefined,
  );
  if (first !== undefined) {
    const [address, { server, failure = '' }] = first;
    const hint =
      `check the name server ${serverAt(server, address)}: it gives no valid answer ` +
      `(${failure})`;
    return { hint, needs: 'person' };
  }
  const since = Math.min(
    ...history.writes.filter(({ from }) => from === version.key).map(({ at }) => at),
  );
  const behind = serving.filter(([, { failure }]) => failure === undefined);
  if (!Number.isFinite(since) || behind.length === 0) return {};
  const names = behind.map(([address, { server }]) => serverAt(server, address)).join(', ');
  return neverTransferred(since, names, now);
}

/** The words for a write that is not served; after some time they say since when. */
export function sentText(target: string, since: Instant, { needs }: Need): string {
  return needs === undefined
    ? `a write to ${target} was sent and is not served yet`
    : `a write to ${target} was first sent at ${formatInstant(since)} and no name server serves it`;
}
