// Times: how long the certificate still holds, and how long caches keep the records in comparison.
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import { chainsOf } from '../judged.ts';

/** Clients without DANE go by dates; so much of its life is left when a renewal has failed for a while. */
const LAST_SHARE = 1 / 6;
/** Two TTLs have to pass before a new key; they should leave most of a certificate's life for failures. */
const TTL_SHARE = 1 / 6;

export function lifetimeFindings(service: JudgedService): readonly Finding[] {
  const { facts } = service;
  const { at, tlsa } = facts;
  const found: Finding[] = [];
  for (const { certificates } of chainsOf(service)) {
    const leaf = certificates[0];
    if (leaf === undefined || leaf.notAfter <= leaf.notBefore) continue;
    const who = service.verdicts.find(
      ({ look }) => look.status === 'presented' && look.chain.certificates[0]?.der === leaf.der,
    )?.address;
    const life = leaf.notAfter - leaf.notBefore;
    if (at > leaf.notAfter) {
      found.push(
        finding(
          'certificate-ends',
          who ?? facts.target.url,
          `its certificate is expired since ${formatInstant(leaf.notAfter)}`,
        ),
      );
    } else if (leaf.notAfter - at < life * LAST_SHARE) {
      found.push(
        finding(
          'certificate-ends',
          who ?? facts.target.url,
          `its certificate is valid until ${formatInstant(leaf.notAfter)}, ${formatDuration(leaf.notAfter - at)} from then on`,
        ),
      );
    }
    const limit = life * TTL_SHARE;
    if (tlsa.ttl !== undefined && tlsa.ttl > limit) {
      found.push(
        finding(
          'ttl-too-long',
          hostOf(tlsa.owner),
          `the TTL is ${formatDuration(tlsa.ttl)}, and the certificate lives ${formatDuration(life)}`,
        ),
      );
    }
  }
  return found;
}
