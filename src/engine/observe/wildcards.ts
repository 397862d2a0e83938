// Finds, at the servers of a zone, the wildcards whose answers a first record at a name would end
// (rule 26).
import { AppError } from '../../base/errors.ts';
import { hostOf, type Fqdn } from '../../dns/name.ts';
import type { RecordType } from '../../dns/rrset.ts';
import { silencedAt, typesUsedAt, typesUsedThroughAlias } from '../../dns/silenced.ts';
import type { Silenced } from '../../dns/silenced.ts';
import { targetName } from '../../dns/rdata.ts';
import { isUnderscored, namesMade, probesOf } from '../../dns/wildcard.ts';
import type { Call } from '../../ports/call.ts';
import type { DirectAnswer, Resolver } from '../../ports/resolver.ts';

type Asker = Pick<Resolver, 'ask' | 'lookup'>;

/** The name of an owner after aliases. */
export interface Place {
  readonly owner: Fqdn;
  readonly zone: Fqdn;
}

/** @throws AppError DNS_* if it cannot be found out */
export async function silencedBy(
  { owner, zone }: Place,
  resolver: Asker,
  call: Call,
): Promise<readonly Silenced[]> {
  const questions: Questions = {
    ask: (name, type) => resolver.ask(zone, name, type, call),
    isUsed: (name, types) => hasAny(name, types, resolver, call),
  };
  const all: Silenced[] = [];
  for (const name of namesMade(owner, zone)) {
    if (typesUsedAt(name, owner).length === 0) continue;
    all.push(...(await silencedWith(name, owner, questions)));
  }
  return all;
}

interface Questions {
  /** At the servers of the zone. */
  ask(name: Fqdn, type: RecordType): Promise<DirectAnswer>;
  /** Whether the resolver finds records of one of these types there. */
  isUsed(name: Fqdn, types: readonly RecordType[]): Promise<boolean>;
}

async function silencedWith(
  name: Fqdn,
  owner: Fqdn,
  { ask, isUsed }: Questions,
): Promise<readonly Silenced[]> {
  const [first = name, ...others] = probesOf(name);
  // If the name exists, or no wildcard covers it, one question is enough.
  if (!(await ask(first, 'A')).exists) return [];
  const points = isUnderscored(name) ? others : [...others, name];
  const wild = async (type: RecordType): Promise<DirectAnswer['rdata']> => {
    const { rdata, isPartial } = await ask(first, type);
    if (rdata.length === 0) return [];
    const rest = await Promise.all(points.map((point) => ask(point, type)));
    if (!rest.every((answer) => answer.rdata.length > 0)) return [];
    if (isPartial) throw notYetCommon(name, type);
    return rdata;
  };
  const alias = await wild('CNAME');
  const [target] = alias;
  if (target !== undefined) {
    const types = typesUsedThroughAlias(name, owner);
    const counts = !isUnderscored(name) || (await isUsed(targetName(target), types));
    return counts ? [silencedAt(name, 'CNAME', alias) ?? []].flat() : [];
  }
  const types = typesUsedAt(name, owner);
  const found = await Promise.all(types.map(async (type) => ({ type, rdata: await wild(type) })));
  return found.flatMap(({ type, rdata }) =>
    rdata.length === 0 ? [] : (silencedAt(name, type, rdata) ?? []),
  );
}

/** The records of the name itself have reached some servers, or were removed at some. */
function notYetCommon(name: Fqdn, type: RecordType): AppError {
  const host = hostOf(name);
  return new AppError(
    'DNS_DISAGREE',
    `some name servers answer ${type} questions below ${host} from a wildcard, and others know ${host} itself`,
    { hint: `wait until all of them have the same version of the zone`, details: { name, type } },
  );
}

async function hasAny(
  name: Fqdn,
  types: readonly RecordType[],
  resolver: Asker,
  call: Call,
): Promise<boolean> {
  const lookups = await Promise.all(types.map((type) => resolver.lookup(name, type, call)));
  return lookups.some(({ status }) => status === 'found');
}
