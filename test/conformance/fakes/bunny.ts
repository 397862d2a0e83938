import {
  rdataFromText,
  tlsaFields,
  txtFromValue,
  txtValue,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const KEY = 'bunny-key-7c1a5b6e-92d4-4f0e-a3f1-5a8d1c2e9b77';
/** Smaller than the one that is asked for: more than one page. */
const PAGE = 1;
const NUMBERS: readonly string[] = [
  ...['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'Redirect', 'Flatten', 'PullZone'],
  ...['SRV', 'CAA', 'PTR', 'Script', 'NS', 'SVCB', 'HTTPS', 'TLSA'],
];
/** Of AddDnsRecordModel and UpdateDnsRecordModel, which take no other properties. */
const KNOWN = new Set(['Id', 'Type', 'Ttl', 'Value', 'Name', 'Disabled', 'Comment']);

/** In the panel, and not in DNS. */
const SWITCHED_OFF = {
  ...{ Id: 7, Type: NUMBERS.indexOf('TLSA'), Ttl: 300, Name: '_25._tcp.mx1', Disabled: true },
  Value: `3 1 1 ${'0f'.repeat(32)}`,
};

type Written = Readonly<Record<string, unknown>>;

const failure = (status: number, ErrorKey: string, Message: string, Field = ''): FakeAnswer => ({
  status,
  body: { ErrorKey, Field, Message },
});
const invalid = (field: string, message: string): FakeAnswer =>
  failure(400, 'validation_error', message, field);

/** Names with the capitals that a person typed into the panel. */
function told(far: FarSide, zone: FarZone, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const Value =
    type === 'TLSA' ? `${usage} ${selector} ${matchingType} ${far.hex(data)}` : txtValue(rdata);
  const name = owner === zone.name ? '' : owner.slice(0, -(zone.name.length + 1));
  const Name = far.shouts ? name.toUpperCase() : name;
  const rest = { Weight: 100, Priority: 0, Port: 0, Flags: 0, Tag: '', Disabled: false };
  return { Id: Number(id), Type: NUMBERS.indexOf(type), Ttl: ttl, Value, Name, ...rest };
}

function wrongIn(written: Written): FakeAnswer | undefined {
  const { Type, Ttl, Value, Name } = written;
  const unknown = Object.keys(written).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) return invalid(unknown, 'The property is not known.');
  if (typeof Type !== 'number' || NUMBERS[Type] === undefined)
    return invalid('Type', 'The type is invalid.');
  if (typeof Name !== 'string') return invalid('Name', 'The name is required.');
  if (typeof Value !== 'string' || Value === '') return invalid('Value', 'The value is required.');
  if (typeof Ttl !== 'number' || Ttl < 60) return invalid('Ttl', 'The TTL is invalid.');
  return undefined;
}

function rdataIn(type: string, value: string): string {
  return type === 'TLSA' ? rdataFromText('TLSA', value) : txtFromValue(value);
}

function create(far: FarSide, zone: FarZone, written: Written): FakeAnswer {
  const wrong = wrongIn(written);
  if (wrong !== undefined) return wrong;
  const type = NUMBERS[Number(written['Type'])] as RecordType;
  const name = String(written['Name']);
  const owner = fqdn(name === '' ? zone.name : `${name}.${zone.name}`);
  const rdata = rdataIn(type, String(written['Value']));
  const record = far.add(zone, owner, type, rdata, Number(written['Ttl']));
  return { status: 201, body: told(far, zone, record) };
}

function one(far: FarSide, zone: FarZone, id: string, { method, json }: FakeRequest): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined)
    return failure(404, 'dnsrecord.not_found', 'The requested DNS record was not found.');
  if (method === 'DELETE') {
    far.remove(zone, id);
    return { status: 204 };
  }
  if (method !== 'POST') return { status: 405 };
  const written = json as Written;
  const wrong = wrongIn(written);
  if (wrong !== undefined) return wrong;
  record.rdata = rdataIn(record.type, String(written['Value']));
  record.ttl = Number(written['Ttl']);
  return { status: 204 };
}

function zones(far: FarSide, { url }: FakeRequest): FakeAnswer {
  const search = url.searchParams.get('search') ?? '';
  const at = Number(url.searchParams.get('page') ?? 1);
  if (Number(url.searchParams.get('perPage') ?? 1000) < 5)
    return invalid('perPage', 'The value must be between 5 and 1000.');
  const found = far.zones.filter(({ name }) => hostOf(name).includes(search));
  // Those that were made last come first.
  const Items = found
    .toReversed()
    .slice((at - 1) * PAGE, at * PAGE)
    .map(({ id, name }) => ({ Id: Number(id), Domain: hostOf(name), DnsSecEnabled: true }));
  const HasMoreItems = at * PAGE < found.length;
  return { body: { Items, CurrentPage: at, TotalItems: found.length, HasMoreItems } };
}

export const bunny: Fake = {
  type: 'bunny',
  source:
    'https://core-api-public-docs.b-cdn.net/docs/v3/public.json, as in BunnyWay/cli packages/api/specs/core.json',
  secrets: [KEY],
  options: (url) => ({ access_key: KEY, endpoint: url }),

  answer(request, far) {
    const { method, path, headers, json } = request;
    if (headers['accesskey'] !== KEY) return { status: 401, body: '' };
    if (path === '/dnszone' && method === 'GET') return zones(far, request);
    const [, zoneId = '', rest = ''] = /^\/dnszone\/(\d+)(\/.*)?$/.exec(path) ?? [];
    const zone = far.zoneById(zoneId);
    if (zone === undefined) {
      return failure(404, 'dnszone.not_found', 'The requested DNS zone was not found.');
    }
    if (rest === '' && method === 'GET') {
      const Records = [SWITCHED_OFF, ...zone.records.map((record) => told(far, zone, record))];
      return { body: { Id: Number(zone.id), Domain: hostOf(zone.name), Records } };
    }
    if (rest === '/records' && method === 'PUT') return create(far, zone, json as Written);
    const [, id] = /^\/records\/(\d+)$/.exec(rest) ?? [];
    return id === undefined ? { status: 405 } : one(far, zone, id, request);
  },
};
