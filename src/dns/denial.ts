// Whether a server's denial, or its answer from a wildcard, is proven: its NSEC or NSEC3 records
// must be signed by the zone's keys and must say the same as the server.
import { AppError } from '../base/errors.ts';
import { isWithin, type Fqdn } from './name.ts';
import { judgeNsec, judgeNsecExpansion, nsecOf, type Nsec } from './nsec.ts';
import { judgeNsec3, judgeNsec3Expansion } from './nsec3-denial.ts';
import { nsec3Of, type Nsec3 } from './nsec3.ts';
import { META_TYPE, typeName, typeNumber } from './record-type.ts';
import { verifySet, type SetVerdict, type SignatureFault } from './signature.ts';
import { signedSetsIn, type SignedSet } from './signed-set.ts';
import type { Instant } from '../base/clock.ts';
import type { Denied, Expanded, Finding, FindingStatus, ProofFacts } from './denial-finding.ts';
import type { ZoneKeys } from './dnskey.ts';
import type { WireRecord } from './wire-reader.ts';

/** Those of a finding, and the errors before there is one. */
export type DenialStatus =
  | FindingStatus
  /** There is no NSEC and no NSEC3 record at all: nothing is proven. */
  | 'no-proof'
  /** A record of the proof (or the SOA) is not signed, or not correctly; `sets` says which. */
  | 'unsigned'
  | SignatureFault;

export interface JudgedSet {
  readonly owner: Fqdn;
  readonly type: number;
  readonly verdict: SetVerdict;
}

export interface DenialVerdict {
  readonly status: DenialStatus;
  readonly detail: string;
  readonly facts: ProofFacts;
  /** Until when every signature of the proof is valid; set if all of them are good. */
  readonly from?: Instant;
  readonly until?: Instant;
  /** SOA, NSEC and NSEC3 sets of the zone, as far as they were judged. */
  readonly sets: readonly JudgedSet[];
}

/** An honest proof takes an SOA and three NSEC3 records. */
const MAX_SETS = 8;

/**
 * Judges the authority section of a negative answer (RFC 4035 §5.4, RFC 5155 §8.4 to §8.7). The
 * name is the one at the end of the answer's CNAMEs.
 */
export function judgeDenial(
  authorities: readonly WireRecord[],
  denied: Denied,
  by: ZoneKeys,
  now: Instant,
): DenialVerdict {
  return judge(authorities, by, now, {
    name: denied.name,
    nsec: (records) => judgeNsec(records, denied),
    nsec3: (records) => judgeNsec3(records, denied, by.zone),
  });
}

/** Judges what must accompany an answer from a wildcard (RFC 4035 §5.3.4, RFC 5155 §8.8). */
export function judgeExpansion(
  authorities: readonly WireRecord[],
  expanded: Expanded,
  by: ZoneKeys,
  now: Instant,
): DenialVerdict {
  return judge(authorities, by, now, {
    name: expanded.name,
    nsec: (records) => judgeNsecExpansion(records, expanded),
    nsec3: (records) => judgeNsec3Expansion(records, expanded),
  });
}

interface Logic {
  readonly name: Fqdn;
  readonly nsec: (records: readonly Nsec[]) => Finding;
  readonly nsec3: (records: readonly Nsec3[]) => Finding;
}

function judge(
  authorities: readonly WireRecord[],
  by: ZoneKeys,
  now: Instant,
  logic: Logic,
): DenialVerdict {
  const { name } = logic;
  // The last NSEC record of a zone would seem to cover every name after it.
  if (!isWithin(name, by.zone)) {
    const detail = `${name} is not in ${by.zone}, whose records prove nothing about it`;
    return { status: 'no-proof', detail, facts: {}, sets: [] };
  }
  const types = [typeNumber('SOA'), META_TYPE.NSEC, META_TYPE.NSEC3];
  const all = signedSetsIn(authorities, types).filter(({ owner }) => isWithin(owner, by.zone));
  const proof = all.filter(({ type }) => type !== typeNumber('SOA'));
  if (proof.length === 0) {
    const detail = `the answer carries no NSEC or NSEC3 record of ${by.zone}, so it proves nothing`;
    return { status: 'no-proof', detail, facts: {}, sets: [] };
  }
  if (all.length > MAX_SETS) {
    const detail = `the answer carries ${all.length} NSEC, NSEC3 and SOA sets: more than any proof needs, so they were not judged`;
    return { status: 'too-much-work', detail, facts: {}, sets: [] };
  }
  const sets = all.map((set) => ({
    owner: set.owner,
    type: set.type,
    verdict: verifySet(set, by, now),
  }));
  return faultIn(sets) ?? found(proof, by.zone, logic, sets);
}

function faultIn(sets: readonly JudgedSet[]): DenialVerdict | undefined {
  for (const { owner, type, verdict } of sets) {
    const { status, detail } = verdict;
    if (status !== 'valid') return { status, detail, facts: {}, sets };
    if (verdict.wildcard !== undefined) {
      const made =
        `the ${typeName(type)} record at ${owner} is made from a wildcard, which is not ` +
        'possible for a proof';
      return { status: 'malformed', detail: made, facts: {}, sets };
    }
  }
  return undefined;
}

function found(
  proof: readonly SignedSet[],
  zone: Fqdn,
  logic: Logic,
  sets: readonly JudgedSet[],
): DenialVerdict {
  const good = sets.flatMap(({ verdict }) => (verdict.status === 'valid' ? [verdict] : []));
  const from = Math.max(...good.map((verdict) => verdict.from));
  const until = Math.min(...good.map((verdict) => verdict.until));
  try {
    return { ...findingOf(proof, zone, logic), from, until, sets };
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'DNS_MALFORMED')) throw error;
    return { status: 'malformed', detail: error.message, facts: {}, from, until, sets };
  }
}

/**
 * A zone that changes from one kind to the other may send both for some time: one valid proof is
 * enough.
 */
function findingOf(proof: readonly SignedSet[], zone: Fqdn, logic: Logic): Finding {
  const ofType = (wanted: number): readonly SignedSet[] =>
    proof.filter(({ type }) => type === wanted);
  const nsec = ofType(META_TYPE.NSEC).flatMap(({ owner, rdata }) =>
    rdata.map((item) => nsecOf(owner, item)),
  );
  const nsec3 = ofType(META_TYPE.NSEC3).flatMap(({ owner, rdata }) =>
    rdata.map((item) => nsec3Of(owner, item, zone)),
  );
  if (nsec.length === 0) return logic.nsec3(nsec3);
  const byNsec = logic.nsec(nsec);
  return nsec3.length > 0 && byNsec.status === 'incomplete' ? logic.nsec3(nsec3) : byNsec;
}
