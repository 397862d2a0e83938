// A world without errors: name servers serve a change at once, the CA issues, services load what is
// placed. The planner is run forward in it to forecast the next stages (forecast.ts).
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import type { Fqdn } from '../../dns/name.ts';
import { rdataSet } from '../../dns/rrset.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import type { Edit, Step } from '../decision.ts';
import { sharingWith } from '../law/facts.ts';
import type { Facts } from '../law/facts.ts';
import type { HeldFacts, Observation, OwnerHistory, SweepFacts } from '../record/owner-history.ts';
import { versionKey } from '../record/owner-history.ts';
import { algorithmOf, liveGeneration, withGeneration } from '../model.ts';
import type { Generation, Intent } from '../model.ts';
import { NO_TLS, recordLooks } from '../record/service-history.ts';
import type { EndpointLook, ServiceHistory } from '../record/service-history.ts';
import { recordSweep } from '../record/sweep.ts';
import { newestVersion } from '../record/versions.ts';
import { beginWrite } from '../record/pending-writes.ts';

/** If the CA has named no window. */
const USUAL_LIFETIME: Seconds = 90 * 86_400;
/** Signers renew signatures long before they expire. */
const SIGNED_FOR: Seconds = 14 * 86_400;

export interface ModelWorld {
  readonly facts: Facts;
  readonly now: Instant;
}

/** The prefix of invented keys and certificates: no DER begins with this octet. */
const NOT_MADE_YET = 'ff';

const hexOf = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SubjectPublicKeyInfo of a key that does not exist yet. */
const spkiAhead = (generation: number): string => `${NOT_MADE_YET}${hexOf(`key ${generation}`)}`;
export const isAhead = (hex: string): boolean => hex.startsWith(NOT_MADE_YET);

/** The chain that the CA will most likely send: with the CA certificates of the last one. */
function chainAhead(generation: Generation, intent: Intent, facts: Facts, now: Instant): Chain {
  const live = liveGeneration(facts.lineage)?.chain?.certificates ?? [];
  const [before, ...authorities] = live;
  const lifetime =
    before === undefined ? USUAL_LIFETIME : Math.max(1, before.notAfter - before.notBefore);
  const dates = { notBefore: now, notAfter: now + lifetime };
  const issuer: ChainCertificate = {
    ...{ der: `${NOT_MADE_YET}${hexOf('ca')}`, spki: `${NOT_MADE_YET}${hexOf('ca key')}` },
    ...{ names: [], canSign: true, signedBy: [], ...dates },
  };
  const leaf: ChainCertificate = {
    ...{ der: `${NOT_MADE_YET}${hexOf(`leaf ${generation.number}`)}`, spki: generation.spki },
    ...{ names: intent.domains, canSign: false, signedBy: [1], ...dates },
  };
  const sent = authorities.length === 0 ? [issuer] : authorities;
  return { id: `ahead ${generation.number}`, certificates: [leaf, ...sent] };
}

/** What every address that answers shows, and by how much the serial of the zone has grown. */
interface Shown {
  readonly content: readonly RdataHex[];
  readonly ttl: Seconds;
  readonly moved: 0 | 1;
}

function observationsOf(
  history: OwnerHistory,
  { content, ttl, moved }: Shown,
  now: Instant,
): Observation[] {
  return Object.entries(history.addresses)
    .filter(([, { leftAt }]) => leftAt === undefined)
    .map(([address, { server, failure, serial = 0, unsigned }]) => {
      if (failure !== undefined) return { server, address, failure };
      const signed = unsigned === true ? {} : { signedUntil: now + SIGNED_FOR };
      const answer = { content, ttl, serial: (serial + moved) >>> 0, ...signed };
      return { server, address, answer };
    });
}

function swept(
  history: OwnerHistory,
  shown: Shown,
  { policy }: Intent,
  now: Instant,
): OwnerHistory {
  const { owner, target, zone, security, aliasTtl = 0, serversTtl = 0 } = history;
  const held = history.held?.map(({ provider }): HeldFacts => ({
    provider,
    content: shown.content,
    ttl: shown.ttl,
  }));
  const sweep: SweepFacts = {
    ...{ owner, target, zone, security, aliasTtl, serversTtl, receivedAt: now },
    observations: observationsOf(history, shown, now),
    ...(held === undefined ? {} : { held }),
  };
  const { ours, forgotten } = history;
  return { ...recordSweep(history, sweep, policy), ours, ...(forgotten && { forgotten }) };
}

function written(history: OwnerHistory, edit: Edit, intent: Intent, now: Instant): OwnerHistory {
  const { add, remove, expect, expectTtl, ttl } = edit;
  const from = history.versions.find(({ key }) => key === versionKey(expect, expectTtl));
  if (from === undefined) return history;
  const content = rdataSet([...expect.filter((rdata) => !remove.includes(rdata)), ...add]);
  const begun = beginWrite(history, { from, to: { content, ttl } }, now);
  const ours = begun.ours.filter((rdata) => !remove.includes(rdata));
  return swept({ ...begun, ours }, { content, ttl, moved: 1 }, intent, now);
}

/** Every endpoint that answered presents `chain`, or the same as before. */
function seen(
  history: ServiceHistory,
  loaded: Generation | undefined,
  intent: Intent,
  now: Instant,
): ServiceHistory {
  const looks = Object.entries(history.endpoints).map(([address, endpoint]): EndpointLook => {
    const { failure, sightings, ttl = 0 } = endpoint;
    if (failure !== undefined) return { address, met: [], failure, ttl };
    const before = sightings.flatMap(({ algorithm, chain: id }) => {
      const chain: Chain | typeof NO_TLS | undefined = id === NO_TLS ? NO_TLS : history.chains[id];
      return chain === undefined ? [] : [{ algorithm, chain }];
    });
    const algorithm = algorithmOf(intent.keyType);
    const beside = before.filter((one) => one.algorithm !== algorithm);
    const chain = loaded?.chain;
    return { address, met: chain === undefined ? before : [...beside, { algorithm, chain }], ttl };
  });
  return recordLooks(history, looks, 0, now);
}

