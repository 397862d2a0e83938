// The place of a name after its aliases, and whether the path there validates. The servers of its
// zone are asked; the resolver only for the zone and its security, because it caches the absence of
// a name, and so does the CA if it uses the same one. If the configuration names a zone's servers,
// only they count: in a split horizon the resolver may use another zone.
import { AppError } from '../base/errors.ts';
import { isWithin, type Fqdn } from '../dns/name.ts';
import { targetName } from '../dns/rdata.ts';
import type { RecordType, RRset } from '../dns/rrset.ts';
import { hostAbove, isUnderscored } from '../dns/wildcard.ts';
import type { Call } from '../ports/call.ts';
import type { SweepOptions } from '../ports/resolver.ts';
import type { Question } from './ask.ts';
import { standingOf, type Alias, type Standing } from './alias.ts';
import { discover, findZone, securityIn, type ZoneCut } from './discover.ts';
import type { ZoneServers } from './hosts.ts';
import type { ServerList } from './servers.ts';
import type { LookUp } from './validating.ts';

export interface Place {
  readonly owner: Fqdn;
  readonly aliases: readonly RRset[];
  readonly cut: ZoneCut;
  /**
   * A wildcard makes the name an alias, which it is not any more as soon as it has records of its
   * own.
   */
  readonly isWild?: true;
}

interface Asking {
  readonly lookUp: LookUp;
  readonly zones: readonly ZoneServers[];
  readonly servers: ServerList;
}

/** How many aliases may follow one another. */
const MAX_ALIASES = 8;
/** How many zones below one another may be met on the way to a name. */
const MAX_CUTS = 8;

/**
 * @throws AppError DNS_*; BLOCKED where an alias is not to be followed and leaves no room for
 * records
 */
export async function locate(
  asking: Asking,
  asked: Question,
  call: Call,
  options: SweepOptions = {},
): Promise<Place> {
  const aliases: RRset[] = [];
  const { type } = asked;
  let { name } = asked;
  while (aliases.length <= MAX_ALIASES) {
    const { zone, standing } = await standingIn(asking, name, type, call);
    if (standing.kind === 'silent' && type === 'TLSA') {
      const rest = await byResolver(asking, name, type, call);
      return { ...rest, aliases: [...aliases, ...rest.aliases] };
    }
    const onward = await whereTo(standing, { name, type }, { ...asking, ...options }, call);
    if (onward === undefined) {
      const cut = { zone, ...(await securityOf(asking.lookUp, zone, asked, call)) };
      const isWild = standing.kind === 'alias' && type !== 'CNAME';
      return { owner: name, aliases, cut, ...(isWild ? { isWild } : {}) };
    }
    aliases.push(onward.rrset);
    name = onward.target;
    if (aliases.some(({ owner }) => owner === name)) break;
  }
  throw new AppError('DNS_MALFORMED', `the CNAME records from ${asked.name} do not end`);
}

/** The alias to follow; undefined: records are written at the name itself. */
async function whereTo(
  standing: Standing,
  { name, type }: Question,
  { lookUp, followCnames = true }: Asking & SweepOptions,
  call: Call,
): Promise<Alias | undefined> {
  if (standing.kind !== 'alias' || type === 'CNAME') return undefined;
  if (standing.made === 'dname') return standing;
  if (standing.made === 'own') {
    if (followCnames) return standing;
    throw new AppError(
      'BLOCKED',
      `${name} has a CNAME record to ${standing.target}, so no other record can stand there, and follow_cnames = false forbids to write at its target`,
      { hint: 'remove the CNAME record, or set follow_cnames = true' },
    );
  }
  // A CA follows what a wildcard makes, like any client (RFC 8659 §3).
  if (type === 'CAA') return standing;
  // Records that clients find through it today remain until others are found in their place.
  if (type !== 'TLSA' || !followCnames) return undefined;
  const { answer } = await discover(lookUp, name, type, call);
  return answer.status === 'found' ? standing : undefined;
}

interface Found {
  readonly zone: Fqdn;
  readonly standing: Exclude<Standing, { readonly kind: 'below' }>;
}

/** Down from the closest zone that is known, as the servers of each refer to the next. */
async function standingIn(
  { lookUp, zones, servers }: Asking,
  name: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Found> {
  const configured = configuredFor(name, zones)?.zone;
  let zone = configured ?? (await findZone(lookUp, beginsAt(name, type), call)).zone;
  for (let cut = 0; cut < MAX_CUTS; cut += 1) {
    const { targets } = await servers.of(zone, call);
    const addresses = targets.map(({ address }) => address);
    const standing = await standingOf(name, zone, addresses, call);
    if (standing.kind === 'silent' && isConfigured(zone, zones)) {
      throw silent(zone, standing.failures);
    }
    if (standing.kind !== 'below') return { zone, standing };
    zone = standing.zone;
  }
  throw new AppError('DNS_MALFORMED', `the zones above ${name} refer to one another without end`);
}

/**
 * The resolver is asked for no name that a challenge brings into being: a negative answer is kept,
 * and one that says that a name does not exist is kept for all types (RFC 8020).
 */
function beginsAt(name: Fqdn, type: RecordType): Fqdn {
  return type === 'TXT' || isUnderscored(name) ? hostAbove(name) : name;
}

/** The error if all configured servers are silent: no other source can replace them. */
function silent(zone: Fqdn, failures: readonly string[]): AppError {
  return new AppError(
    'DNS_UNREACHABLE',
    `none of the nameservers that are configured for ${zone} answered: ${failures.join('; ')}`,
    {
      hint: `check nameservers of [[zone]] ${zone}: the resolver is not asked in their place, because it may see another zone`,
      details: { zone, failures },
    },
  );
}

/** The configured zone with servers of its own that is closest above a name. */
export function configuredFor(name: Fqdn, zones: readonly ZoneServers[]): ZoneServers | undefined {
  return zones
    .filter(({ nameservers, zone }) => nameservers !== undefined && isWithin(name, zone))
    .sort((a, b) => b.zone.length - a.zone.length)[0];
}

function isConfigured(zone: Fqdn, zones: readonly ZoneServers[]): boolean {
  return zones.some((entry) => entry.zone === zone && entry.nameservers !== undefined);
}

/**
 * Only a validating resolver knows it; without one it is unknown, and the servers can still be
 * queried.
 */
async function securityOf(
  lookUp: LookUp,
  zone: Fqdn,
  { name, type }: Question,
  call: Call,
): Promise<Omit<ZoneCut, 'zone'>> {
  try {
    const apex = await discover(lookUp, zone, 'SOA', call);
    // Clients depend only on TLSA records; the CA finds out whether a challenge validates, and our
    // resolver must not cache it before.
    const isBogus = type === 'TLSA' && (await discover(lookUp, name, type, call)).bogus;
    return isBogus ? { security: 'bogus' } : securityIn(apex);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { security: 'unknown' };
  }
}

/**
 * All servers of a zone are silent: what the resolver has cached of its aliases still shows
 * which zone is silent.
 */
async function byResolver(
  { lookUp }: Asking,
  asked: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Place> {
  const { answer, bogus } = await discover(lookUp, asked, type, call);
  const [target] = answer.aliases.at(-1)?.rdata ?? [];
  const end = target === undefined ? asked : targetName(target);
  const owner = answer.status === 'found' ? answer.rrset.owner : end;
  const cut = await findZone(lookUp, owner, call);
  return { owner, aliases: answer.aliases, cut: bogus ? { ...cut, security: 'bogus' } : cut };
}
