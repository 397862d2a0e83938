// What the PKIX store says about every chain that the planner may ask about: only where a client
// may look at usage 0 or 1, as reading more than a hundred roots would be for nothing elsewhere. It
// is told anew at each look and stored nowhere.
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

/**
 * Some service here is none of SMTP, and usage 0 or 1 stands in DNS, may be cached, or is
 * configured.
 */
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
