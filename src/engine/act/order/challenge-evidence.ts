// What the name servers show of the TXT records of DNS-01, and when the CA may check: every address
// serves them, and no cache has the data from before.
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Fqdn } from '../../../dns/name.ts';
import { txtRdata } from '../../../dns/rdata.ts';
import type { RdataHex } from '../../../dns/rrset.ts';
import type { DnsChallenge } from '../../../ports/issuer.ts';
import type { Sweep, SweepOptions } from '../../../ports/resolver.ts';
import type { Reason } from '../../../rollover/reasons.ts';
import type { ChallengeRecord, Intent } from '../../../rollover/model.ts';
import { neverAnswered, neverShown, neverTransferred } from '../../../rollover/law/overdue.ts';
import { LONGEST_PAUSE } from '../../../rollover/backoff.ts';
import { serverAt } from '../../../rollover/record/versions.ts';
import type { Job } from '../../job.ts';
import { readOrSetAside, rewrite } from '../../state/documents.ts';
import type { Memory } from '../../state/memory.ts';
import { forgottenOf, rememberSilence, silenceReasons } from './silent-servers.ts';
import { aliasesOf } from '../../world.ts';
import type { World } from '../../world.ts';

/** One TXT record of a challenge: one character-string (RFC 1035 §3.3.14). */
export interface Txt {
  /** As the CA asks for it, before CNAMEs. */
  readonly owner: Fqdn;
  readonly rdata: RdataHex;
  /** As in a record that is stored. */
  readonly stays?: string;
}

/** `directory`: of the issuer that asks for it. */
export function txtOf(
  { owner, value, stays }: DnsChallenge,
  { directory }: Pick<Intent, 'directory'>,
): Txt {
  const rdata = txtRdata(value);
  return { owner, rdata, ...(stays === true ? { stays: directory } : {}) };
}

export function recordOf(
  { owner, rdata }: Txt,
  { lineage }: Pick<Memory, 'lineage'>,
): ChallengeRecord | undefined {
  return lineage.challengeRecords.find(
    (record) => record.owner === owner && record.rdata === rdata,
  );
}

export function longestTtl(addresses: Sweep['addresses']): Seconds {
  return Math.max(
    0,
    ...addresses.map(({ answer }) => (answer.status === 'answered' ? answer.ttl : 0)),
  );
}

/**
 * Every address, except silent ones that the operator declared gone: these do not prevent the CA
 * from validating either. With serials an address is found out behind which several machines answer
 * in turn.
 */
export async function sweepTxt(
  { task, memory, world, call }: Job,
  { owner }: DnsChallenge,
  how: Pick<SweepOptions, 'serials'> = {},
): Promise<Sweep> {
  const { intent } = task;
  const sweep = await world.resolver.sweep(owner, 'TXT', call, { ...aliasesOf(intent), ...how });
  const without = (gone: readonly string[], { addresses }: Sweep): Sweep => ({
    ...sweep,
    addresses: addresses.filter(
      ({ address, answer }) => answer.status === 'answered' || !gone.includes(address),
    ),
  });
  const gone = Object.values(memory.owners).flatMap(({ forgotten = [] }) => forgotten);
  const known = without(gone, sweep);
  memory.noteLineage(rememberSilence(memory.lineage, known, world.clock.now()));
  return without(forgottenOf(memory.lineage), known);
}

export function servedBy(sweep: Sweep, rdata: RdataHex): boolean {
  return (
    sweep.addresses.length > 0 &&
    sweep.addresses.every(
      ({ server, answer }) =>
        (answer.status === 'answered' && answer.rdata.includes(rdata)) ||
        (answer.status === 'no-route' &&
          sweep.addresses.some(
            (other) =>
              other.server === server &&
              other.answer.status === 'answered' &&
              other.answer.rdata.includes(rdata),
          )),
    )
  );
}

export interface Published {
  readonly challenge: DnsChallenge;
  /** What the servers showed a moment ago; undefined: the record was written since then. */
  readonly shown?: Sweep;
}

/**
 * Which addresses do not serve a challenge's record yet, and what the CA may have cached; none when
 * the CA may be asked.
 */
