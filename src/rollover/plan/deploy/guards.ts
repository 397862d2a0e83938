// What no record set can excuse: a chain that is expired, not yet valid, or for other names is
// never deployed (rule 25).
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import type { Chain } from '../../../dane/chain.ts';
import { nameCovers } from '../../../dane/names.ts';
import type { Reason } from '../../reasons.ts';
import type { Situation } from '../../law/situation.ts';
import { revokedAt } from '../order/revoked.ts';

/**
 * A clock that was set back, or to another time zone: waiting helps. A larger difference needs a
 * person.
 */
const LONGEST_SKEW: Seconds = 86_400;
const ANEW = 'order a new certificate with holger run --force';

export function guards(chain: Chain, { intent, lineage, now }: Situation): Reason[] {
  const leaf = chain.certificates[0];
  if (leaf === undefined)
    return [{ rule: 'chain-is-not-empty', because: 'no certificate', hint: ANEW }];
  const reasons: Reason[] = [];
  if (now >= leaf.notAfter) {
    const because = `the staged certificate expired at ${formatInstant(leaf.notAfter)}`;
    reasons.push({ rule: 'not-expired', because, hint: ANEW });
  }
  const revoked = revokedAt(chain, lineage);
  if (revoked !== undefined) {
    const because = `the certificate was revoked at ${formatInstant(revoked)}`;
    reasons.push({ rule: 'not-revoked', because, hint: ANEW });
  }
  if (now < leaf.notBefore) {
    reasons.push(notValidYet(leaf.notBefore, now));
  }
  for (const service of intent.services) {
    const missing = service.names.find(
      (name) => !leaf.names.some((pattern) => nameCovers(pattern, name)),
    );
    if (missing === undefined) continue;
    const because = `the staged certificate lacks the name ${missing} of ${service.id}`;
    const hint =
      `add ${missing} to domains; to replace the generation that a rollback deployed ` +
      `again, ${ANEW}`;
    reasons.push({ rule: 'names-cover-services', because, hint });
  }
  return reasons;
}

function notValidYet(notBefore: Instant, now: Instant): Reason {
  const from = `the staged certificate is not valid before ${formatInstant(notBefore)}`;
  const reason = { rule: 'valid-already' } as const;
  if (notBefore - now <= LONGEST_SKEW) return { ...reason, because: from, until: notBefore };
  const because = `${from}, but the clock of this machine says ${formatInstant(now)}`;
  const hint = `set the clock of this machine (timedatectl); if the clock is right, the CA made a mistake: ${ANEW}`;
  return { ...reason, because, hint };
}
