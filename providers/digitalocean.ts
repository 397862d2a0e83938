// DigitalOcean (https://docs.digitalocean.com/products/networking/dns/reference/api/): single
// records; no TLSA, and no signed zones.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { belowOrAt } from './_kit/names.ts';
import { allPages } from './_kit/pages.ts';
import { txtFromValue, txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';

const HOST = 'DigitalOcean';
const PAGE = 200;
/** Fields of other types. The description requires them, and they are empty for TXT. */
const UNUSED = { priority: null, port: null, weight: null, flags: null, tag: null };

export const digitalocean = defineProvider({
  type: 'digitalocean',
  title: 'DigitalOcean',
  site: 'https://docs.digitalocean.com/reference/api/',
  traits: {
    types: ['TXT'],
    conditional: false,
    edits: 'record',
    ttl: { least: 30 },
    signs: 'never',
    tellsApplied: false,
    limits: '250 requests a minute and 5000 an hour for each token',
  },
  options: {
    token: required('secret', 'a token with the scopes domain:read, :create, :update and :delete'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'It has no TLSA records and does not sign zones.',
    'A CNAME into a signed zone does not help: the CNAME itself would be in an unsigned ' +
      'zone. Move the zone, or give the service a name in a signed one.',
  ],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.digitalocean.com', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said: (body) => body.at('message').text(),
    });
    return overRecords<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RecordVerbs<ZoneRef> {
  const recordPath = (zone: ZoneRef, id: string): string =>
    `${domainPath(zone.name)}/records/${encodeURIComponent(id)}`;
  return {
    async zoneAt(name, call) {
      const answer = await api.send('GET', { path: domainPath(name), takes: [404] }, call);
      if (answer.status === 404) return undefined;
      return { name: fqdn(answer.json().at('domain').at('name').text()) };
    },
    async list(zone, owner, type, call) {
      const own = belowOrAt(owner, zone.name);
      return (await recordsOf(zone, type, api, call))
        .filter((record) => record.at('name').text().toLowerCase() === own)
        .map((record) => ({
          id: record.at('id').id(),
          ttl: record.at('ttl').number(),
          // Unchanged: quotation marks are part of the value.
          rdata: txtFromValue(record.at('data').text()),
        }));
    },
    async add(zone, { owner, type, ttl, rdata }, call) {
      const name = belowOrAt(owner, zone.name);
      const body = { type, name, data: txtValue(rdata), ttl, ...UNUSED };
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('POST', { path: `${domainPath(zone.name)}/records`, body, what }, call);
    },
    async remove(zone, { id, owner, type }, call) {
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('DELETE', { path: recordPath(zone, id), what, takes: [404] }, call);
    },
    async retime(zone, { id, owner, type, ttl }, call) {
      const what = `the TTL of ${type} at ${owner}`;
      await api.send('PATCH', { path: recordPath(zone, id), body: { type, ttl }, what }, call);
    },
  };
}

const domainPath = (name: Fqdn): string => `/v2/domains/${encodeURIComponent(hostOf(name))}`;

/**
 * All records of a type: it is not documented whether the filter for names finds a wildcard. The
 * pages are counted here; links are not followed, because they could lead the token elsewhere.
 */
async function recordsOf(
  { name }: ZoneRef,
  type: string,
  api: Api,
  call: Call,
): Promise<readonly Json[]> {
  return allPages(HOST, 'the list of records', async (page) => {
    const request = { path: `${domainPath(name)}/records`, query: { type, page, per_page: PAGE } };
    const answer = (await api.send('GET', request, call)).json();
    const isLast = answer.at('links').at('pages').at('next').isMissing;
    return { items: answer.at('domain_records').list(), isLast };
  });
}
