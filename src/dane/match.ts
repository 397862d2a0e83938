// The verdict of a DANE client (RFC 6698 §2.1.1, RFC 7671 §5, RFC 7672 §3): which record matches
// which certificate at which depth, and why each other does not. All code that asks "would this
// chain be accepted" uses it: the laws, `check`, `tlsa verify`, lint.
//
// DANE-EE(3) checks the leaf alone: no names, no dates, no signatures (RFC 7671 §5.1). DANE-TA(2)
// checks above the leaf: the trust anchor must be in the chain as it was sent, or complete in the
// record; every signature, date and CA constraint up to it must be valid and the leaf must contain
// a name of the service (RFC 6698 §2.1.1, RFC 7671 §5.2). A leaf is never its own trust anchor:
// RFC 6698 §2.1.1 has the anchor *validate* the end entity, and OpenSSL (hence Postfix) matches
// DANE-TA from depth 1 up. holger publishes for clients like that.
import type { Instant } from '../base/clock.ts';
import { associationData } from './association.ts';
import type { Chain, ChainCertificate } from './chain.ts';
import { coveredName } from './names.ts';
import { notIssuerBecause, pathsFromLeaf } from './path.ts';
import type { Paths, Window } from './path.ts';
import { combinationOf } from './tlsa.ts';
import type { Combination, TlsaRecord } from './tlsa.ts';
import { passedOver, unusableBecause } from './usable.ts';

/** The trust anchor in a record with full data (2 0 0, 2 1 0), made by x509/anchor.ts. */
export interface RecordAnchor {
  /** A bare key has no dates and no constraints. */
  readonly certificate?: Pick<
    ChainCertificate,
    'canSign' | 'pathLength' | 'serverAuth' | 'notBefore' | 'notAfter'
  >;
  /**
   * Whether its key, and for a certificate its name, signed the certificate with this DER (hex).
   */
  signed(der: string): boolean;
}

export interface MatchContext {
  /**
   * Names of the service, one of which the leaf must contain for usages 0 to 2: A-labels, lower
   * case, no trailing dot.
   */
  readonly names: readonly string[];
  /** Opportunistic DANE for mail: usages 0 and 1 are unusable (RFC 7672 §3.1.3). */
  readonly smtpLike: boolean;
  /** Dates must be valid from `at` to `validUntil` (default: `at`). */
  readonly at: Instant;
  readonly validUntil?: Instant;
  /**
   * The validated PKIX path, leaf first, with certificates that were not sent; undefined: the chain
   * does not validate.
   */
  readonly pkix?: (chain: Chain, window: Window) => readonly ChainCertificate[] | undefined;
  /**
   * Trust anchors in records; undefined for malformed data, which makes the record unusable.
   * Without this function the anchor must be in the chain: clients must accept its absence only for
   * `2 0 0` (RFC 7671 §5.2.2), so the laws do not count on it.
   */
  readonly anchorOf?: (record: TlsaRecord) => RecordAnchor | undefined;
  /** Judge as a client with digest algorithm agility (RFC 7671 §9). */
  readonly agility?: boolean;
}

export interface RecordVerdict {
  readonly record: TlsaRecord;
  readonly usable: boolean;
  readonly matched: boolean;
  /** Steps above the leaf, when matched. */
  readonly depth?: number;
  /** Position in the chain, when matched by a certificate that was sent. */
  readonly certificate?: number;
  /** Why it is unusable or did not match; reads after "3 1 1 …:". */
  readonly why?: string;
}

export interface Verdict {
  /** A client continues: no usable records, or one that matches. */
  readonly accepted: boolean;
  readonly mode: 'no-records' | 'all-unusable' | 'matched' | 'mismatch';
  /** The first match, DANE-EE before others as clients do. */
  readonly matched?: RecordVerdict;
  /** One for each record, in the order given. */
  readonly records: readonly RecordVerdict[];
}

/**
 * Trust anchors that are complete in a record are tried on each certificate of a chain; an RRset
 * has room for hundreds.
 */
const MOST_ANCHORS = 4;

