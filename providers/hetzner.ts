// Hetzner (https://docs.hetzner.cloud/reference/cloud#zone-rrset-actions): RRsets, whose records
// are added and removed by actions that complete after the answer. It accepts TLSA, but it does not
// sign zones, and clients use TLSA from signed zones only (RFC 6698 §4.1).
import type { Clock } from '../src/base/clock.ts';
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { failed, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { belowOrAt } from './_kit/names.ts';
import { txtFromText, txtText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { RRsetKey, ZoneRef } from './_kit/rrsets.ts';

const HOST = 'Hetzner';
/** How long an action may take before it is left to the next run. */
const LONGEST_ACTION = 60;
/** The record already exists. */
const TWICE = 'uniqueness_error';

interface Zone extends ZoneRef {
  /** For RRsets without a TTL of their own. */
  readonly ttl: number;
}

export const hetzner = defineProvider({
  type: 'hetzner',
  title: 'Hetzner',
  site: 'https://docs.hetzner.cloud/reference/cloud#zone-rrset-actions',
  traits: {
    types: ['TXT'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'never',
    tellsApplied: false,
    limits: '3600 requests an hour for each project',
  },
  options: {
    token: required('secret', 'a token of the project with read and write access'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'It does not sign zones, and clients use TLSA from signed zones only: so holger does ' +
      'not use it for TLSA, although it accepts such records.',
    'A CNAME into a signed zone does not help: the CNAME itself would be in an unsigned ' +
      'zone. Move the zone, or give the service a name in a signed one.',
    'Zones of the old DNS console (dns.hetzner.com) must be moved to the Cloud Console ' + 'first.',
  ],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.hetzner.cloud/v1', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said: (body) => body.at('error').at('message').text(),
    });
    return overRecords<Zone>({
      host: HOST,
      traits: this.traits,
      ...verbs(api, actWith(api, tools.clock)),
    });
  },
});

interface Action {
  readonly verb: 'add_records' | 'remove_records' | 'change_ttl';
  readonly body: object;
}

/** What is there already, and what is gone already. */
const TAKEN = { add_records: [409, 422], remove_records: [404], change_ttl: [] };

type Act = (zone: Zone, set: RRsetKey, action: Action, call: Call) => Promise<void>;

function actWith(api: Api, clock: Clock): Act {
  return async (zone, set, { verb, body }, call) => {
    const what = `the change of ${set.type} at ${set.owner}`;
    const path = `${rrsetPath(zone, set)}/actions/${verb}`;
    const answer = await api.send('POST', { path, body, what, takes: TAKEN[verb] }, call);
    if (answer.status === 404) return;
    const told = answer.json();
    if (answer.status < 300) return ended({ first: told.at('action'), what }, api, clock, call);
    const error = told.at('error');
    if (error.at('code').raw !== TWICE) throw refused(HOST, what, error.at('message').text());
  };
}

function verbs(api: Api, act: Act): RecordVerbs<Zone> {
  const rrsetAt = async (zone: Zone, set: RRsetKey, call: Call): Promise<Json | undefined> => {
    const request = { path: rrsetPath(zone, set), takes: [404] };
    const answer = await api.send('GET', request, call);
    return answer.status === 404 ? undefined : answer.json().at('rrset');
  };
  /** The RRset has one TTL: a record cannot be added with another one. */
  const retime = async (zone: Zone, set: RRsetKey & { ttl: number }, call: Call): Promise<void> => {
    const rrset = await rrsetAt(zone, set, call);
    if (rrset === undefined || ttlOf(rrset, zone) === set.ttl) return;
    await act(zone, set, { verb: 'change_ttl', body: { ttl: set.ttl } }, call);
  };
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async list(zone, owner, type, call) {
      const rrset = await rrsetAt(zone, { owner, type }, call);
      if (rrset === undefined) return [];
      const ttl = ttlOf(rrset, zone);
      return rrset
        .at('records')
        .list()
        .map((record) => record.at('value').text())
        .map((value) => ({ id: value, ttl, rdata: txtFromText(value) }));
    },
    async add(zone, record, call) {
      await retime(zone, record, call);
      const records = [{ value: txtText(record.rdata) }];
      await act(zone, record, { verb: 'add_records', body: { ttl: record.ttl, records } }, call);
    },
    remove: (zone, record, call) =>
      act(
        zone,
        record,
        { verb: 'remove_records', body: { records: [{ value: record.id }] } },
        call,
      ),
    retime,
  };
}

const zonePath = (name: Fqdn): string => `/zones/${encodeURIComponent(hostOf(name))}`;
const rrsetPath = ({ name }: Zone, { owner, type }: RRsetKey): string =>
  `${zonePath(name)}/rrsets/${encodeURIComponent(belowOrAt(owner, name))}/${type}`;

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<Zone | undefined> {
  const answer = await api.send('GET', { path: zonePath(name), takes: [404] }, call);
  if (answer.status === 404) return undefined;
  const zone = answer.json().at('zone');
  return { name: fqdn(zone.at('name').text()), ttl: zone.at('ttl').number() };
}

function ttlOf(rrset: Json, zone: Zone): number {
  const ttl = rrset.at('ttl');
  return ttl.isMissing ? zone.ttl : ttl.number();
}

/** Records are removed only after the new ones were added. */
async function ended(
  { first, what }: { readonly first: Json; readonly what: string },
  api: Api,
  clock: Clock,
  call: Call,
): Promise<void> {
  const until = clock.now() + LONGEST_ACTION;
  const path = `/actions/${encodeURIComponent(first.at('id').id())}`;
  for (let action = first; ;) {
    const status = action.at('status').text();
    if (status === 'success') return;
    if (status === 'error') {
      throw failed(HOST, what, action.at('error').at('message').text());
    }
    if (clock.now() >= until) throw failed(HOST, what, 'it is not done yet');
    await clock.sleep(1, call.signal);
    action = (await api.send('GET', { path }, call)).json().at('action');
  }
}
