// Whether the DNSKEY records of a server are those of the zone: signed by a key that a DS record of
// the parent names (RFC 4035 §5.2).
import { digestOf, dnskeyOf, isKnownDigestType, type Dnskey, type Ds } from './dnskey.ts';
import { isSupportedAlgorithm } from './dnssec-algorithm.ts';
import { verifySet, type SetVerdict, type SignatureFault, type ValidSet } from './signature.ts';
import type { Instant } from '../base/clock.ts';
import type { SignedSet } from './signed-set.ts';

export type KeySetVerdict =
  | {
      readonly status: 'valid';
      readonly detail: string;
      /** The whole set, by which signatures of the zone are judged. */
      readonly keys: readonly Dnskey[];
      /** Those that a DS record names. */
      readonly anchors: readonly Dnskey[];
      readonly set: ValidSet;
    }
  /**
   * No DS record has an algorithm and digest type known here: such a zone counts as unsigned (RFC
   * 4035 §5.2).
   */
  | { readonly status: 'no-usable-ds'; readonly detail: string }
  /** The DS records name other keys: a rollover failed, or these are not the zone's keys. */
  | { readonly status: 'no-key-of-ds'; readonly detail: string; readonly keys: readonly Dnskey[] }
  /** A DS record names a key, but that key has not (correctly) signed the set. */
  | {
      readonly status: 'unsigned' | SignatureFault;
      readonly detail: string;
      readonly keys: readonly Dnskey[];
      readonly anchors: readonly Dnskey[];
      readonly set: SetVerdict;
    };

/**
 * Judges the DNSKEY set at the apex by the DS set of the parent; the caller checks the signatures
 * of that set.
 */
export function authenticateKeys(set: SignedSet, ds: readonly Ds[], now: Instant): KeySetVerdict {
  const zone = set.owner;
  const keys = set.rdata.map(dnskeyOf);
  const usable = usableDs(ds);
  if (usable.length === 0) {
    const detail = `none of the ${ds.length} DS records of ${zone} is of an algorithm and a digest type known here`;
    return { status: 'no-usable-ds', detail };
  }
  const anchors = anchorsOf(set, keys, usable);
  if (anchors.length === 0) {
    const detail = `the DS records of ${zone} name no key of its DNSKEY records (key ${tagsOf(usable)})`;
    return { status: 'no-key-of-ds', detail, keys };
  }
  const verdict = verifySet(set, { zone, keys: anchors }, now);
  if (verdict.status === 'valid') {
    return { status: 'valid', detail: verdict.detail, keys, anchors, set: verdict };
  }
  const byAnother = verdict.status === 'no-such-key';
  const detail = byAnother
    ? `the DNSKEY records of ${zone} are not signed by the key that its DS records name ` +
      `(key ${tagsOf(anchors)})`
    : verdict.detail;
  return { status: verdict.status, detail, keys, anchors, set: verdict };
}

const tagsOf = (items: readonly { readonly keyTag: number }[]): string =>
  [...new Set(items.map(({ keyTag }) => keyTag))].sort((a, b) => a - b).join(', ');

/** SHA-1 counts only without a better digest (RFC 4509 §3). */
function usableDs(ds: readonly Ds[]): readonly Ds[] {
  const known = ds.filter(
    ({ algorithm, digestType }) => isSupportedAlgorithm(algorithm) && isKnownDigestType(digestType),
  );
  const better = known.filter(({ digestType }) => digestType !== 1);
  return better.length > 0 ? better : known;
}

/** Each key is hashed once for each digest type, however many DS records name its tag. */
function anchorsOf(
  { owner }: SignedSet,
  keys: readonly Dnskey[],
  ds: readonly Ds[],
): readonly Dnskey[] {
  const text = (key: { keyTag: number; algorithm: number }, type: number, digest = ''): string =>
    `${key.keyTag} ${key.algorithm} ${type} ${digest}`;
  const vouched = new Set(ds.map((it) => text(it, it.digestType, it.digest)));
  const named = new Set(ds.map((it) => text(it, it.digestType)));
  const types = [...new Set(ds.map(({ digestType }) => digestType))];
  return keys.filter(
    (key) =>
      key.isZoneKey &&
      !key.isRevoked &&
      types.some(
        (type) =>
          named.has(text(key, type)) && vouched.has(text(key, type, digestOf(owner, key, type))),
      ),
  );
}
