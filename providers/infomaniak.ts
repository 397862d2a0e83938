// Infomaniak (https://developer.infomaniak.com/docs/api, version 2): single records with numbers.
// Each answer says whether it is an error, whatever its status. TXT is sent without quotation marks
// and returned with them; digests may be returned with spaces.
import type { Fqdn } from '../src/dns/name.ts';
import { hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { HttpMethod } from '../src/http/client.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api, ApiRequest } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { denied, failed, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { below } from './_kit/names.ts';
import { allPages } from './_kit/pages.ts';
import { rdataFromText, rdataText, txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { HeldRecord, RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { RRsetKey, ZoneRef } from './_kit/rrsets.ts';

const HOST = 'Infomaniak';
const DENIED = ['not_authorized', 'forbidden'];
/** The spellings of the apex. */
const APEX = ['.', '', '@'];

export const infomaniak = defineProvider({
  type: 'infomaniak',
  title: 'Infomaniak',
  site: 'https://developer.infomaniak.com/docs/api/get/2/zones/%7Bzone%7D/records',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 300 },
    signs: 'on-request',
    tellsApplied: false,
    limits: '60 requests a minute',
  },
  options: {
    token: required('secret', 'an API token with the scopes domain:read, dns:read and dns:write'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'The minimum TTL is not documented: a TTL shorter than 300 s is raised to 300 s.',
    'DNSSEC is switched on for each domain in the manager.',
  ],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.infomaniak.com', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said: (body) => saidIn(body.at('error')),
    });
    return overRecords<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RecordVerbs<ZoneRef> {
  const bodyOf = (type: RecordType, rdata: RdataHex, ttl: number): object => ({
    target: type === 'TXT' ? txtValue(rdata) : rdataText(type, rdata),
    ttl,
  });
  return {
    async zoneAt(name, call) {
      const answer = await ask(api, 'GET', { path: `${pathOf(name)}/exists` }, call);
      return answer?.at('data').flag() === true ? { name } : undefined;
    },
    list: (zone, owner, type, call) => list(zone, { owner, type }, api, call),
    async add(zone, { owner, type, ttl, rdata }, call) {
      const body = { source: below(owner, zone.name) || '.', type, ...bodyOf(type, rdata, ttl) };
      const what = `the removal of a ${type} record at ${owner}`;
      const made = await ask(
        api,
        'POST',
        { path: `${pathOf(zone.name)}/records`, body, what },
        call,
      );
      if (made === undefined) throw refused(HOST, what, 'the zone does not exist');
    },
    async remove(zone, { id, owner, type }, call) {
      const path = `${pathOf(zone.name)}/records/${encodeURIComponent(id)}`;
      await ask(api, 'DELETE', { path, what: `the removal of a ${type} record at ${owner}` }, call);
    },
    async retime(zone, { id, owner, type, ttl, rdata }, call) {
      const path = `${pathOf(zone.name)}/records/${encodeURIComponent(id)}`;
      const what = `the TTL of ${type} at ${owner}`;
      const made = await ask(api, 'PUT', { path, body: bodyOf(type, rdata, ttl), what }, call);
      if (made === undefined) throw refused(HOST, what, 'the record does not exist any more');
    },
  };
}

const pathOf = (name: Fqdn): string => `/2/zones/${encodeURIComponent(hostOf(name))}`;

/** Undefined: it does not exist. */
async function ask(
  api: Api,
  method: HttpMethod,
  request: ApiRequest,
  call: Call,
): Promise<Json | undefined> {
  const answer = await api.send(method, { ...request, takes: [404] }, call);
  if (answer.status === 404) return undefined;
  const body = answer.json();
  if (body.at('result').text() === 'success') return body;
  const error = body.at('error');
  const [code, said] = [error.at('code').text(), saidIn(error)];
  if (code === 'object_not_found') return undefined;
  if (DENIED.includes(code)) throw denied(HOST, said);
  const { what = 'a question' } = request;
  throw code === 'validation_failed' ? refused(HOST, what, said) : failed(HOST, what, said);
}

function saidIn(error: Json): string {
  const errors = error.at('errors');
  const all = [error, ...(errors.isMissing ? [] : errors.list())];
  return all.map((one) => `${one.at('description').text()} (${one.at('code').text()})`).join('; ');
}

/** The whole zone is read, because it is not documented how its filters compare. */
async function list(
  { name }: ZoneRef,
  { owner, type }: RRsetKey,
  api: Api,
  call: Call,
): Promise<readonly HeldRecord[]> {
  const wanted = below(owner, name);
  const what = `the query for zone ${name}`;
  const records = await allPages(HOST, what, async (page) => {
    const request = { path: `${pathOf(name)}/records`, query: { page } };
    const answer = await ask(api, 'GET', request, call);
    if (answer === undefined) throw refused(HOST, what, 'it does not exist any more');
    const last = answer.at('pages');
    return { items: answer.at('data').list(), isLast: last.isMissing || page >= last.number() };
  });
  const sourceOf = (record: Json): string => {
    const source = record.at('source').text().toLowerCase();
    return APEX.includes(source) ? '' : source;
  };
  return records
    .filter((record) => sourceOf(record) === wanted && record.at('type').text() === type)
    .map((record) => ({
      id: record.at('id').id(),
      ttl: record.at('ttl').number(),
      rdata: rdataFromText(type, record.at('target').text()),
    }));
}
