// An answer that goes through aliases, step by step: each CNAME, and the DNAME that it was made
// from, is checked against the keys of the zone that is asked.
import type { Instant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { judgeExpansion } from '../../dns/denial.ts';
import type { DenialVerdict } from '../../dns/denial.ts';
import { redirectionIn } from '../../dns/dname.ts';
import type { ZoneKeys } from '../../dns/dnskey.ts';
import { isWithin } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { rrsigOf, targetName } from '../../dns/rdata.ts';
import { typeName } from '../../dns/record-type.ts';
import type { SetVerdict } from '../../dns/signature.ts';
import { verifySet } from '../../dns/signature.ts';
import { signedSetIn } from '../../dns/signed-set.ts';
import type { SignedSet } from '../../dns/signed-set.ts';
import type { Message } from '../../dns/wire-reader.ts';

/** The limit of resolvers; they fail for a longer chain. */
const MOST_STEPS = 16;

export interface AliasStep {
  /** The record that was checked, CNAME or DNAME. */
  readonly set: SignedSet;
  readonly verdict: SetVerdict;
  /** Of a CNAME that was made from a wildcard (RFC 4035 §5.3.4). */
  readonly expansion?: DenialVerdict;
  /** The CNAME does not follow from its DNAME. */
  readonly unlike?: string;
}

export interface AliasPath {
  readonly steps: readonly AliasStep[];
  /** The name at which the aliases end; undefined if servers of another zone must answer for it. */
  readonly end: Fqdn | undefined;
}

/** `name`: in the zone of the keys. */
export function aliasPath(
  { answers, authorities }: Pick<Message, 'answers' | 'authorities'>,
  name: Fqdn,
  keys: ZoneKeys,
  now: Instant,
): AliasPath {
  const steps: AliasStep[] = [];
  let at = name;
  while (steps.length < MOST_STEPS) {
    const alias = signedSetIn(answers, at, 'CNAME');
    const dname = redirectionIn(answers, at);
    const isMade = dname !== undefined && (alias === undefined || alias.signatures.length === 0);
    const set = isMade ? dname.set : alias;
    if (set === undefined) return { steps, end: at };
    // A server that also serves the zone below continues into it; those records are signed with
    // other keys.
    if (steps.length > 0 && !isSignedBy(set, keys)) return { steps, end: undefined };
    const verdict = verifySet(set, keys, now);
    const wildcard = verdict.status === 'valid' ? verdict.wildcard : undefined;
    const expansion =
      wildcard === undefined
        ? undefined
        : judgeExpansion(authorities, { name: at, wildcard }, keys, now);
    const told = alias === undefined ? undefined : targetOf(alias);
    const unlike =
      isMade && alias !== undefined && told !== dname.target
        ? `${at} is an alias of ${told ?? 'several names'}, and the DNAME of ` +
          `${dname.set.owner} leads to ${dname.target ?? 'no name'}`
        : undefined;
    steps.push({
      ...{ set, verdict },
      ...defined({ expansion, unlike }),
    });
    const next = told ?? (isMade ? dname.target : undefined);
    if (next === undefined || !isWithin(next, keys.zone)) return { steps, end: undefined };
    at = next;
  }
  return { steps, end: undefined };
}

export const stepName = ({ set }: AliasStep): string => `${typeName(set.type)} of ${set.owner}`;

export function isSignedBy({ signatures }: SignedSet, { zone }: ZoneKeys): boolean {
  return signatures.some((rdata) => rrsigOf(rdata).signer === zone);
}

function targetOf({ rdata }: SignedSet): Fqdn | undefined {
  const [only, second] = rdata;
  return only === undefined || second !== undefined ? undefined : targetName(only);
}
