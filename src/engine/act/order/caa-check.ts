// Whether the CAA records in DNS let this issuer and account issue (RFC 8659, RFC 8657): an order
// that they forbid would only be refused by the CA, and count as a failed validation there.
import { caaTagFor, caaValue, judgeCaa, refusalText } from '../../../dns/caa.ts';
import type { CaaParty, CaaProperty, CaaRefusal } from '../../../dns/caa.ts';
import { fqdn, hostOf } from '../../../dns/name.ts';
import type { Fqdn } from '../../../dns/name.ts';
import type { Reason } from '../../../rollover/reasons.ts';
import type { Job } from '../../job.ts';
import { createCaaLook } from '../../observe/caa.ts';
import type { CaaInForce, CaaVersion } from '../../observe/caa.ts';

export interface CaaRefusals {
  readonly reasons: readonly Reason[];
  /** Some servers have other records, which allow it: time may end it. */
  readonly differs: boolean;
}

interface Refused {
  readonly domain: string;
  readonly version: CaaVersion;
  readonly refusal: CaaRefusal;
}

/** Undefined: nothing forbids the order. What could not be looked up is reported in the log. */
export async function checkCaa(job: Job, party: CaaParty): Promise<CaaRefusals | undefined> {
  const { task, world, call } = job;
  const look = createCaaLook(world.resolver, call, world.caaAnswers);
  const reasons: Reason[] = [];
  let differs = false;
  for (const domain of task.intent.domains) {
    const inForce = await look(domain);
    report(inForce, job);
    const refused = inForce.versions.flatMap((version): Refused[] => {
      const verdict = judgeCaa(domain, version.properties, party);
      return verdict.allowed ? [] : [{ domain, version, refusal: verdict.refusal }];
    });
    differs ||= refused.length > 0 && refused.length < inForce.versions.length;
    reasons.push(...refused.map((one) => reasonFor(one, inForce, party)));
  }
  return reasons.length === 0 ? undefined : { reasons, differs };
}

function reasonFor(one: Refused, { versions }: CaaInForce, party: CaaParty): Reason {
  const { domain, version, refusal } = one;
  const { at = fqdn(domain), properties, servers } = version;
  const some = versions.length > 1 && servers.length > 0;
  const where = some ? `, which only ${servers.join(', ')} has,` : '';
  const text = refusalText(refusal, party);
  return {
    rule: 'caa-permits',
    because: `the CAA records of ${hostOf(at)}${where} forbid the order for ${domain}: ${text}`,
    hint: `${remedy(one, at, party)}; or order from another issuer`,
    lines: properties.map((property) => lineOf(at, property)),
  };
}

/** An added property lets its CA issue, whatever the others say (RFC 8659 §4.2). */
function remedy({ domain, version, refusal }: Refused, at: Fqdn, party: CaaParty): string {
  if (refusal.why === 'critical') return `remove the record with the tag "${refusal.tag}"`;
  const tag = caaTagFor(domain, version.properties);
  return `add ${lineOf(at, { critical: false, tag, value: caaValue(party) })}`;
}

const lineOf = (at: Fqdn, { critical, tag, value }: CaaProperty): string =>
  `${at} IN CAA ${critical ? 128 : 0} ${tag} "${value}"`;

/**
 * A CA that cannot look them up either refuses the order; it may see what this machine does not.
 */
function report({ domain, unanswered }: CaaInForce, { task, world }: Job): void {
  if (unanswered.length === 0) return;
  const certificate = task.intent.name;
  world.log.warn(
    'CAA records could not be looked up everywhere; a CA that cannot either refuses the order',
    { certificate, domain, unanswered: unanswered.join('; ') },
  );
}
