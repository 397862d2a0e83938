// Why a first record is not written: a wildcard would no longer answer for names that are in use
// (rule 26).
import { formatInstant } from '../../../base/clock.ts';
import { formatDuration } from '../../../base/duration.ts';
import type { Seconds } from '../../../base/clock.ts';
import { hostOf, parentOf } from '../../../dns/name.ts';
import type { Fqdn } from '../../../dns/name.ts';
import { recordText } from '../../../dns/record-text.ts';
import type { Silenced } from '../../../dns/silenced.ts';
import type { Plan } from '../../decision.ts';
import type { Reason } from '../../reasons.ts';
import type { Situation } from '../../law/situation.ts';
import { isWithdrawn } from './desired-records.ts';

const RULE = 'wildcard-goes-on';

/** The records that must exist at the names themselves first, one per line. */
export function missingRecords(silenced: readonly Silenced[]): readonly string[] {
  return silenced.flatMap(({ name, type, rdata }) =>
    rdata.map((item) => recordText(name, type, item)),
  );
}

/**
 * `mx1.example.org (A, MX)`, and of wildcards below a name `names below _tcp.example.org (TLSA)`.
 */
function silencedNames(silenced: readonly Silenced[]): string {
  const types = new Map<Fqdn, string[]>();
  for (const { name, type } of silenced) types.set(name, [...(types.get(name) ?? []), type]);
  return [...types]
    .map(([name, all]) => {
      const below = name.startsWith('*.') ? `names below ${hostOf(parentOf(name) ?? name)}` : '';
      return `${below || hostOf(name)} (${all.join(', ')})`;
    })
    .join(' and ');
}

/** Of a record of this type at `owner`. */
export function wouldSilence(
  type: 'TLSA' | 'TXT',
  owner: Fqdn,
  silenced: readonly Silenced[],
): Reason {
  const hosts = silenced.flatMap(({ name }) => (name.startsWith('*.') ? [] : [hostOf(name)]));
  const below = [...new Set(hosts)].map((host) => `*.${host}`).join(', ');
  const also = below === '' ? '' : `, and ${below} if names below are in use`;
  return {
    rule: RULE,
    because: `a ${type} record at ${hostOf(owner)} would end the answers of a wildcard for ${silencedNames(silenced)}, so it is not written`,
    lines: missingRecords(silenced),
    hint: `first add these records at the names themselves${also}${type === 'TXT' ? '; or accept the outage with hides_wildcard = true' : ''}`,
  };
}

/** What `hides_wildcard` accepts, for how long. */
export function outageText(
  owner: Fqdn,
  silenced: readonly Silenced[],
  negativeTtl: Seconds,
): string {
  return `while the challenge at ${hostOf(owner)} exists, a wildcard does not answer for ${silencedNames(silenced)}; resolvers may remember that for ${formatDuration(negativeTtl)} after the challenge is withdrawn`;
}

/** No owner gets its first record while that would end the answers of a wildcard. */
export function wildcardGate(situation: Situation): Plan | undefined {
  const { lineage, daneOwners } = situation;
  if (isWithdrawn(lineage)) return undefined;
  let person = false;
  const reasons = daneOwners.flatMap(({ history }): Reason[] => {
    const silences = history?.silences ?? [];
    if (history === undefined || silences.length === 0) return [];
    if (typeof silences === 'string') return [notKnown(history.target, silences)];
    person = true;
    return [wouldSilence('TLSA', history.target, silences)];
  });
  return reasons.length === 0 ? undefined : { kind: 'blocked', person, reasons };
}

function notKnown(owner: Fqdn, why: string): Reason {
  const because =
    `it is not known whether a record at ${hostOf(owner)} would end the answers of a ` +
    `wildcard: ${why}`;
  return { rule: RULE, because };
}

/**
 * The hosts of services whose addresses disappeared when holger wrote records: an error at once,
 * whatever else is in progress.
 */
export function addressesGone({ intent, facts }: Situation): Reason[] {
  return intent.services.flatMap((service) => {
    const known = facts.services[service.id];
    if (known?.addressless === undefined) return [];
    const hosts = service.names.join(', ');
    const addresses = Object.keys(known.endpoints);
    return [
      {
        rule: 'addresses-stay',
        because: `the name servers have no address of ${hosts} any more (${service.id}), since ${formatInstant(known.addressless)}`,
        lines: addresses.map(
          (address) => `${hosts}. ${address.includes(':') ? 'AAAA' : 'A'} ${address}`,
        ),
        hint: `add the addresses of ${hosts} at the name itself; if a wildcard served them, a record below the name ended that. To withdraw the TLSA records: holger off ${intent.name}`,
      },
    ];
  });
}
