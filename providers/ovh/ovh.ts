// OVHcloud (https://eu.api.ovh.com/console/?section=%2Fdomain): single records with numbers, and a
// zone that shows its changes only after a refresh. Its filters are patterns, in which `_` means
// any character: the results are checked once more.
import type { Clock, Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { hostOf } from '../../src/dns/name.ts';
import type { Call } from '../../src/ports/call.ts';
import type { Api } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import { denied } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { below } from '../_kit/names.ts';
import { rdataFromText, rdataText } from '../_kit/rdata.ts';
import { reach } from '../_kit/reach.ts';
import type { HeldRecord, RecordVerbs } from '../_kit/records.ts';
import { overRecords } from '../_kit/records.ts';
import type { RRsetKey, ZoneRef } from '../_kit/rrsets.ts';
import { signatureHeaders } from './signature.ts';

const HOST = 'OVH';
const REGIONS = {
  eu: 'https://eu.api.ovh.com/1.0',
  ca: 'https://ca.api.ovh.com/1.0',
  us: 'https://api.us.ovhcloud.com/1.0',
};
/** For a record without a TTL of its own. */
const USUAL_TTL: Seconds = 3600;
/**
 * For this long the difference to its clock is used: one of the two clocks may be set meanwhile.
 */
const CLOCK_HOLDS: Seconds = 600;

export const ovh = defineProvider({
  type: 'ovh',
  title: 'OVHcloud',
  site: 'https://eu.api.ovh.com/console/?section=%2Fdomain&branch=v1',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: false,
  },
  options: {
    application_key: required('text', 'the key of the application that was registered at OVH'),
    application_secret: required('secret', 'its secret'),
    consumer_key: required('secret', 'the key that gives it access to your account'),
    region: optional('text', 'the region of the account: eu (default), ca or us', [
      ...Object.keys(REGIONS),
    ]),
    ...HTTP_OPTIONS,
  },
  notes: [
    'The consumer key needs GET, POST, PUT and DELETE on /domain/zone/*, or on /domain/zone/ZONE and /domain/zone/ZONE/* for one zone.',
    'Changes are published for the zone as a whole: unpublished changes of others are ' +
      'published with them.',
    'DNSSEC is switched on for each zone in the control panel.',
  ],
  async open(options, tools) {
    const { application_key: applicationKey, region = 'eu' } = options;
    const { application_secret: applicationSecret, consumer_key: consumerKey } = options;
    const address = REGIONS[region as keyof typeof REGIONS];
    const place = { host: HOST, address, secrets: [applicationSecret, consumerKey] };
    const common = {
      ...(await reach(place, options, tools)),
      said: (body: Json) => body.at('message').text(),
    };
    const ahead = clockOf(createApi({ ...common, headers: () => ({}) }), tools.clock);
    const credentials = { applicationKey, applicationSecret, consumerKey };
    const api = createApi({
      ...common,
      headers: async ({ method, url, body }, call) =>
        signatureHeaders(credentials, { method, url: url.href, body }, await ahead(call)),
    });
    return overRecords<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RecordVerbs<ZoneRef> {
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    list: (zone, owner, type, call) => list(zone, { owner, type }, api, call),
    async add(zone, { owner, type, ttl, rdata }, call) {
      const body = {
        ...{ fieldType: type, subDomain: below(owner, zone.name) },
        ...{ target: rdataText(type, rdata), ttl },
      };
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('POST', { path: `${pathOf(zone.name)}/record`, body, what }, call);
    },
    async remove(zone, { id, owner, type }, call) {
      const path = `${pathOf(zone.name)}/record/${encodeURIComponent(id)}`;
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('DELETE', { path, what, takes: [404] }, call);
    },
    async retime(zone, { id, owner, type, ttl, rdata }, call) {
      const path = `${pathOf(zone.name)}/record/${encodeURIComponent(id)}`;
      // Without the type: it cannot change, and sending it is refused.
      const body = { subDomain: below(owner, zone.name), target: rdataText(type, rdata), ttl };
      await api.send('PUT', { path, body, what: `the TTL of ${type} at ${owner}` }, call);
    },
    async publish(zone, call) {
      const what = `the refresh of zone ${zone.name}`;
      await api.send('POST', { path: `${pathOf(zone.name)}/refresh`, what }, call);
    },
  };
}

const pathOf = (name: Fqdn): string => `/domain/zone/${encodeURIComponent(hostOf(name))}`;

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<ZoneRef | undefined> {
  const answer = await api.send('GET', { path: pathOf(name), takes: [403, 404] }, call);
  if (answer.status !== 403) return answer.status === 404 ? undefined : { name };
  const error = answer.json();
  // A key for one zone may not ask for another.
  if (error.at('errorCode').raw === 'NOT_GRANTED_CALL') return undefined;
  const said = error.at('message');
  throw denied(HOST, said.isMissing ? undefined : said.text());
}

async function list(
  { name }: ZoneRef,
  { owner, type }: RRsetKey,
  api: Api,
  call: Call,
): Promise<readonly HeldRecord[]> {
  const subDomain = below(owner, name);
  const path = `${pathOf(name)}/record`;
  const answer = await api.send('GET', { path, query: { fieldType: type, subDomain } }, call);
  const found: HeldRecord[] = [];
  for (const id of answer
    .json()
    .list()
    .map((item) => item.id())) {
    const one = await api.send('GET', { path: `${path}/${id}`, takes: [404] }, call);
    // It was removed in the meantime.
    if (one.status === 404) continue;
    const record = one.json();
    const [itsName, ttl] = [record.at('subDomain'), record.at('ttl')];
    if ((itsName.isMissing ? '' : itsName.text()).toLowerCase() !== subDomain) continue;
    if (record.at('fieldType').text() !== type) continue;
    found.push({
      id,
      ttl: (ttl.isMissing ? 0 : ttl.number()) || USUAL_TTL,
      rdata: rdataFromText(type, record.at('target').text()),
    });
  }
  return found;
}

/** The time at OVH. */
function clockOf(api: Api, clock: Clock): (call: Call) => Promise<number> {
  let known: { readonly at: number; readonly ahead: Seconds } | undefined;
  return async (call) => {
    const age = known === undefined ? Infinity : clock.now() - known.at;
    if (known === undefined || age < 0 || age > CLOCK_HOLDS) {
      const answer = await api.send('GET', { path: '/auth/time' }, call);
      const at = clock.now();
      known = { at, ahead: answer.json().number() - at };
    }
    return clock.now() + known.ahead;
  };
}
