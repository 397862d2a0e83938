// The certificates from which a public CA may issue, as its operator has published them: what a
// check compares records with before the next renewal.
import { createHash } from 'node:crypto';
import { fromHex } from '../../base/bytes.ts';
import type { Instant } from '../../base/clock.ts';
import { associationData } from '../../dane/association.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { algorithmOf } from '../../x509/certificate.ts';

/** A certificate of a CA, without its DER. */
export interface KnownCertificate {
  readonly name: string;
  /** Association data of digests, by selector and matching type (RFC 6698 §2.1.4), in hex. */
  readonly digests: Readonly<Record<'0 1' | '0 2' | '1 1' | '1 2', string>>;
}

export interface Intermediate extends KnownCertificate {
  readonly notAfter: Instant;
  /** It does not sign yet, and may do so at any time. */
  readonly backup?: true;
  /**
   * SHA-256 of the keys of all CA certificates that the CA sent with it last, as far as this
   * installation has seen it, and the day.
   */
  readonly sent?: { readonly on: string; readonly keys: readonly string[] };
}

/** A root that another root has certified, too. */
export interface CrossSign extends KnownCertificate {
  /** When the CA leaves it out of its chains; absent: no date is announced. */
  readonly leaves?: Instant;
}

/** For one kind of key. */
export interface IssuingSet {
  readonly ca: string;
  /** The day of the source: `2026-08-21`. */
  readonly knownOn: string;
  /** Absent: it is for the intermediates that are named, whatever they sign. */
  readonly algorithm?: KeyAlgorithm;
  /**
   * It is known from certificates of this installation alone: which of `above` another root has
   * certified is not known.
   */
  readonly seenHere?: true;
  /** Each of them may sign the next certificate. */
  readonly issuing: readonly Intermediate[];
  /** SHA-256 of the keys of intermediates that signed before them and do not sign any more. */
  readonly former: readonly string[];
  /** What the CA sends above the intermediates by default. */
  readonly above: readonly CrossSign[];
}

/** Who may sign the next certificate of a chain. */
export interface NextIssuers {
  readonly set: IssuingSet;
  readonly issuers: readonly Intermediate[];
  /** CA certificates that come with them, though they are not in the present chain. */
  readonly above: readonly CrossSign[];
}

/**
 * The set is found by the key that signed the leaf. The root is not enough: a CA that issues from
 * an intermediate that is not listed has changed since the list was made.
 */
export function nextIssuers(
  { certificates }: Chain,
  sets: readonly IssuingSet[],
  at: Instant,
): NextIssuers | undefined {
  const keys = signersOf({ certificates }).map(keyDigest);
  const [leaf] = certificates;
  const isFor = ({ algorithm }: IssuingSet): boolean =>
    algorithm === undefined || (leaf !== undefined && algorithm === algorithmOf(fromHex(leaf.der)));
  for (const set of sets.filter(isFor)) {
    const signsStill = set.issuing.some(({ digests }) => keys.includes(digests['1 1']));
    if (!signsStill && !set.former.some((digest) => keys.includes(digest))) continue;
    const issuers = set.issuing.filter(({ notAfter }) => notAfter > at);
    const above = signsStill ? [] : set.above.filter(({ leaves = Infinity }) => leaves > at);
    return issuers.length === 0 ? undefined : { set, issuers, above };
  }
  return undefined;
}

/** The CA certificates of a chain that signed its leaf. */
export function signersOf({
  certificates,
}: Pick<Chain, 'certificates'>): readonly ChainCertificate[] {
  return (certificates[0]?.signedBy ?? []).flatMap((position) => certificates[position] ?? []);
}

/** SHA-256 of the public key; undefined if it could not be found. */
export function keyDigest(certificate: ChainCertificate | undefined): string | undefined {
  return certificate && associationData(certificate, 1, 1);
}

/** Whether the record is of this certificate or its key, whatever its usage. */
export function isRecordOf(
  { selector, matchingType, data }: TlsaRecord,
  { digests }: KnownCertificate,
): boolean {
  const of = new Map<string, string>(Object.entries(digests));
  if (matchingType !== 0) return of.get(`${selector} ${matchingType}`) === data;
  return of.get(`${selector} 1`) === createHash('sha256').update(data, 'hex').digest('hex');
}
