// A zone as a correct server answers for it (RFC 1034 §4.3.2, RFC 4592): empty non-terminals,
// wildcards, aliases, delegations.
import { fqdn, type Fqdn } from '../../src/dns/name.ts';
import { targetName, targetRdata } from '../../src/dns/rdata.ts';
import { typeName } from '../../src/dns/record-type.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import { truthOf, type Nodes } from '../dns/zone-model.ts';
import { fakeServer, respond } from './fake-server.ts';
import type { FakeRecord, FakeResponse, FakeServer } from './fake-server.ts';

export interface FakeZone {
  readonly zone: Fqdn;
  /**
   * `owner TYPE`, relative to the zone; the data in hexadecimal, or the name that a CNAME or NS
   * record has.
   */
  readonly records: Readonly<Record<string, string>>;
  /** Answers NODATA for names that do not exist (compact denial, RFC 9824). */
  readonly isCompact?: boolean;
}

type Entries = ReadonlyMap<string, FakeRecord>;

function entriesOf({ zone, records }: FakeZone): Entries {
  const soa = `${targetRdata(zone).repeat(2)}${'00000001'.repeat(5)}`;
  const all: FakeRecord[] = [
    { owner: zone, type: 'SOA', rdata: soa },
    { owner: zone, type: 'NS', rdata: targetRdata(fqdn(`ns.${zone}`)) },
    ...Object.entries(records).map(([key, data]): FakeRecord => {
      const [name, type] = key.split(' ') as [string, RecordType];
      const owner = name === '@' ? zone : fqdn(`${name}.${zone}`);
      const isName = type === 'CNAME' || type === 'NS';
      return { owner, type, rdata: isName ? targetRdata(fqdn(data)) : data };
    }),
  ];
  return new Map(all.map((record) => [`${record.owner} ${record.type}`, record]));
}

function nodesOf(entries: Entries): Nodes {
  const nodes = new Map<Fqdn, RecordType[]>();
  for (const { owner, type } of entries.values()) {
    nodes.set(owner, [...(nodes.get(owner) ?? []), type]);
  }
  return nodes;
}

export function answerOf(fake: FakeZone, name: Fqdn, type: RecordType): FakeResponse {
  const { zone, isCompact = false } = fake;
  const entries = entriesOf(fake);
  const nodes = nodesOf(entries);
  const denial = [entries.get(`${zone} SOA`)].flatMap((soa) => soa ?? []);
  const truth = truthOf(nodes, zone, name, type);
  if (truth.is === 'referral') {
    const cut = [...entries.values()].find((one) => one.type === 'NS' && one.owner !== zone);
    return { flags: [], authorities: cut === undefined ? [] : [cut] };
  }
  if (truth.is === 'nxdomain') {
    return { flags: ['AA'], rcode: isCompact ? 0 : 3, authorities: denial };
  }
  const source = truth.wildcard ?? name;
  const found = entries.get(`${source} ${truth.is === 'alias' ? 'CNAME' : type}`);
  if (truth.is === 'nodata' || found === undefined) return { flags: ['AA'], authorities: denial };
  const answers = [{ ...found, owner: name }];
  const target = truth.is === 'alias' ? targetName(found.rdata) : undefined;
  const more = target?.endsWith(zone) ? answerOf(fake, target, type) : { authorities: [] };
  return {
    flags: ['AA'],
    answers: [...answers, ...(more.answers ?? [])],
    authorities: more.authorities ?? [],
  };
}

/** The queries, as `name TYPE`. */
export const askedOf = ({ requests }: FakeServer): readonly string[] =>
  requests.flatMap((request) =>
    readQuestions(request).questions.map(({ name, type }) => `${name} ${typeName(type)}`),
  );

export function fakeZone(fake: FakeZone): Promise<FakeServer> {
  return fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    if (question === undefined) return [];
    const type = typeName(question.type) as RecordType;
    return [respond(request, answerOf(fake, question.name, type))];
  });
}

/** A resolver that has only this zone. */
export function fakeResolver(fake: FakeZone): Promise<FakeServer> {
  return fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    if (question === undefined) return [];
    const type = typeName(question.type) as RecordType;
    return [respond(request, { ...answerOf(fake, question.name, type), flags: ['RA', 'AD'] })];
  });
}
