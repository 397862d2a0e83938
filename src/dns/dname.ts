// DNAME: one record for every name below its owner. The CNAME that a server makes from it is not
// signed; the DNAME is (RFC 6672 §5.3.1).
import { META_TYPE } from './record-type.ts';
import { isWithin, type Fqdn } from './name.ts';
import { targetName } from './rdata.ts';
import { signedSetsIn, type SignedSet } from './signed-set.ts';
import type { WireRecord } from './wire-reader.ts';

/**
 * Octets of a name on the wire (RFC 1035 §2.3.4): those of the text, and the length of the first
 * label.
 */
const LONGEST = 255;

export interface Redirection {
  readonly set: SignedSet;
  /**
   * The new name; undefined if there is none: two records, or a name that is too long (YXDOMAIN,
   * RFC 6672 §2.2).
   */
  readonly target: Fqdn | undefined;
}

/**
 * The DNAME that redirects a name; its owner is above the name, never the name itself (RFC 6672
 * §2.3).
 */
export function redirectionIn(records: readonly WireRecord[], name: Fqdn): Redirection | undefined {
  const [set] = signedSetsIn(records, [META_TYPE.DNAME])
    .filter(({ owner }) => owner !== name && isWithin(name, owner))
    .sort((a, b) => b.owner.length - a.owner.length);
  return set === undefined ? undefined : { set, target: substituted(name, set) };
}

/** RFC 6672 §2.2: the owner's part of the name is replaced by the target. */
function substituted(name: Fqdn, { owner, rdata }: SignedSet): Fqdn | undefined {
  const [only, second] = rdata;
  if (only === undefined || second !== undefined) return undefined;
  const target = targetName(only);
  const kept = owner === '.' ? name : name.slice(0, name.length - owner.length);
  const made = target === '.' ? kept : `${kept}${target}`;
  return octetsOf(made) > LONGEST ? undefined : (made as Fqdn);
}

/** An escaped octet is written with four characters, or with two. */
const octetsOf = (name: string): number => name.replace(/\\(?:\d{3}|.)/g, '?').length + 1;
