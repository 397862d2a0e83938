// ISPConfig (https://git.ispconfig.org/ispconfig/ispconfig3, remoting_client/API-docs): the panel
// of a server of the operator. The method is the query of one URL, every answer has status 200, and
// a fault is recognised by its text.
import type { Clock } from '../src/base/clock.ts';
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { denied, failed, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from './_kit/kind.ts';
import { rdataFromText, rdataText, txtFromInside, txtInside } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { RRsetKey, ZoneRef } from './_kit/rrsets.ts';
import { sessions } from './_kit/session.ts';

const HOST = 'ISPConfig';
/**
 * An expired session, a login or an address that is not allowed, a function that the remote user
 * may not call.
 */
const NOT_LET_IN = /session.*(expired|does not exist|is empty)|login|permission/i;

interface Zone extends ZoneRef {
  readonly id: string;
  readonly server: string;
}

export const ispconfig = defineProvider({
  type: 'ispconfig',
  title: 'ISPConfig',
  site: 'https://git.ispconfig.org/ispconfig/ispconfig3 (remoting_client/API-docs)',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: false,
  },
  options: {
    user: required('text', 'a remote user with the functions for DNS zone, DNS txt and DNS tlsa'),
    password: required('secret', 'its password'),
    client: optional('text', 'the number of the client who sees the records in the panel'),
    ...HTTP_OPTIONS,
    endpoint: required('url', 'https://panel.example.org:8080/remote/json.php'),
  },
  notes: [
    'Give the remote user only these functions, and allow only the address of this ' + 'machine.',
    'The panel writes a change to the name server with its next job, usually within a ' + 'minute.',
    'Sign the zone in its DNS settings; with mirrors, check that each of them has the ' +
      'change before the rollover continues.',
    'The panel accepts TLSA records only at names like _25._tcp.mx1: a port, tcp or udp, ' +
      'and a host.',
  ],
  async open(options, tools) {
    const { user, password, client = '0', endpoint: address } = options;
    const api = createApi({
      ...(await reach({ host: HOST, address, secrets: [password] }, options, tools)),
      headers: () => ({}),
      said: (body) => body.at('message').text(),
    });
    const ask = askAs(user, password, api);
    return overRecords<Zone>({
      host: HOST,
      traits: this.traits,
      ...verbs(ask, client, tools.clock),
    });
  },
});

/** `method`: its name in the API. `what`: for a change. */
type Ask = (method: string, body: object, call: Call, what?: string) => Promise<Json>;

function askAs(user: string, password: string, api: Api): Ask {
  const send: Ask = async (method, body, call, what) => {
    const request = { path: '', query: { [method]: '' }, body, ...(what && { what }) };
    const answer = (await api.send('POST', request, call)).json();
    const code = answer.at('code').text();
    if (code === 'ok') return answer.at('response');
    const said = `${code} ${answer.at('message').text()}`;
    if (method === 'login' || NOT_LET_IN.test(said)) throw denied(HOST, said);
    // A fault may come after the record was written, from the serial: only for an unknown method it
    // is certain that nothing was done.
    const error = code === 'remote_fault' ? failed : refused;
    throw error(HOST, what ?? 'a question', said);
  };
  const within = sessions(
    async (call) => (await send('login', { username: user, password }, call)).text(),
    (session) => session,
  );
  return (method, body, call, what) =>
    within((session) => send(method, { session_id: session, ...body }, call, what), call);
}

function verbs(ask: Ask, client: string, clock: Clock): RecordVerbs<Zone> {
  return {
    async zoneAt(name, call) {
      const zones = (await ask('dns_zone_get', { primary_id: { origin: name } }, call)).list();
      const zone = zones.find((one) => one.at('origin').text().toLowerCase() === name);
      return zone && { name, id: zone.at('id').id(), server: zone.at('server_id').id() };
    },
    async list(zone, owner, type, call) {
      const records = await ask('dns_rr_get_all_by_zone', { zone_id: zone.id }, call);
      return records
        .list()
        .filter((record) => isOf(record, zone.name, { owner, type }))
        .map((record) => ({
          id: record.at('id').id(),
          ttl: record.at('ttl').numeric(),
          rdata: rdataIn(type, record.at('data').text()),
        }));
    },
    async add(zone, { owner, type, ttl, rdata }, call) {
      const data = type === 'TXT' ? txtInside(rdata) : rdataText(type, rdata);
      const now = new Date(clock.now() * 1000).toISOString();
      const stamp = now.slice(0, 19).replace('T', ' ');
      const place = { server_id: zone.server, zone: zone.id, name: owner, type };
      const more = { data, aux: '0', ttl: String(ttl), active: 'Y', stamp, serial: '1' };
      const body = { client_id: client, params: { ...place, ...more }, update_serial: true };
      const what = `the removal of a ${type} record at ${owner}`;
      // Its number: `false` means that no record was created.
      (await ask(`dns_${type.toLowerCase()}_add`, body, call, what)).id();
    },
    async remove(_zone, { id, owner, type }, call) {
      const body = { primary_id: id, update_serial: true };
      const what = `the removal of a ${type} record at ${owner}`;
      await ask(`dns_${type.toLowerCase()}_delete`, body, call, what);
    },
    async retime(zone, { id, owner, type, ttl }, call) {
      const params = { zone: zone.id, ttl: String(ttl) };
      const body = { client_id: client, primary_id: id, params, update_serial: true };
      const what = `the TTL of ${type} at ${owner}`;
      await ask(`dns_${type.toLowerCase()}_update`, body, call, what);
    },
  };
}

/** Disabled records are not in the zone. */
function isOf(record: Json, zone: Fqdn, { owner, type }: RRsetKey): boolean {
  const isActive = record.at('active').text().toUpperCase() === 'Y';
  if (!isActive || record.at('type').text().toUpperCase() !== type) return false;
  return absolute(record.at('name').text().toLowerCase(), zone) === owner;
}

/** As in a zone file: a name without a final dot is relative to the zone. */
function absolute(name: string, zone: Fqdn): string {
  if (name === '' || name === '@') return zone;
  return name.endsWith('.') ? name : fqdn(`${name}.${zone}`);
}

const rdataIn = (type: RecordType, data: string): RdataHex =>
  type === 'TXT' ? txtFromInside(data) : rdataFromText(type, data);