/**
 * One chain in one context; the path and the name are worked out once, and only when a record asks.
 */
class Judge {
  readonly #chain: Chain;
  readonly #context: MatchContext;
  readonly #window: Window;
  #paths: Paths | undefined;
  #name: { readonly covered: string | undefined } | undefined;
  #anchors = 0;
  #pkix: { readonly path: readonly ChainCertificate[] | undefined } | undefined;

  constructor(chain: Chain, context: MatchContext) {
    this.#chain = chain;
    this.#context = context;
    this.#window = { at: context.at, until: Math.max(context.at, context.validUntil ?? 0) };
  }

  judge(record: TlsaRecord): RecordVerdict {
    const unusable = this.unusable(record);
    if (unusable !== undefined) return { record, usable: false, matched: false, why: unusable };
    const result = this.#match(record);
    return typeof result === 'string'
      ? { record, usable: true, matched: false, why: result }
      : { record, usable: true, matched: true, ...result };
  }

  unusable(record: TlsaRecord): string | undefined {
    const { smtpLike, pkix, anchorOf } = this.#context;
    const reason = unusableBecause(record, { smtpLike, hasTrustStore: pkix !== undefined });
    if (reason !== undefined || record.matchingType !== 0 || anchorOf === undefined) return reason;
    return anchorOf(record) === undefined ? 'its full data cannot be parsed' : undefined;
  }

  #match(record: TlsaRecord): string | Matched {
    const leaf = this.#chain.certificates[0];
    if (leaf === undefined) return 'no certificate was sent';
    if (record.usage === 3) {
      return names(record, leaf) ? { depth: 0, certificate: 0 } : 'it names another leaf';
    }
    const found = record.usage === 2 ? this.#matchAnchor(record, leaf) : this.#matchPkix(record);
    if (typeof found === 'string') return found;
    this.#name ??= { covered: coveredName(leaf.names, this.#context.names) };
    if (this.#name.covered !== undefined) return found;
    const borne = leaf.names.length === 0 ? 'no name' : leaf.names.join(', ');
    return `the leaf is for ${borne}, not for ${this.#context.names.join(' or ')}`;
  }

