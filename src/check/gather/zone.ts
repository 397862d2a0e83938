// The answers of each address of a zone's servers, one by one. The validating resolver passes on
// the answer of one server; clients elsewhere may ask another one.
import { AppError } from '../../base/errors.ts';
import { fqdn, parentOf, isWithin } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RecordType } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type {
  NameServerAddress,
  ServerReply,
  Servers,
  ZoneCut,
  ZoneView,
} from '../../ports/servers.ts';
import type { Ask, Asked } from './lookups.ts';
import type { Limited } from '../../base/limit.ts';
import type { Memo } from './memo.ts';

/** Why a question is asked. */
export type Purpose =
  | 'soa'
  | 'soa-tcp'
  | 'ns'
  | 'dnskey'
  | 'tlsa'
  | 'address'
  /** The records that name the hosts of a domain's services. */
  | 'route'
  /**
   * The name above the owner, which often has only names below it: minimising resolvers ask there
   * first (RFC 9156 §3).
   */
  | 'above'
  /** Another type at the owner. */
  | 'other-type'
  /** A name that does not exist. */
  | 'random';

export interface Question {
  readonly purpose: Purpose;
  readonly name: Fqdn;
  readonly type: RecordType;
}

export interface ServerLook {
  readonly at: NameServerAddress;
  readonly replies: readonly { readonly question: Question; readonly reply: ServerReply }[];
}

export interface ZoneLook {
  readonly cut: ZoneCut;
  readonly view: ZoneView;
  /** From the validating resolver: the keys for signatures, and the DS records of the parent. */
  readonly keys: Asked;
  readonly ds: Asked;
  readonly servers: readonly ServerLook[];
}

/** The zone of a name, or its servers, could not be found out: no name server was asked. */
export interface Unlooked {
  readonly name: Fqdn;
  readonly because: string;
}

export type Look = ZoneLook | Unlooked;

export const isUnlooked = (look: object): look is Unlooked => 'because' in look;

export interface ZoneLooking {
  readonly servers: Servers;
  readonly ask: Ask;
  /** Questions at the same time, in all and with one address. */
  readonly questions: Limited;
  readonly perServer: (address: string) => Limited;
  readonly zones: Memo<Look>;
  readonly cuts: Memo<ZoneCut | Unlooked>;
  readonly views: Memo<ZoneView | Unlooked>;
  readonly label: () => string;
  readonly call: Call;
}

async function orUnlooked<T>(
  name: Fqdn,
  looking: ZoneLooking,
  find: () => Promise<T>,
): Promise<T | Unlooked> {
  try {
    return await find();
  } catch (error) {
    looking.call.signal?.throwIfAborted();
    if (error instanceof AppError) return { name, because: error.message };
    throw error;
  }
}

async function zoneOf(name: Fqdn, looking: ZoneLooking): Promise<ZoneCut | Unlooked> {
  const { servers, cuts, call } = looking;
  return cuts(name, () => orUnlooked(name, looking, () => servers.zoneOf(name, call)));
}

async function lookWith(
  name: Fqdn,
  questionsIn: (zone: Fqdn) => readonly Question[],
  looking: ZoneLooking,
): Promise<Look> {
  const cut = await zoneOf(name, looking);
  if (isUnlooked(cut)) return cut;
  const { zone } = cut;
  const { ask, servers, perServer, questions: limited, views, call } = looking;
  const view = await views(zone, () => orUnlooked(zone, looking, () => servers.viewOf(zone, call)));
  if (isUnlooked(view)) return view;
  const questions = questionsIn(zone);
  const one = async (at: NameServerAddress, question: Question): Promise<ServerReply> =>
    perServer(at.address)(() =>
      limited(() => {
        const transport = question.purpose === 'soa-tcp' ? 'tcp' : 'udp';
        return servers.ask(at.address, question.name, question.type, transport, call);
      }),
    );
  const [keys, ds, looks] = await Promise.all([
    ask(zone, 'DNSKEY'),
    ask(zone, 'DS'),
    Promise.all(
      view.addresses.map(async (at) => ({
        at,
        replies: await Promise.all(
          questions.map(async (question) => ({ question, reply: await one(at, question) })),
        ),
      })),
    ),
  ]);
  return { cut, view, keys, ds, servers: looks };
}

/** The zone itself: whether its servers answer, over UDP and TCP, and agree on the NS records. */
export async function lookAtZone(name: Fqdn, looking: ZoneLooking): Promise<Look> {
  const cut = await zoneOf(name, looking);
  if (isUnlooked(cut)) return cut;
  const { zone } = cut;
  const questions: readonly Question[] = [
    { purpose: 'soa', name: zone, type: 'SOA' },
    { purpose: 'soa-tcp', name: zone, type: 'SOA' },
    { purpose: 'ns', name: zone, type: 'NS' },
    { purpose: 'dnskey', name: zone, type: 'DNSKEY' },
  ];
  return looking.zones(`zone ${zone}`, () => lookWith(zone, () => questions, looking));
}

/** The records at their owner, and what is denied at the name that is asked for. */
export async function lookAtRecords(
  asked: Fqdn,
  owner: Fqdn,
  looking: ZoneLooking,
): Promise<readonly Look[]> {
  const above = parentOf(asked) ?? asked;
  const random = fqdn(`_${looking.label()}.${above}`);
  const denials = (zone: Fqdn): readonly Question[] => [
    ...(isWithin(above, zone) && above !== zone
      ? [{ purpose: 'above', name: above, type: 'TLSA' } as const]
      : []),
    { purpose: 'other-type', name: asked, type: 'TXT' },
    { purpose: 'random', name: random, type: 'TLSA' },
  ];
  const records: readonly Question[] = [{ purpose: 'tlsa', name: owner, type: 'TLSA' }];
  const together = asked === owner;
  return Promise.all([
    looking.zones(`owner ${owner} ${String(together)}`, () =>
      lookWith(owner, (zone) => (together ? [...records, ...denials(zone)] : records), looking),
    ),
    ...(together ? [] : [looking.zones(`asked ${asked}`, () => lookWith(asked, denials, looking))]),
  ]);
}

export async function lookAtHost(host: Fqdn, looking: ZoneLooking): Promise<Look> {
  const questions: readonly Question[] = (['A', 'AAAA'] as const).map((type) => ({
    purpose: 'address',
    name: host,
    type,
  }));
  return looking.zones(`host ${host}`, () => lookWith(host, () => questions, looking));
}

/** The hosts of a domain's services, from the answer of each server of its zone. */
export async function lookAtRoute(
  domain: Fqdn,
  records: readonly Asked[],
  looking: ZoneLooking,
): Promise<readonly Look[]> {
  const one = (name: Fqdn, type: RecordType): Promise<Look> =>
    looking.zones(`route ${type} ${name}`, () =>
      lookWith(name, () => [{ purpose: 'route', name, type }], looking),
    );
  // Behind an alias the records have other servers.
  const ends = records.flatMap(({ name, type, lookup }) => {
    const owner = lookup.status === 'found' ? lookup.rrset.owner : name;
    return [...new Set([name, owner])].map((at) => ({ name: at, type }));
  });
  return Promise.all([
    lookAtZone(domain, looking),
    ...ends.map(({ name, type }) => one(name, type)),
  ]);
}
