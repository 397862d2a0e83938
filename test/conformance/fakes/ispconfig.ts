import {
  rdataFromText,
  tlsaFields,
  txtFromInside,
  txtInside,
} from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const USER = 'holger-remote';
const PASSWORD = 'ispconfig-password-x81';
const SESSION = '5f2b8c1de0a94b7f9d1e';

/** What the forms of the panel accept (interface/web/dns/form/dns_*.tform.php). */
const NAMES = {
  TLSA: /^_\d{1,5}\._(tcp|udp)\.[a-zA-Z0-9.-]{1,255}$/,
  TXT: /^(\*\.|[a-zA-Z0-9._-]){0,255}$/,
};
const DATA = { TLSA: /^\d \d \d [a-zA-Z0-9]*$/, TXT: /^(?:(?!v=DKIM|v=DMARC1; |v=spf).)+$/s };

type Body = Readonly<Record<string, unknown>>;

const states = new WeakMap<FarSide, { readonly sessions: Set<string>; logins: number }>();

/** All sessions have expired. */
export function endSessions(far: FarSide): void {
  states.get(far)?.sessions.clear();
}

const done = (response: unknown): FakeAnswer => ({ body: { code: 'ok', message: '', response } });
const fault = (message: string, code = 'remote_fault'): FakeAnswer => ({
  body: { code, message, response: false },
});

const dataOf = (far: FarSide, { type, rdata }: FarRecord): string => {
  if (type !== 'TLSA') return txtInside(rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
};

/** As a person typed it, for every second record: relative. */
function rowOf(far: FarSide, zone: FarZone, record: FarRecord): object {
  const { id, owner, type, ttl } = record;
  const relative = owner === zone.name ? '' : owner.slice(0, -zone.name.length - 1);
  const name = Number(id) % 2 === 0 ? relative : owner;
  const more = { server_id: '1', zone: zone.id, aux: '0', active: 'Y', serial: '2026112201' };
  return { id, name, type, data: dataOf(far, record), ttl: String(ttl), ...more };
}

/** Rows that are in the panel and not in the zone. */
const switchedOff = (zone: FarZone): object => ({
  ...{ id: '9', server_id: '1', zone: zone.id, name: '_25._tcp.mx1', type: 'TLSA', aux: '0' },
  ...{ data: `3 1 1 ${'ee'.repeat(32)}`, ttl: '3600', active: 'N' },
});

function add(
  far: FarSide,
  type: 'TLSA' | 'TXT',
  { params, update_serial: bump }: Body,
): FakeAnswer {
  const row = (params ?? {}) as Readonly<Record<string, string>>;
  const { server_id: server, zone: id = '', name = '', data = '', ttl = '', active } = row;
  const zone = far.zoneById(id);
  if (zone === undefined || server !== '1') return fault('zone_error');
  if (!NAMES[type].test(name)) return fault('name_error_regex<br />');
  if (!DATA[type].test(data)) return fault('data_error_regex<br />');
  if (!(Number(ttl) >= 60)) return fault('ttl_range_error<br />');
  if (row['type']?.toUpperCase() !== type || active?.toUpperCase() !== 'Y' || bump !== true) {
    throw new Error('the record would never come into the zone');
  }
  const owner = fqdn(name.endsWith('.') ? name : `${name}.${zone.name}`);
  const rdata = type === 'TXT' ? txtFromInside(data) : rdataFromText(type, data);
  return done(far.add(zone, owner, type, rdata, Number(ttl)).id);
}

function change(far: FarSide, what: string, type: RecordType, body: Body): FakeAnswer {
  const { primary_id: id, params, update_serial: bump } = body;
  if (bump !== true) throw new Error('the change would never come into the zone');
  const holds = ({ records }: FarZone): boolean => records.some((record) => record.id === id);
  const zone = far.zones.find(holds);
  const record = zone?.records.find((one) => one.id === id && one.type === type);
  if (zone === undefined || record === undefined) return done(0);
  if (what === 'delete') {
    far.remove(zone, record.id);
    return done(1);
  }
  const { ttl, zone: named } = (params ?? {}) as Readonly<Record<string, string>>;
  if (named !== zone.id) return fault('The serial of no zone could be raised.');
  if (!(Number(ttl) >= 60)) return fault('ttl_range_error<br />');
  record.ttl = Number(ttl);
  return done(1);
}

function login({ username, password }: Body, far: FarSide): FakeAnswer {
  if (username !== USER || password !== PASSWORD) {
    return fault('The login failed. Username or password wrong.');
  }
  const state = states.get(far) ?? { sessions: new Set<string>(), logins: 0 };
  states.set(far, state);
  state.logins += 1;
  state.sessions.add(`${SESSION}${state.logins}`);
  return done(`${SESSION}${state.logins}`);
}

function zones(far: FarSide, filter: unknown): FakeAnswer {
  const origin = (filter as { readonly origin?: unknown } | undefined)?.origin;
  if (typeof origin !== 'string') return done([]);
  const found = far.zones.filter(({ name }) => name === origin);
  return done(
    found.map(({ id, name }) => ({
      id,
      sys_userid: '4',
      server_id: '1',
      origin: name,
      active: 'Y',
    })),
  );
}

const methodOf = ({ url }: FakeRequest): string => [...url.searchParams.keys()][0] ?? '';

export const ispconfig: Fake = {
  type: 'ispconfig',
  source:
    'https://git.ispconfig.org/ispconfig/ispconfig3: remoting_client/API-docs, interface/lib/classes/json_handler.inc.php, remoting.inc.php, remote.d/dns.inc.php, interface/web/dns/form',
  secrets: [PASSWORD, SESSION],
  options: (url) => ({ user: USER, password: PASSWORD, endpoint: `${url}/remote/json.php` }),
  isWrite: (request) => /_(add|update|delete)$/.test(methodOf(request)),

  answer(request, far) {
    const method = methodOf(request);
    if (request.path !== '/remote/json.php') return { status: 404, body: 'Not Found' };
    if (method === '') return fault('Method not provided in json call', 'invalid_method');
    const body = request.json as Body | undefined;
    if (body === undefined)
      return fault('The JSON data sent to the api is invalid', 'invalid_data');
    if (method === 'login') return login(body, far);
    if (states.get(far)?.sessions.has(String(body['session_id'])) !== true) {
      return fault('The Session is expired or does not exist.');
    }
    if (method === 'dns_zone_get') return zones(far, body['primary_id']);
    if (method === 'dns_rr_get_all_by_zone') {
      const zone = far.zoneById(String(body['zone_id']));
      if (zone === undefined) return done([]);
      const rows = zone.records.map((record) => rowOf(far, zone, record));
      return done([switchedOff(zone), ...rows]);
    }
    const [, type, what] = /^dns_(tlsa|txt)_(add|update|delete)$/.exec(method) ?? [];
    if (type === undefined || what === undefined) {
      return fault(`Method ${method} does not exist`, 'invalid_method');
    }
    const kind = type.toUpperCase() as 'TLSA' | 'TXT';
    return what === 'add' ? add(far, kind, body) : change(far, what, kind, body);
  },
};