  #matchAnchor(record: TlsaRecord, leaf: ChainCertificate): string | Matched {
    const { certificates } = this.#chain;
    this.#paths ??= pathsFromLeaf(this.#chain, this.#window);
    const { depths, refused } = this.#paths;
    const named = certificates.flatMap((candidate, at) => (names(record, candidate) ? [at] : []));
    const above = named.filter((position) => position > 0);
    for (const certificate of above) {
      const depth = depths.get(certificate);
      if (depth !== undefined) return { depth, certificate };
    }
    const first = above[0];
    if (first !== undefined) {
      const [at, reason] = [...refused][0] ?? [first, 'did not sign the certificates below it'];
      return `it names certificate ${first} of the chain, but certificate ${at} ${reason}`;
    }
    if (named.length > 0) return 'it names the leaf, which cannot be its own trust anchor';
    // Only an anchor that was not sent is taken from the record: a bare key must not bypass the
    // constraints of its certificate.
    const fromRecord = this.#matchRecordAnchor(record);
    if (fromRecord !== undefined) return fromRecord;
    return certificates.length === 1 && leaf.signedBy.length === 0
      ? 'its trust anchor is not in the chain: only the leaf was sent'
      : 'its trust anchor is not in the chain that was sent';
  }

  /**
   * A trust anchor that is complete in the record may be missing from the chain (RFC 7671 §5.2.2,
   * §5.2.3).
   */
  #matchRecordAnchor(record: TlsaRecord): string | Matched | undefined {
    const anchor = record.matchingType === 0 ? this.#context.anchorOf?.(record) : undefined;
    if (anchor === undefined) return undefined;
    this.#anchors += 1;
    if (this.#anchors > MOST_ANCHORS) {
      return `it is not among the first ${MOST_ANCHORS} records with full data, and no more are tried`;
    }
    const depths = [...(this.#paths?.depths ?? [])].sort(([, a], [, b]) => a - b);
    let why: string | undefined;
    for (const [position, below] of depths) {
      if (!anchor.signed(this.#chain.certificates[position]?.der ?? '')) continue;
      const { certificate } = anchor;
      const reason =
        certificate === undefined
          ? undefined
          : notIssuerBecause(certificate, below + 1, this.#window);
      if (reason === undefined) return { depth: below + 1 };
      why = `the certificate in the record ${reason}`;
    }
    return why ?? 'no certificate of the chain is signed by the one in the record';
  }

  /** PKIX-TA(0) names a CA on the validated path, PKIX-EE(1) the leaf (RFC 6698 §2.1.1). */
  #matchPkix(record: TlsaRecord): string | Matched {
    this.#pkix ??= { path: this.#context.pkix?.(this.#chain, this.#window) };
    const { path } = this.#pkix;
    if (path === undefined) return 'the chain leads to no trusted CA';
    const depth = path.findIndex(
      (candidate, at) => at > 0 === (record.usage === 0) && names(record, candidate),
    );
    if (depth < 0) {
      return record.usage === 0 ? 'it names no CA of the validated path' : 'it names another leaf';
    }
    const certificate = this.#chain.certificates.findIndex(
      (candidate) => candidate.der === path[depth]?.der,
    );
    return certificate < 0 ? { depth } : { depth, certificate };
  }
}

interface Matched {
  readonly depth: number;
  readonly certificate?: number;
}

function names(record: TlsaRecord, certificate: ChainCertificate): boolean {
  return associationData(certificate, record.selector, record.matchingType) === record.data;
}

/** The verdict on one record by itself. */
export function judgeRecord(
  record: TlsaRecord,
  chain: Chain,
  context: MatchContext,
): RecordVerdict {
  return new Judge(chain, context).judge(record);
}

/**
 * The verdict of one client on an RRset that it found securely. For an absent or insecure RRset the
 * caller passes no records.
 */
export function matchRRset(
  records: readonly TlsaRecord[],
  chain: Chain,
  context: MatchContext,
): Verdict {
  if (records.length === 0) return { accepted: true, mode: 'no-records', records: [] };
  const judge = new Judge(chain, context);
  let verdicts = records.map((record) => judge.judge(record));
  if (context.agility === true) {
    const skipped = passedOver(verdicts.filter(isUsable).map((verdict) => verdict.record));
    verdicts = verdicts.map((verdict) =>
      skipped.has(verdict.record) ? overlooked(verdict.record) : verdict,
    );
  }
  if (!verdicts.some(isUsable)) return { accepted: true, mode: 'all-unusable', records: verdicts };
  const matches = verdicts.filter((verdict) => verdict.matched);
  const matched = matches.find((verdict) => verdict.record.usage === 3) ?? matches[0];
  return matched === undefined
    ? { accepted: false, mode: 'mismatch', records: verdicts }
    : { accepted: true, mode: 'matched', matched, records: verdicts };
}

function isUsable(verdict: RecordVerdict): boolean {
  return verdict.usable;
}

function overlooked(record: TlsaRecord): RecordVerdict {
  const why = 'a stronger digest of the same usage and selector is published (RFC 7671 §9)';
  return { record, usable: true, matched: false, why };
}

export interface MatchedCombinations {
  /** Combinations among the usable records. */
  readonly present: ReadonlySet<Combination>;
  /** Those in which at least one record matches. */
  readonly matched: ReadonlySet<Combination>;
}

/**
 * What the laws are made of (RFC 7671 §8.4): a client may support only one of the combinations that
 * are present.
 */
export function matchedCombinations(
  records: readonly TlsaRecord[],
  chain: Chain,
  context: MatchContext,
): MatchedCombinations {
  const judge = new Judge(chain, context);
  const present = new Set<Combination>();
  const matched = new Set<Combination>();
  for (const record of records) {
    // For the others a zone may have any number of combinations.
    if (judge.unusable(record) !== undefined) continue;
    const combination = combinationOf(record);
    present.add(combination);
    if (!matched.has(combination) && judge.judge(record).matched) matched.add(combination);
  }
  return { present, matched };
}