function mapped<T>(
  all: Readonly<Record<string, T>>,
  change: (one: T, key: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([key, one]) => [key, change(one, key)]));
}

/** All endpoints and owners observed again, at a later time. */
export function later({ facts }: ModelWorld, intent: Intent, now: Instant): ModelWorld {
  const owners = mapped(facts.owners, (history) => {
    const newest = newestVersion(history);
    return newest === undefined ? history : swept(history, { ...newest, moved: 0 }, intent, now);
  });
  const services = mapped(facts.services, (history) => seen(history, undefined, intent, now));
  return { facts: { ...facts, owners, services, lookedAt: now }, now };
}

function withGenerationIn({ facts, now }: ModelWorld, changed: Generation): ModelWorld {
  return { facts: { ...facts, lineage: withGeneration(facts.lineage, changed) }, now };
}

function published({ facts, now }: ModelWorld, edit: Edit, intent: Intent): ModelWorld {
  const here: readonly Fqdn[] = sharingWith(edit.owner, facts);
  const owners = mapped(facts.owners, (history, owner) =>
    here.some((each) => each === owner) ? written(history, edit, intent, now) : history,
  );
  return { facts: { ...facts, owners }, now };
}

function loaded(world: ModelWorld, generation: Generation, intent: Intent): ModelWorld {
  const { facts, now } = world;
  const deployed: Generation = {
    ...generation,
    ...{ state: 'live', deployBegunAt: generation.deployBegunAt ?? now, deployedAt: now },
  };
  const ids = intent.services.map(({ id }) => id);
  const services = mapped(facts.services, (history, id) =>
    ids.includes(id) ? seen(history, deployed, intent, now) : history,
  );
  const placed = deployed.chain === undefined ? facts.placed : [deployed.chain];
  const targets = Object.fromEntries(
    intent.targets.map(({ id, label }) => [id, { label, took: generation.number }]),
  );
  const lineage = { ...facts.lineage, targets };
  return withGenerationIn({ facts: { ...facts, lineage, services, placed }, now }, deployed);
}

function sent({ facts, now }: ModelWorld, { number }: Generation, intent: Intent): ModelWorld {
  const known = facts.lineage.targets;
  const targets = intent.targets.map(({ id, label }) => {
    return [id, { ...known?.[id], label, sent: { generation: number } }];
  });
  const lineage = { ...facts.lineage, targets: Object.fromEntries(targets) as typeof known };
  return { facts: { ...facts, lineage: { ...lineage, targets: lineage.targets ?? {} } }, now };
}

function proven({ facts, now }: ModelWorld, generation: Generation): ModelWorld {
  const generations = facts.lineage.generations.map((other): Generation => {
    if (other.number === generation.number) return { ...other, provenAt: now };
    const over = other.number < generation.number && other.state !== 'retired';
    return over ? { ...other, state: 'retired' } : other;
  });
  return { facts: { ...facts, lineage: { ...facts.lineage, generations } }, now };
}

function newGeneration(
  { generation: number, sameKeyAs, ahead, request: file }: Extract<Step, { kind: 'create-key' }>,
  { keyType, domains, directory }: Intent,
  { facts, now }: ModelWorld,
): Generation {
  const old = facts.lineage.generations.find((one) => one.number === sameKeyAs);
  const request =
    file !== undefined && facts.request?.status === 'request' ? facts.request : undefined;
  return {
    ...{ number, state: 'key', domains, directory, createdAt: now },
    keyType: request?.keyType ?? keyType,
    spki: request?.spki ?? old?.spki ?? spkiAhead(number),
    keyMadeAt: old?.keyMadeAt ?? now,
    ...(request === undefined ? {} : { request: true }),
    ...(ahead === undefined ? {} : { ahead }),
  };
}

function taken(
  world: ModelWorld,
  { generation: number }: Extract<Step, { kind: 'take' }>,
  { keyType, domains, directory }: Intent,
): ModelWorld | undefined {
  const { facts, now } = world;
  if (facts.offer?.status !== 'pair') return undefined;
  const { chain, spki } = facts.offer;
  return withGenerationIn(world, {
    ...{ number, state: 'issued', keyType, domains, directory, createdAt: now },
    ...{ spki, keyMadeAt: now, chain, issuedAt: now },
  });
}

/** The world after a step; undefined if the result of the step cannot be known. */
export function afterStep(step: Step, world: ModelWorld, intent: Intent): ModelWorld | undefined {
  if (step.kind === 'publish') return published(world, step.edit, intent);
  if (step.kind === 'create-key') {
    return withGenerationIn(world, newGeneration(step, intent, world));
  }
  if (step.kind === 'take') return taken(world, step, intent);
  if (step.kind === 'roll-back') return undefined;
  const generation = world.facts.lineage.generations.find(
    ({ number }) => number === step.generation,
  );
  if (generation === undefined) return undefined;
  if (step.kind === 'prove') return proven(world, generation);
  if (step.kind === 'send') return sent(world, generation, intent);
  if (step.kind !== 'obtain') return loaded(world, generation, intent);
  const { ahead: _ordered, ...ordered } = generation;
  const chain = chainAhead(generation, intent, world.facts, world.now);
  return withGenerationIn(world, { ...ordered, state: 'issued', chain, issuedAt: world.now });
}
