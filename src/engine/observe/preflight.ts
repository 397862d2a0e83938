// Before a key, an account or an order exists: whether the zones can be written, and a challenge's
// record would end the answers of a wildcard (rule 26). The check changes nothing.
import type { Fqdn } from '../../dns/name.ts';
import { fqdn } from '../../dns/name.ts';
import type { Call } from '../../ports/call.ts';
import type { DnsProvider } from '../../ports/provider.ts';
import { daneOwners } from '../../rollover/law/facts.ts';
import type { Plan } from '../../rollover/decision.ts';
import type { Reason } from '../../rollover/reasons.ts';
import type { Intent } from '../../rollover/model.ts';
import { wouldSilence } from '../../rollover/plan/records/wildcards.ts';
import type { Job } from '../job.ts';
import { silencedBy } from './wildcards.ts';
import { aliasesOf } from '../world.ts';
import type { World } from '../world.ts';

type Blocked = Extract<Plan, { readonly kind: 'blocked' }>;

interface Place {
  readonly zone: Fqdn;
  /** After CNAMEs. */
  readonly owner: Fqdn;
  readonly type: 'TXT' | 'TLSA';
}

/** RFC 8555 §8.4: a wildcard is validated at the name without it. None for one that signs here. */
async function challengeOwners(
  { domains, directory }: Pick<Intent, 'domains' | 'directory'>,
  { issuerAt }: Pick<World, 'issuerAt'>,
): Promise<readonly Fqdn[]> {
  const issuer = issuerAt(directory);
  if (issuer?.signsHere === true) return [];
  const labels = (await issuer?.challengeLabels?.()) ?? '_acme-challenge';
  const owners = domains.map((domain) => fqdn(`${labels}.${domain.replace(/^\*\./, '')}`));
  return [...new Set(owners)];
}

/**
 * @throws AppError of a provider that cannot be asked, or may not write; DNS_* if a zone cannot be
 * found out
 */
export async function preflight(job: Job): Promise<Blocked | undefined> {
  const { task, world, call } = job;
  const reasons: Reason[] = [];
  for (const place of await placesOf(job)) {
    const purpose = place.type === 'TXT' ? 'acme' : 'tlsa';
    const provider = world.providerFor(place.zone, purpose, task.provider);
    for (const one of provider.signers?.map((signer) => signer.provider) ?? [provider]) {
      await ask(one, place, call);
    }
    if (place.type === 'TXT') reasons.push(...(await outages(job, place)));
  }
  return reasons.length === 0 ? undefined : { kind: 'blocked', person: true, reasons };
}

/** TLSA records are checked by the planner with every observation. */
async function outages({ task, world, call }: Job, place: Place): Promise<Reason[]> {
  const { intent } = task;
  if (intent.hidesWildcard === true) return [];
  const silenced = await silencedBy(place, world.resolver, call);
  return silenced.length === 0 ? [] : [wouldSilence('TXT', place.owner, silenced)];
}

async function placesOf({ task, memory, world, call }: Job): Promise<readonly Place[]> {
  const { intent } = task;
  const places: Place[] = [];
  for (const asked of await challengeOwners(intent, world)) {
    const { zone, owner } = await world.resolver.place(asked, 'TXT', call, aliasesOf(intent));
    places.push({ zone, owner, type: 'TXT' });
  }
  for (const asked of daneOwners(intent)) {
    const history = memory.owner(asked);
    if (history === undefined) continue;
    places.push({ zone: history.zone, owner: history.target, type: 'TLSA' });
  }
  return places;
}

/**
 * If the credentials can read, they are known there; only some providers can say without a change
 * what they may write.
 */
async function ask(provider: DnsProvider, { zone, owner, type }: Place, call: Call): Promise<void> {
  // A person is asked only when there is something to do.
  if (provider.traits.byHand === true) return;
  await provider.read(zone, owner, type, call);
  await provider.mayChange?.(zone, owner, type, call);
}
