// bunny.net DNS (https://docs.bunny.net/api-reference/core/dns-zone/): single records; types are
// numbers, PUT creates a record and POST changes one.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { below } from './_kit/names.ts';
import { allPages } from './_kit/pages.ts';
import { rdataFromText, rdataText, txtFromValue, txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { NewRecord, RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';

const HOST = 'bunny.net';
const PAGE = 100;
const NUMBERS: Partial<Record<RecordType, number>> = { TXT: 3, TLSA: 15 };

interface Zone extends ZoneRef {
  readonly id: string;
}

export const bunny = defineProvider({
  type: 'bunny',
  title: 'bunny.net DNS',
  site: 'https://docs.bunny.net/api-reference/core/dns-zone/add-dns-record',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: false,
  },
  options: {
    access_key: required(
      'secret',
      'the API key of the account; it allows everything in the account',
    ),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Switch DNSSEC on in the panel of the zone and give the DS record to the registrar.',
    'The key cannot be limited to DNS: protect it like the password of the account.',
  ],
  async open(options, tools) {
    const { access_key: key } = options;
    const place = { host: HOST, address: 'https://api.bunny.net', secrets: [key] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ AccessKey: key }),
      said: (body) => body.at('Message').text(),
    });
    return overRecords<Zone>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RecordVerbs<Zone> {
  const zonePath = ({ id }: Zone): string => `/dnszone/${encodeURIComponent(id)}`;
  const recordPath = (zone: Zone, id: string): string =>
    `${zonePath(zone)}/records/${encodeURIComponent(id)}`;
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async list(zone, owner, type, call) {
      const { name } = zone;
      const answer = (await api.send('GET', { path: zonePath(zone) }, call)).json();
      const records = answer.at('Records');
      return (records.isMissing ? [] : records.list())
        .filter((record) => isOf(record, below(owner, name), type))
        .map((record) => ({
          id: record.at('Id').id(),
          ttl: record.at('Ttl').number(),
          rdata: rdataOf(type, record.at('Value').text()),
        }));
    },
    async add(zone, record, call) {
      const what = `a new ${record.type} record at ${record.owner}`;
      const path = `${zonePath(zone)}/records`;
      await api.send('PUT', { path, body: bodyOf(zone, record), what }, call);
    },
    async remove(zone, { id, owner, type }, call) {
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('DELETE', { path: recordPath(zone, id), what, takes: [404] }, call);
    },
    async retime(zone, record, call) {
      const body = { Id: Number(record.id), ...bodyOf(zone, record) };
      const what = `the TTL of ${record.type} at ${record.owner}`;
      await api.send('POST', { path: recordPath(zone, record.id), body, what }, call);
    },
  };
}

/** The search also finds zones with similar names. */
async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<Zone | undefined> {
  const zones = await allPages(HOST, 'the list of zones', async (page) => {
    const query = { search: hostOf(name), page, perPage: PAGE };
    const answer = (await api.send('GET', { path: '/dnszone', query }, call)).json();
    return { items: answer.at('Items').list(), isLast: !answer.at('HasMoreItems').flag() };
  });
  const zone = zones.find((item) => fqdn(item.at('Domain').text()) === name);
  return zone && { name, id: zone.at('Id').id() };
}

/** A disabled record is in the panel but not in DNS. */
function isOf(record: Json, name: string, type: RecordType): boolean {
  const isOff = !record.at('Disabled').isMissing && record.at('Disabled').flag();
  const told = record.at('Name').isMissing ? '' : record.at('Name').text().toLowerCase();
  const own = told === '@' ? '' : told;
  return !isOff && own === name && record.at('Type').numeric() === NUMBERS[type];
}

/** TXT is returned unchanged: quotation marks are part of the value. */
const rdataOf = (type: RecordType, value: string): RdataHex =>
  type === 'TLSA' ? rdataFromText(type, value) : txtFromValue(value);

function bodyOf({ name }: Zone, { owner, type, ttl, rdata }: NewRecord): object {
  const Value = type === 'TLSA' ? rdataText(type, rdata) : txtValue(rdata);
  return { Type: NUMBERS[type], Name: below(owner, name), Value, Ttl: ttl };
}