export async function unseenChallenges(
  job: Job,
  challenges: readonly Published[],
): Promise<Reason[]> {
  const { memory, world } = job;
  const reasons: Reason[] = [];
  for (const { challenge, shown } of challenges) {
    const txt = txtOf(challenge, job.task.intent);
    const { rdata } = txt;
    const first = shown ?? (await sweepTxt(job, challenge, { serials: false }));
    // A CA may meet another one of the machines that answer in turn: they are looked for once, when
    // all seems to be there.
    const sweep = servedBy(first, rdata) ? await sweepTxt(job, challenge) : first;
    const until = await earlierValuesEnd(sweep.owner, world);
    if (until !== undefined) {
      reasons.push({
        rule: 'challenge-is-served',
        because: `the CA may still hold the TXT records of an earlier order at ${sweep.owner}`,
        until,
      });
    }
    if (servedBy(sweep, rdata)) {
      reasons.push(...cachedWithout(txt, memory, world.clock.now()));
      continue;
    }
    const missing = sweep.addresses
      .filter(({ answer }) => answer.status !== 'answered' || !answer.rdata.includes(rdata))
      .map(({ server, address, answer }) =>
        answer.status === 'answered'
          ? serverAt(server, address)
          : `${serverAt(server, address)} (${answer.status})`,
      );
    const record = recordOf(txt, memory);
    reasons.push({
      rule: 'challenge-is-served',
      because: `the TXT record at ${sweep.owner} is not served yet by ${missing.join(', ')}`,
      ...(record === undefined ? {} : overdue(record, sweep, world.clock.now())),
    });
  }
  return [...reasons, ...silenceReasons(memory.lineage, world.clock.now())];
}

/** A record that takes the place of another one that stays: caches may have the one of before. */
function cachedWithout(txt: Txt, { lineage }: Memory, now: Instant): readonly Reason[] {
  const record = txt.stays === undefined ? undefined : recordOf(txt, { lineage });
  const follows = lineage.challengeRecords.some(
    ({ owner, rdata }) => owner === txt.owner && rdata !== txt.rdata,
  );
  if (record === undefined || !follows) return [];
  const { at, sentAt = at, ttlBefore = 0 } = record;
  const until = Math.min(sentAt, now) + Math.min(ttlBefore, LONGEST_PAUSE);
  if (until <= now) return [];
  const because = `caches may still hold the TXT records at ${txt.owner} without the new one`;
  return [{ rule: 'challenge-is-served', because, until }];
}

/**
 * Silent servers have a reason of their own; an address that this machine cannot send to is not
 * counted.
 */
const NO_FAILURE: readonly string[] = ['answered', 'timeout', 'unreachable', 'no-route'];

function overdue(
  { at, sentAt = at, rdata }: ChallengeRecord,
  { addresses }: Sweep,
  now: Instant,
): Pick<Reason, 'hint' | 'needs'> {
  const failing = addresses.find(({ answer }) => !NO_FAILURE.includes(answer.status));
  if (failing !== undefined && neverAnswered(at, now).needs !== undefined) {
    const { server, address, answer } = failing;
    const hint = `check the name server ${serverAt(server, address)}: it answers with a failure (${answer.status})`;
    return { hint, needs: 'person' };
  }
  const answering = addresses.flatMap(({ server, address, answer }) =>
    answer.status === 'answered' ? [{ at: serverAt(server, address), shown: answer.rdata }] : [],
  );
  const behind = answering.filter(({ shown }) => !shown.includes(rdata));
  if (behind.length === 0) return {};
  if (behind.length === answering.length) return neverShown(at, sentAt, now);
  return neverTransferred(at, behind.map((one) => one.at).join(', '), now);
}

export const CHALLENGE = 'challenge/';

interface Asked {
  readonly schema: 1;
  readonly withdrawnAt: Instant;
  readonly ttl: Seconds;
}

/**
 * Of any certificate: RSA beside ECDSA, for example, means two orders for one name within seconds.
 */
const askedKey = (owner: Fqdn): string => `${CHALLENGE}${owner}`;

/**
 * Until when a cache may have withdrawn values, if it may. A withdrawal in the future means that
 * the clock was set back.
 */
async function earlierValuesEnd(owner: Fqdn, world: World): Promise<Instant | undefined> {
  const asked = (await readOrSetAside<Asked>(askedKey(owner), world))?.value;
  const now = world.clock.now();
  if (asked === undefined || asked.withdrawnAt > now) return undefined;
  const until = asked.withdrawnAt + Math.min(asked.ttl, LONGEST_PAUSE);
  return until > now ? until : undefined;
}

/** The CA has checked before its record is withdrawn, and not after. */
export async function rememberWithdrawal({ owner, addresses }: Sweep, world: World): Promise<void> {
  const asked: Asked = { schema: 1, withdrawnAt: world.clock.now(), ttl: longestTtl(addresses) };
  await rewrite<Asked>(askedKey(owner), world, () => asked);
}
