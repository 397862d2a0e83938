// A staged certificate that the CA asks to replace (RFC 9773): it may be revoked before or soon
// after its deployment, so the next one is deployed instead of it.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant, Seconds } from '../../../base/clock.ts';
import { step } from '../../decision.ts';
import type { Plan } from '../../decision.ts';
import type { Situation } from '../../law/situation.ts';
import type { Generation } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { revokedAt } from './revoked.ts';

/** The least time for the next order and its deployment before the live certificate expires. */
const LEAST_TIME: Seconds = 6 * 3600;

/**
 * Why the staged certificate is not deployed; undefined: it is, because the CA does not ask for
 * another, or because the services cannot wait for one. `floor`: the time before which none is
 * ordered (rule 28); undefined: it can be ordered now.
 */
export function recalled(
  { number, recalledAt, rollbackOf }: Generation,
  live: Generation | undefined,
  floor: Instant | undefined,
  { lineage, now }: Situation,
): Reason | undefined {
  if (recalledAt === undefined || live === undefined) return undefined;
  const orderedAt = floor ?? now;
  const end = live.chain?.certificates[0]?.notAfter ?? -Infinity;
  const leaves = live.compromised === true || revokedAt(live.chain, lineage) !== undefined;
  const isLate = orderedAt + Math.max(LEAST_TIME, lineage.lastWait ?? 0) >= end;
  // Nothing brings back what the CA recalled (rule 29), however bad the live certificate is.
  if (rollbackOf === undefined && (leaves || isLate)) return undefined;
  const url = lineage.stagedRenewal?.explanationUrl;
  return {
    rule: 'not-recalled',
    because:
      `generation ${number} is not deployed: since ${formatInstant(recalledAt)} the CA asks for ` +
      'its early renewal (ARI), so it may be revoked; the next order has the same key' +
      (floor === undefined ? '' : ` and is placed after ${formatInstant(floor)}`),
    ...(url === undefined ? {} : { hint: 'the CA explains it on this page', lines: [url] }),
    ...(floor === undefined ? {} : { until: floor }),
  };
}

/** Its records are of use for the next one, which has the same key: only the deployment is not. */
export function withoutDeployment(planned: Plan, reason: Reason, { now }: Situation): Plan {
  const reasons = [reason, ...planned.reasons];
  if (planned.kind !== 'step') return { ...planned, reasons };
  if (planned.step.kind !== 'deploy') return step(planned.step, reasons);
  return { kind: 'wait', until: reason.until ?? now, known: true, reasons };
}
