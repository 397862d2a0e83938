// What NSEC or NSEC3 records say about a name that a server denies. The records are trusted here:
// denial.ts checks their signatures.
import { META_TYPE, typeName, typeNumber } from './record-type.ts';
import type { Fqdn } from './name.ts';
import type { RdataHex, RecordType } from './rrset.ts';

/**
 * What the server claims: the name does not exist (NXDOMAIN), or it has no records of this type
 * (NODATA).
 */
export interface Denied {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly claim: 'nxdomain' | 'nodata';
}

/** A positive answer that says it was made from a wildcard. */
export interface Expanded {
  readonly name: Fqdn;
  readonly wildcard: Fqdn;
}

export interface ProofFacts {
  readonly by?: 'NSEC' | 'NSEC3';
  /** Exists: the records contain the name itself, or show that something exists below it. */
  readonly matching?: Fqdn;
  /** The name itself has no records, only names below it. */
  readonly emptyNonTerminal?: boolean;
  /** The longest existing ancestor of the name. */
  readonly closestEncloser?: Fqdn;
  /** Shown not to exist, together with everything below it. */
  readonly covered?: Fqdn;
  /** The wildcard that would have answered: shown not to exist, or to have no such type. */
  readonly wildcard?: Fqdn;
  /** The types that exist at the name, or at the wildcard. */
  readonly types?: readonly number[];
  /** Of NSEC3. RFC 9276 §3.1: 0 iterations and no salt. */
  readonly iterations?: number;
  readonly salt?: RdataHex;
  readonly optOut?: boolean;
}

export type FindingStatus =
  /** Proven: the name does not exist, and no wildcard answers for it. */
  | 'nxdomain'
  /** Proven: the name (or the wildcard for it) exists without this type. */
  | 'nodata'
  /** Proven: nothing exists between the name and the wildcard that answered for it. */
  | 'expansion'
  /** Nothing signed exists there, and an unsigned delegation may: RFC 5155 §6, opt-out. */
  | 'opt-out'
  /** A record that the proof needs is missing. */
  | 'incomplete'
  /** Denied, and the proof itself shows that the name exists. */
  | 'name-exists'
  /** Denied, and the proof itself shows that the type exists. */
  | 'type-exists'
  /** Denied, and there is a CNAME that the server should have followed. */
  | 'alias-exists'
  /** The name is denied, and a wildcard exists that should have answered. */
  | 'wildcard-exists'
  /** NODATA was answered, and the proof is of NXDOMAIN. */
  | 'no-such-name'
  /**
   * The record is from the other side of a zone cut (or of a DNAME) and says nothing about the name
   * (RFC 6840 §4.1).
   */
  | 'beyond-cut'
  /** No NSEC3 record has a known hash and known flags (RFC 5155 §8.1, §8.2). */
  | 'unknown-hash'
  /** NSEC3 records of several chains in one answer (RFC 5155 §8.2). */
  | 'mixed-parameters'
  /** More iterations than validators compute: they treat the zone as unsigned (RFC 9276 §3.2). */
  | 'too-many-iterations';

export interface Finding {
  readonly status: FindingStatus;
  readonly detail: string;
  readonly facts: ProofFacts;
}

/**
 * Whether a record with these types is on the parent's side of a cut, or redirects what is below it
 * (RFC 6840 §4.1).
 */
export function isCut(types: ReadonlySet<number>): boolean {
  return isDelegation(types) || types.has(META_TYPE.DNAME);
}

const isDelegation = (types: ReadonlySet<number>): boolean =>
  types.has(typeNumber('NS')) && !types.has(typeNumber('SOA'));

/**
 * A record for the very name, or for the wildcard: does it deny the type (RFC 4035 §5.4, RFC 5155
 * §8.5 to §8.7)?
 */
export function judgeTypes(
  at: Fqdn,
  types: ReadonlySet<number>,
  { name, type }: Denied,
  facts: ProofFacts,
): Finding {
  const number = typeNumber(type);
  const all: ProofFacts = { ...facts, types: [...types] };
  if (isDelegation(types) && type !== 'DS') {
    const detail =
      `the record for ${at} is from the parent: it says nothing about ${type} records of ` +
      `the zone ${at}`;
    return { status: 'beyond-cut', detail, facts: all };
  }
  if (type === 'DS' && types.has(typeNumber('SOA')) && at !== '.') {
    const detail = `the record for ${at} is from the zone ${at} itself: DS records belong to the parent`;
    return { status: 'beyond-cut', detail, facts: all };
  }
  if (types.has(number)) {
    const detail =
      `the server denies ${name} ${type}, but its own proof says that ${at} has ` +
      `${typeName(number)} records`;
    return { status: 'type-exists', detail, facts: all };
  }
  if (types.has(typeNumber('CNAME'))) {
    const detail = `the server denies ${name} ${type}, but its own proof says that ${at} is a CNAME`;
    return { status: 'alias-exists', detail, facts: all };
  }
  return { status: 'nodata', detail: `${at} exists and has no ${type} records`, facts: all };
}

/** The record is for the very name that the server says does not exist. */
export function judgeExistence(name: Fqdn, types: ReadonlySet<number>, facts: ProofFacts): Finding {
  // Servers that sign on the fly may make a record for each name asked for, and mark those that do
  // not exist (RFC 9824 §2).
  if (!types.has(META_TYPE.NXNAME)) return contradiction(name, 'that it does', facts);
  return { status: 'nxdomain', detail: `${name} does not exist`, facts };
}

/** One more record is needed than the server has sent. */
export function incomplete(what: string, facts: ProofFacts): Finding {
  return { status: 'incomplete', detail: `the proof lacks a record that ${what}`, facts };
}

export function contradiction(name: Fqdn, why: string, facts: ProofFacts): Finding {
  const detail = `the server says that ${name} does not exist, but its own proof says ${why}`;
  return { status: 'name-exists', detail, facts };
}
