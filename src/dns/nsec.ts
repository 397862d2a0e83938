// Denials by NSEC: each record names the next name of the zone, so nothing exists between the two
// (RFC 4034 §4, RFC 4035 §5.4).
import { fromHex } from '../base/bytes.ts';
import { commonAncestor, compareNames, nextCloser } from './canonical-order.ts';
import {
  contradiction,
  incomplete,
  isCut,
  judgeExistence,
  judgeTypes,
  type Denied,
  type Expanded,
  type Finding,
  type ProofFacts,
} from './denial-finding.ts';
import { readName } from './name-wire.ts';
import { isWithin, type Fqdn } from './name.ts';
import { wildcardBelow } from './signed-set.ts';
import { typesOf } from './type-bitmap.ts';
import type { RdataHex } from './rrset.ts';

export interface Nsec {
  readonly owner: Fqdn;
  readonly next: Fqdn;
  readonly types: ReadonlySet<number>;
}

/** @throws AppError DNS_MALFORMED */
export function nsecOf(owner: Fqdn, rdata: RdataHex): Nsec {
  const bytes = fromHex(rdata);
  const { name: next, end } = readName(bytes, 0);
  return { owner, next, types: typesOf(bytes.subarray(end)) };
}

/** What the records say of a denied name. */
export function judgeNsec(records: readonly Nsec[], denied: Denied): Finding {
  const { name, claim } = denied;
  const same = records.find(({ owner }) => owner === name);
  if (same !== undefined) {
    const facts: ProofFacts = { by: 'NSEC', matching: name, types: [...same.types] };
    return claim === 'nxdomain'
      ? judgeExistence(name, same.types, facts)
      : judgeTypes(name, same.types, denied, facts);
  }
  const gap = gapAround(records, name);
  if (gap === undefined) return incomplete(`is for ${name} or reaches over it`, { by: 'NSEC' });
  if (isWithin(name, gap.owner) && isCut(gap.types)) return beyondCut(gap.owner, name);
  if (isWithin(gap.next, name)) return emptyNonTerminal(denied, gap.next);
  const closestEncloser = encloserIn(gap, name);
  const wildcard = wildcardBelow(closestEncloser);
  const facts: ProofFacts = {
    by: 'NSEC',
    closestEncloser,
    covered: nextCloser(name, closestEncloser),
    wildcard,
  };
  return judgeWildcard(records, denied, wildcard, facts);
}

function judgeWildcard(
  records: readonly Nsec[],
  denied: Denied,
  wildcard: Fqdn,
  facts: ProofFacts,
): Finding {
  const { name, claim } = denied;
  const same = records.find(({ owner }) => owner === wildcard);
  const gap = same === undefined ? gapAround(records, wildcard) : undefined;
  const isEmptyNonTerminal = gap !== undefined && isWithin(gap.next, wildcard);
  if (same === undefined && gap === undefined) {
    return incomplete(`is for ${wildcard} or reaches over it`, facts);
  }
  if (same !== undefined || isEmptyNonTerminal) {
    const types = same?.types ?? new Set();
    if (claim === 'nodata') return judgeTypes(wildcard, types, denied, facts);
    const detail =
      `the server says that ${name} does not exist, but its own proof says that ` +
      `${wildcard} does`;
    return { status: 'wildcard-exists', detail, facts: { ...facts, types: [...types] } };
  }
  if (claim === 'nxdomain') return { status: 'nxdomain', detail: `${name} does not exist`, facts };
  const detail = `the server says that ${name} exists, but its own proof says that it does not`;
  return { status: 'no-such-name', detail, facts };
}

/** The proof that a wildcard's answer needs: no closer name exists (RFC 4035 §5.3.4). */
export function judgeNsecExpansion(
  records: readonly Nsec[],
  { name, wildcard }: Expanded,
): Finding {
  if (records.some(({ owner }) => owner === name)) {
    return contradiction(name, 'that it does', { by: 'NSEC', matching: name, wildcard });
  }
  const gap = gapAround(records, name);
  if (gap === undefined) return incomplete(`reaches over ${name}`, { by: 'NSEC', wildcard });
  if (isWithin(name, gap.owner) && isCut(gap.types)) return beyondCut(gap.owner, name);
  const closestEncloser = encloserIn(gap, name);
  const facts: ProofFacts = { by: 'NSEC', closestEncloser, wildcard };
  if (isWithin(gap.next, name) || wildcardBelow(closestEncloser) !== wildcard) {
    const nearer = isWithin(gap.next, name) ? name : closestEncloser;
    return contradiction(name, `that ${nearer} exists, so that ${wildcard} cannot answer`, facts);
  }
  const covered = nextCloser(name, closestEncloser);
  const detail = `nothing exists between ${name} and ${wildcard}`;
  return { status: 'expansion', detail, facts: { ...facts, covered } };
}

/**
 * The record whose two names enclose this one; the last of a zone points back to the apex (RFC 4034
 * §4.1.1).
 */
function gapAround(records: readonly Nsec[], name: Fqdn): Nsec | undefined {
  return records.find(({ owner, next }) => {
    if (compareNames(owner, name) >= 0) return false;
    return compareNames(name, next) < 0 || compareNames(next, owner) <= 0;
  });
}

/**
 * Both ends of the gap exist, so the longest name that this one shares with either of them exists,
 * too.
 */
function encloserIn({ owner, next }: Nsec, name: Fqdn): Fqdn {
  const [a, b] = [commonAncestor(name, owner), commonAncestor(name, next)];
  return isWithin(a, b) ? a : b;
}

function emptyNonTerminal({ name, type, claim }: Denied, below: Fqdn): Finding {
  const facts: ProofFacts = { by: 'NSEC', matching: name, emptyNonTerminal: true, types: [] };
  if (claim === 'nxdomain') return contradiction(name, `that ${below} exists below it`, facts);
  const detail =
    `${name} has no ${type} records, and no others: it exists only because of names ` + 'below it';
  return { status: 'nodata', detail, facts };
}

function beyondCut(owner: Fqdn, name: Fqdn): Finding {
  const detail = `the record for ${owner} is at a delegation or a DNAME: it says nothing about ${name}`;
  return { status: 'beyond-cut', detail, facts: { by: 'NSEC' } };
}
