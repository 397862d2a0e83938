// Denials by NSEC3: as by NSEC, with hashes in place of names (RFC 5155 §8).
import { nextCloser } from './canonical-order.ts';
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
import { isWithin, parentOf, type Fqdn } from './name.ts';
import { hashedName, OPT_OUT, SHA1, type Nsec3 } from './nsec3.ts';
import { wildcardBelow } from './signed-set.ts';

/**
 * BIND treats zones above 50 as unsigned, others allow a little more; each iteration costs work
 * (RFC 9276 §3.2, CVE-2023-50868).
 */
export const MAX_ITERATIONS = 50;

/** What the records say of a denied name of `zone`. */
export function judgeNsec3(records: readonly Nsec3[], denied: Denied, zone: Fqdn): Finding {
  const chain = chainOf(records);
  return chain instanceof Chain ? judge(chain, denied, zone) : chain;
}

function judge(chain: Chain, denied: Denied, zone: Fqdn): Finding {
  const { name, type, claim } = denied;
  const same = chain.at(name);
  if (same !== undefined) {
    const types = [...same.types];
    const emptyNonTerminal = types.length === 0;
    const facts: ProofFacts = { ...chain.facts, matching: name, types, emptyNonTerminal };
    return claim === 'nxdomain'
      ? judgeExistence(name, same.types, facts)
      : judgeTypes(name, same.types, denied, facts);
  }
  const found = closestEncloser(chain, name, zone);
  if ('status' in found) return found;
  const { facts, wildcard, optOut } = found;
  const star = chain.at(wildcard);
  if (star !== undefined) {
    if (claim === 'nodata') {
      const finding = judgeTypes(wildcard, star.types, denied, facts);
      return finding.status === 'nodata' && optOut ? leftOpen(name, zone, finding.facts) : finding;
    }
    const detail =
      `the server says that ${name} does not exist, but its own proof says that ` +
      `${wildcard} does`;
    return { status: 'wildcard-exists', detail, facts: { ...facts, types: [...star.types] } };
  }
  const hasNoWildcard = chain.over(wildcard) !== undefined;
  // The denial of a DS needs no proof about wildcards: RFC 5155 §8.6.
  if (!hasNoWildcard && !(optOut && claim === 'nodata')) {
    return incomplete(`is for ${wildcard} or reaches over it`, facts);
  }
  if (optOut) return leftOpen(name, zone, facts);
  if (claim === 'nxdomain') return { status: 'nxdomain', detail: `${name} does not exist`, facts };
  const detail =
    `the server denies ${type} records of ${name} only, but its own proof says that the ` +
    'name does not exist';
  return { status: 'no-such-name', detail, facts };
}

function leftOpen(name: Fqdn, zone: Fqdn, facts: ProofFacts): Finding {
  const detail = `nothing signed is at ${name}, and ${zone} leaves delegations without DS unsigned (opt-out)`;
  return { status: 'opt-out', detail, facts };
}

/**
 * The proof that a wildcard's answer needs: the next closer name does not exist (RFC 5155 §8.8).
 */
export function judgeNsec3Expansion(
  records: readonly Nsec3[],
  { name, wildcard }: Expanded,
): Finding {
  const chain = chainOf(records);
  if (!(chain instanceof Chain)) return chain;
  const encloser = parentOf(wildcard) ?? wildcard;
  const covered = nextCloser(name, encloser);
  const facts: ProofFacts = { ...chain.facts, closestEncloser: encloser, wildcard };
  if (chain.at(covered) !== undefined) {
    return contradiction(name, `that ${covered} exists, so that ${wildcard} cannot answer`, facts);
  }
  const gap = chain.over(covered);
  if (gap === undefined) return incomplete(`reaches over ${covered}`, facts);
  const optOut = (gap.flags & OPT_OUT) !== 0;
  const all: ProofFacts = { ...facts, covered, optOut };
  if (!optOut) {
    const detail = `nothing exists between ${name} and ${wildcard}`;
    return { status: 'expansion', detail, facts: all };
  }
  const detail =
    `nothing signed exists between ${name} and ${wildcard}, but an unsigned delegation ` +
    'may (opt-out)';
  return { status: 'opt-out', detail, facts: all };
}

interface Encloser {
  readonly facts: ProofFacts;
  readonly wildcard: Fqdn;
  readonly optOut: boolean;
}

/** RFC 5155 §8.3: from the name upwards, the first that exists; the name below it must not. */
function closestEncloser(chain: Chain, name: Fqdn, zone: Fqdn): Encloser | Finding {
  let encloser = parentOf(name);
  while (encloser !== undefined && isWithin(encloser, zone)) {
    const found = chain.at(encloser);
    if (found === undefined) {
      encloser = parentOf(encloser);
      continue;
    }
    const wildcard = wildcardBelow(encloser);
    const facts: ProofFacts = { ...chain.facts, closestEncloser: encloser, wildcard };
    if (isCut(found.types)) {
      const detail =
        `the record for ${encloser} is at a delegation or a DNAME: it says nothing about ` +
        `${name}`;
      return { status: 'beyond-cut', detail, facts };
    }
    const covered = nextCloser(name, encloser);
    const gap = chain.over(covered);
    if (gap === undefined) return incomplete(`reaches over ${covered}`, facts);
    const optOut = (gap.flags & OPT_OUT) !== 0;
    return { facts: { ...facts, covered, optOut }, wildcard, optOut };
  }
  return incomplete(`is for ${name} or for a name above it`, chain.facts);
}

/** The records that can be used, all of one chain (RFC 5155 §8.1, §8.2). */
function chainOf(records: readonly Nsec3[]): Chain | Finding {
  const usable = records.filter(
    ({ algorithm, flags }) => algorithm === SHA1 && (flags & ~OPT_OUT) === 0,
  );
  const [first] = usable;
  if (first === undefined) {
    const detail = 'no NSEC3 record of the proof has a known hash and known flags';
    return { status: 'unknown-hash', detail, facts: { by: 'NSEC3' } };
  }
  const { iterations, salt } = first;
  const facts: ProofFacts = { by: 'NSEC3', iterations, salt };
  if (usable.some((it) => it.iterations !== iterations || it.salt !== salt)) {
    const detail = 'the NSEC3 records of the proof differ in iterations or salt';
    return { status: 'mixed-parameters', detail, facts };
  }
  if (iterations > MAX_ITERATIONS) {
    const detail =
      `the NSEC3 records ask for ${iterations} iterations: above ${MAX_ITERATIONS}, ` +
      'validators treat the zone as unsigned';
    return { status: 'too-many-iterations', detail, facts };
  }
  return new Chain(usable, facts, iterations, salt);
}

class Chain {
  readonly facts: ProofFacts;
  readonly #hash: (name: Fqdn) => string;
  readonly #records: readonly Nsec3[];

  constructor(records: readonly Nsec3[], facts: ProofFacts, iterations: number, salt: string) {
    this.#records = records;
    this.facts = facts;
    this.#hash = (name) => hashedName(name, iterations, salt);
  }

  /** The record of a name that exists. */
  at(name: Fqdn): Nsec3 | undefined {
    const hash = this.#hash(name);
    return this.#records.find((it) => it.hash === hash);
  }

  /**
   * The record whose two hashes enclose that of the name; the last one points back to the first
   * (RFC 5155 §3.1.7).
   */
  over(name: Fqdn): Nsec3 | undefined {
    const hash = this.#hash(name);
    return this.#records.find(({ hash: from, next }) =>
      from < next ? from < hash && hash < next : hash > from || hash < next,
    );
  }
}
