// Cloudflare (https://developers.cloudflare.com/api/resources/dns/): single records with
// identifiers. TLSA is sent as fields and returned in upper case.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { allPages } from './_kit/pages.ts';
import { rdataFromText, tlsaFields, tlsaFromFields, txtText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { HeldRecord, RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';

const HOST = 'Cloudflare';
const PAGE = 100;
/** An identical record already exists. */
const IDENTICAL = 81058;

interface Zone extends ZoneRef {
  readonly id: string;
}

export const cloudflare = defineProvider({
  type: 'cloudflare',
  title: 'Cloudflare',
  site: 'https://developers.cloudflare.com/api/resources/dns/subresources/records/',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: false,
    limits: '1200 requests in five minutes',
  },
  options: {
    token: required('secret', 'an API token with Zone:Read and DNS:Edit for the zone'),
    ...HTTP_OPTIONS,
  },
  notes: ['Switch DNSSEC on in the dashboard and give the DS record to the registrar.'],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.cloudflare.com/client/v4', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said: (body) => body.at('errors').list()[0]?.at('message').text(),
    });
    return overRecords<Zone, HeldRecord>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RecordVerbs<Zone> {
  const recordsOf = ({ id }: Zone): string => `/zones/${encodeURIComponent(id)}/dns_records`;
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    list: async (zone, owner, type, call) =>
      (await pages(api, recordsOf(zone), { name: hostOf(owner), type }, call)).map((record) => ({
        id: record.at('id').id(),
        ttl: record.at('ttl').number(),
        rdata: rdataOf(type, record),
      })),
    async add(zone, { owner, type, ttl, rdata }, call) {
      const body = { type, name: hostOf(owner), ttl, ...dataOf(type, rdata) };
      const what = `the removal of a ${type} record at ${owner}`;
      const answer = await api.send(
        'POST',
        { path: recordsOf(zone), body, what, takes: [400] },
        call,
      );
      if (answer.status !== 400) return;
      const codes = answer.json().at('errors').list();
      if (codes.some((error) => error.at('code').raw === IDENTICAL)) return;
      throw refused(HOST, what, codes.map((error) => error.at('message').text()).join('; '));
    },
    async remove(zone, { id, owner, type }, call) {
      const path = `${recordsOf(zone)}/${encodeURIComponent(id)}`;
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('DELETE', { path, what, takes: [404] }, call);
    },
    async retime(zone, { id, owner, type, ttl }, call) {
      const path = `${recordsOf(zone)}/${encodeURIComponent(id)}`;
      await api.send(
        'PATCH',
        { path, body: { ttl }, what: `the TTL of ${type} at ${owner}` },
        call,
      );
    },
  };
}

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<Zone | undefined> {
  const [zone] = await pages(api, '/zones', { name: hostOf(name) }, call);
  return zone && { name: fqdn(zone.at('name').text()), id: zone.at('id').text() };
}

async function pages(
  api: Api,
  path: string,
  filter: Readonly<Record<string, string>>,
  call: Call,
): Promise<readonly Json[]> {
  return allPages(HOST, 'a list', async (page) => {
    const query = { ...filter, page, per_page: PAGE };
    const answer = (await api.send('GET', { path, query }, call)).json();
    const last = answer.at('result_info').at('total_pages').number();
    return { items: answer.at('result').list(), isLast: page >= last };
  });
}

function rdataOf(type: RecordType, record: Json): RdataHex {
  if (type !== 'TLSA') return rdataFromText(type, record.at('content').text());
  const data = record.at('data');
  return tlsaFromFields({
    usage: data.at('usage').numeric(),
    selector: data.at('selector').numeric(),
    matchingType: data.at('matching_type').numeric(),
    data: data.at('certificate').text(),
  });
}

/** TLSA as fields: as text it is refused. */
function dataOf(type: RecordType, rdata: RdataHex): object {
  if (type !== 'TLSA') return { content: txtText(rdata) };
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return { data: { usage, selector, matching_type: matchingType, certificate: data } };
}
