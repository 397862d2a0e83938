// Whether each chain that the planner may ask about leads to a CA of the PKIX store. Only if a
// client may use usage 0 or 1, because reading more than a hundred roots would be useless
// otherwise. It is computed at each observation and not stored.
import { combinationFrom, tlsaOf } from '../../dane/tlsa.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import type { Intent } from '../../rollover/model.ts';
import { asksForTrust } from '../../rollover/law/pkix-trust.ts';
import type { Pki } from '../world.ts';

type Told = Omit<Facts, 'trusted'>;

export async function withTrust(
  facts: Told,
  intent: Intent,
  { pki }: { readonly pki: Pick<Pki, 'trusted'> },
): Promise<Facts> {
  const trusted = mayBeAsked(facts, intent) ? await pki.trusted(chainsOf(facts)) : {};
  return { ...facts, trusted };
}

/** A service other than SMTP may have records of usage 0 or 1: published, cached or configured. */
function mayBeAsked({ owners, neighbours }: Told, intent: Intent): boolean {
  const intents = [intent, ...neighbours.map((other) => other.intent)];
  const isAsked = intents.some(({ services }) => services.some(({ smtpLike }) => !smtpLike));
  if (!isAsked) return false;
  const contents = Object.values(owners).flatMap(({ versions }) => versions);
  return (
    intents.some(({ policy }) => policy.records.map(combinationFrom).some(asksForTrust)) ||
    contents.some(({ content }) => content.map(tlsaOf).some(asksForTrust))
  );
}

function chainsOf({ lineage, services, placed, neighbours }: Told): Facts['placed'] {
  const lineages = [lineage, ...neighbours.map((other) => other.lineage)];
  return [
    ...lineages.flatMap(({ generations }) => generations.flatMap(({ chain }) => chain ?? [])),
    ...Object.values(services).flatMap(({ chains }) => Object.values(chains)),
    ...placed,
    ...neighbours.flatMap((other) => other.placed),
  ];
}
