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

const CUSTOMER = '123456';
const KEY = 'netcup-key-Zk9kbDVGbk1sT2pXbVZ2';
const PASSWORD = 'netcup-password-0aP8';
const SESSION = 'TWpVek9URTBNekl4TnpZek9ETm';
const TTL = 3600;

interface Row {
  readonly id: string;
  readonly hostname: string;
  readonly type: RecordType;
  readonly priority: string;
  readonly destination: string;
  readonly deleterecord: boolean;
  readonly state: string;
}

type Param = Readonly<Record<string, unknown>>;

const states = new WeakMap<FarSide, { readonly sessions: Set<string>; logins: number }>();

/** All sessions have expired. */
export function endSessions(far: FarSide): void {
  states.get(far)?.sessions.clear();
}

const told = (statuscode: number, longmessage: string, responsedata: unknown = ''): FakeAnswer => ({
  body: {
    ...{ serverrequestid: '335z8NMVU2dN034jGT46', clientrequestid: '', action: '' },
    ...{ status: statuscode < 3000 ? 'success' : 'error', statuscode },
    ...{
      shortmessage: statuscode < 3000 ? 'Done' : 'Validation Error.',
      longmessage,
      responsedata,
    },
  },
});

function recordTold(far: FarSide, zone: FarZone, { id, owner, type, rdata }: FarRecord): Row {
  const hostname = owner === zone.name ? '@' : owner.slice(0, -zone.name.length - 1);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const destination =
    type === 'TLSA' ? `${usage} ${selector} ${matchingType} ${far.hex(data)}` : txtInside(rdata);
  const more = { priority: '0', destination, deleterecord: false, state: 'yes' };
  return { id, hostname, type, ...more };
}

const recordsTold = (far: FarSide, zone: FarZone): FakeAnswer =>
  told(2000, 'The given DNS records for this zone were found.', {
    dnsrecords: zone.records.map((record) => recordTold(far, zone, record)),
  });

function isRecord(value: unknown): value is Row {
  const record = (value ?? {}) as Param;
  return (
    typeof record['deleterecord'] === 'boolean' &&
    ['id', 'hostname', 'type', 'destination'].every((key) => typeof record[key] === 'string') &&
    record['hostname'] !== ''
  );
}

function write(far: FarSide, zone: FarZone, record: Row): FakeAnswer | undefined {
  const { id, hostname, type, destination, deleterecord } = record;
  if (id === '') {
    if (type === 'TXT' && !/^(?:[^"\\]|\\.)*$/s.test(destination)) {
      return told(4013, 'Please put quotation marks in front of a backslash.');
    }
    const rdata = type === 'TXT' ? txtFromInside(destination) : rdataFromText(type, destination);
    const owner = fqdn(hostname === '@' ? zone.name : `${hostname}.${zone.name}`);
    far.add(zone, owner, type, rdata, zone.leastTtl ?? TTL);
    return undefined;
  }
  const held = zone.records.find((one) => one.id === id);
  const unlike = told(5028, 'Can not update (all) DNS records for zone.');
  if (held === undefined || !deleterecord) return unlike;
  const { hostname: name, destination: data } = recordTold(far, zone, held);
  if (name !== hostname || data !== destination) return unlike;
  far.remove(zone, id);
  return undefined;
}

function update(far: FarSide, zone: FarZone, { dnsrecordset }: Param): FakeAnswer {
  const records = (dnsrecordset as { readonly dnsrecords?: unknown } | undefined)?.dnsrecords;
  if (!Array.isArray(records) || !records.every(isRecord)) {
    return told(4013, 'Dns record set is missing. JSON decode failed while validating request.');
  }
  for (const record of records) {
    const failure = write(far, zone, record);
    if (failure !== undefined) return failure;
  }
  return recordsTold(far, zone);
}

function login({ apipassword }: Param, far: FarSide): FakeAnswer {
  if (apipassword !== PASSWORD) {
    return told(4013, 'Customer account not found. JSON decode failed while validating request.');
  }
  const state = states.get(far) ?? { sessions: new Set<string>(), logins: 0 };
  state.logins += 1;
  const session = `${SESSION}${state.logins}`;
  state.sessions.add(session);
  states.set(far, state);
  return told(2000, 'Session has been created successful.', { apisessionid: session });
}

export const netcup: Fake = {
  type: 'netcup',
  source:
    'https://ccp.netcup.net/run/webservice/servers/endpoint.php, https://helpcenter.netcup.com/en/wiki/general/our-api/, answers in public issues of its clients',
  secrets: [KEY, PASSWORD, SESSION],
  options: (url) => ({
    customer: CUSTOMER,
    api_key: KEY,
    api_password: PASSWORD,
    endpoint: `${url}/run/webservice/servers/endpoint.php?JSON`,
  }),
  isWrite: ({ json }: FakeRequest) =>
    (json as { readonly action: string }).action === 'updateDnsRecords',

  answer({ method, url, json }, far) {
    if (method !== 'POST' || !url.searchParams.has('JSON')) return { body: '<html></html>' };
    const { action, param = {} } = json as { readonly action: string; readonly param?: Param };
    if (param['apikey'] !== KEY) return told(4003, 'Api key invalid.');
    if (param['customernumber'] !== CUSTOMER) return told(4013, 'Customer account not found.');
    if (action === 'login') return login(param, far);
    if (states.get(far)?.sessions.has(String(param['apisessionid'])) !== true) {
      return told(4001, 'The session id is not in a valid format.');
    }
    const name = String(param['domainname'] ?? '');
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) {
      return told(
        4013,
        'Value in field domainname does not match requirements of type: domainname. ',
      );
    }
    const zone = far.zone(name);
    if (zone === undefined) {
      const code = action === 'infoDnsZone' ? 5031 : 5028;
      return told(code, `The zone ${name} could not be found.`);
    }
    if (action === 'infoDnsZone') {
      const ttl = String(zone.leastTtl ?? TTL);
      const soa = { serial: '2026112201', refresh: '28800', retry: '7200', expire: '1209600' };
      return told(2000, 'DNS zone found', { name, ttl, ...soa, dnssecstatus: true });
    }
    if (action === 'updateDnsRecords') return update(far, zone, param);
    if (action !== 'infoDnsRecords') return told(4013, 'Action is not known.');
    return zone.records.length === 0
      ? told(5029, 'Can not get DNS records for zone.')
      : recordsTold(far, zone);
  },
};
