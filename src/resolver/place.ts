// Where a name lives, after its CNAMEs, and whether that validates. For a zone whose servers are configured they are asked, and
// not the resolver: in a split horizon it may see another zone, with other names and other cuts than the world does.
import { AppError } from '../base/errors.ts';
import { following } from '../base/following.ts';
import { chainIn, denialIn, rrsetIn, signaturesIn } from '../dns/answer.ts';
import { isWithin, parentOf, type Fqdn } from '../dns/name.ts';
import { targetName } from '../dns/rdata.ts';
import type { RecordType, RRset } from '../dns/rrset.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from '../ports/call.ts';
import { ask } from './ask.ts';
import { discover, findZone, type Security, type ZoneCut } from './discover.ts';
import type { ZoneServers } from './hosts.ts';
import type { ServerAddress } from './transport.ts';
import type { LookUp } from './validating.ts';

export interface Place {
  readonly owner: Fqdn;
  readonly aliases: readonly RRset[];
  readonly cut: ZoneCut;
}

interface Asking {
  readonly lookUp: LookUp;
  readonly zones: readonly ZoneServers[];
}

type Configured = ZoneServers & Required<Pick<ZoneServers, 'nameservers'>>;

const VIEW_TIMEOUT_MS = 2000;
/** How often CNAMEs may lead from one configured zone into another. */
const MAX_HOPS = 8;

/** @throws AppError DNS_* */
export async function locate(
  asking: Asking,
  asked: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Place> {
  const aliases: RRset[] = [];
  let name = asked;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const zone = configuredFor(name, asking.zones);
    const view = zone === undefined ? undefined : await viewAt(zone, name, type, call);
    if (zone === undefined || view === undefined) {
      const rest = await byResolver(asking, name, type, call);
      return { ...rest, aliases: [...aliases, ...rest.aliases] };
    }
    aliases.push(...view.aliases);
    name = view.owner;
    if (!isWithin(name, zone.zone)) continue;
    const security = await securityOf(asking.lookUp, zone.zone, asked, type, call);
    return { owner: name, aliases, cut: { zone: zone.zone, security } };
  }
  throw new AppError('DNS_MALFORMED', `the CNAME records from ${asked} do not end`);
}

/** The configured zone with servers of its own that is closest above a name. */
function configuredFor(name: Fqdn, zones: readonly ZoneServers[]): Configured | undefined {
  return zones
    .filter((entry): entry is Configured => entry.nameservers !== undefined)
    .filter(({ zone }) => isWithin(name, zone))
    .sort((a, b) => b.zone.length - a.zone.length)[0];
}

type View = Pick<Place, 'owner' | 'aliases'>;

/** Of the first server that answers with authority; undefined when none does, or the name lives in a zone below. */
async function viewAt(
  { zone, nameservers }: Configured,
  name: Fqdn,
  type: RecordType,
  call: Call,
): Promise<View | undefined> {
  const { signal, end } = following(call.signal);
  try {
    return await Promise.any(
      nameservers.map((server) => viewOf(server, zone, name, type, { signal })),
    );
  } catch {
    call.signal?.throwIfAborted();
    return undefined;
  } finally {
    end();
  }
}

/** @throws anything when this server does not tell */
async function viewOf(
  server: ServerAddress,
  zone: Fqdn,
  name: Fqdn,
  type: RecordType,
  { signal }: Call,
): Promise<View> {
  const query = async (asked: Fqdn, what: RecordType): Promise<Message> => {
    const question = { name: asked, type: what, recursionDesired: false };
    const reply = await ask(server, { ...question, timeoutMs: VIEW_TIMEOUT_MS, signal });
    const message = reply.status === 'answered' ? reply.message : undefined;
    if (message?.authoritative === true && [0, 3].includes(message.rcode)) return message;
    throw new AppError('DNS_UNREACHABLE', `${server.address} does not speak for ${asked}`);
  };
  const message = await query(name, type);
  const { owner, aliases } = chainIn(message, name, type);
  if (!isWithin(owner, zone)) return { owner, aliases };
  const said = signaturesIn(message.answers, owner, type)[0]?.signer;
  const lives = said ?? denialIn(message, owner)?.zone ?? (await zoneByApex(owner, zone, query));
  if (lives === zone) return { owner, aliases };
  throw new AppError('DNS_NO_ZONE', `${owner} lives in ${lives}, below ${zone}`);
}

/** Of unsigned data, which does not say where it comes from: the closest name upwards with a SOA. */
async function zoneByApex(
  owner: Fqdn,
  zone: Fqdn,
  query: (asked: Fqdn, what: RecordType) => Promise<Message>,
): Promise<Fqdn> {
  for (const candidate of between(owner, zone)) {
    if (rrsetIn((await query(candidate, 'SOA')).answers, candidate, 'SOA')) return candidate;
  }
  return zone;
}

/** A name and those above it, up to a zone and without it. */
function between(name: Fqdn, zone: Fqdn): Fqdn[] {
  const names: Fqdn[] = [];
  for (let at: Fqdn | undefined = name; at !== undefined && at !== zone; at = parentOf(at)) {
    names.push(at);
  }
  return names;
}

/** Only a validating resolver tells; without one nothing is known, and the servers can still be asked. */
async function securityOf(
  lookUp: LookUp,
  zone: Fqdn,
  asked: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Security> {
  try {
    const name = await discover(lookUp, asked, type, call);
    const apex = await discover(lookUp, zone, 'SOA', call);
    if (name.bogus || apex.bogus) return 'bogus';
    return apex.answer.status === 'found' && apex.answer.authentic ? 'secure' : 'insecure';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return 'unknown';
  }
}

async function byResolver(
  { lookUp, zones }: Asking,
  asked: Fqdn,
  type: RecordType,
  call: Call,
): Promise<Place> {
  try {
    const { answer, bogus } = await discover(lookUp, asked, type, call);
    const owner = endOf(
      asked,
      answer.aliases,
      answer.status === 'found' ? answer.rrset : undefined,
    );
    const cut = await findZone(lookUp, owner, call);
    return {
      owner,
      aliases: answer.aliases,
      cut: bogus ? { ...cut, security: 'bogus' } : cut,
    };
  } catch (error) {
    call.signal?.throwIfAborted();
    // Neither the resolver nor a configured server answers: silent addresses are known by name all the same.
    const zone = configuredFor(asked, zones)?.zone;
    if (zone === undefined) throw error;
    return { owner: asked, aliases: [], cut: { zone, security: 'unknown' } };
  }
}

function endOf(asked: Fqdn, aliases: readonly RRset[], rrset: RRset | undefined): Fqdn {
  const [target] = aliases.at(-1)?.rdata ?? [];
  return rrset?.owner ?? (target === undefined ? asked : targetName(target));
}
