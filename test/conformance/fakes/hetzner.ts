import { rdataFromText, rdataText } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer } from '../fake.ts';
import type { FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'hcloud-jEheVytlAoFl7F8MqUQ7jAo2hOXASztX';
const DEFAULT_TTL = 7200;
const TYPES = new Set(
  'A AAAA CAA CNAME DS HINFO HTTPS MX NS PTR RP SOA SRV SVCB TLSA TXT'.split(' '),
);

/** An action that was accepted and is not finished yet. */
interface Action {
  readonly id: number;
  /** Requests until it is finished, of any client. */
  left: number;
  readonly act: () => void;
}

const pending = new WeakMap<FarSide, Action[]>();

function actionsOf(far: FarSide): Action[] {
  const known = pending.get(far) ?? [];
  pending.set(far, known);
  return known;
}

const failure = (status: number, code: string, message: string): FakeAnswer => ({
  status,
  body: { error: { code, message, details: {} } },
});
const invalid = (message: string): FakeAnswer => failure(422, 'invalid_input', message);

const told = ({ id, left }: Action): object => ({
  ...{ id, command: 'add_rrset_records', status: left > 0 ? 'running' : 'success' },
  ...{ progress: left > 0 ? 50 : 100, error: null, resources: [], finished: null },
});

function accept(far: FarSide, act: () => void): FakeAnswer {
  const all = actionsOf(far);
  const action = { id: all.length + 1, left: 2, act };
  all.push(action);
  return { status: 201, body: { action: told(action) } };
}

interface Written {
  readonly ttl?: number | null;
  readonly records?: readonly { readonly value?: unknown }[];
}

function change(
  far: FarSide,
  zone: FarZone,
  owner: Fqdn,
  type: RecordType,
  verb: string,
  { ttl, records }: Written,
): FakeAnswer {
  const held = far.records(zone, owner, type);
  const [first] = held;
  if (ttl !== undefined && ttl !== null && ttl < 60) return invalid("invalid input in field 'ttl'");
  if (verb === 'change_ttl') {
    if (first === undefined) return failure(404, 'not_found', 'rrset not found');
    if (ttl === undefined) return invalid("invalid input in field 'ttl'");
    return accept(far, () => held.forEach((record) => (record.ttl = ttl ?? DEFAULT_TTL)));
  }
  const value = records?.[0]?.value;
  const isText = typeof value === 'string' && (type !== 'TXT' || /^".*"$/s.test(value));
  if (records?.length !== 1 || !isText) return invalid("invalid input in field 'records'");
  const rdata = rdataFromText(type, value);
  if (verb === 'add_records') {
    if (first !== undefined && ttl !== undefined && ttl !== first.ttl) {
      return invalid('the TTL of the RRSet is another one');
    }
    if (held.some((record) => record.rdata === rdata)) {
      return failure(409, 'uniqueness_error', 'the record exists already');
    }
    const add = (): unknown => far.add(zone, owner, type, rdata, ttl ?? DEFAULT_TTL);
    return accept(far, () => void add());
  }
  if (first === undefined) return failure(404, 'not_found', 'rrset not found');
  return accept(far, () => {
    for (const { id } of held.filter((record) => record.rdata === rdata)) far.remove(zone, id);
  });
}

export const hetzner: Fake = {
  type: 'hetzner',
  source:
    'https://docs.hetzner.cloud/cloud.spec.json, as in MaximilianKoestler/hcloud-openapi openapi/hcloud.json',
  secrets: [TOKEN],
  says: [
    {
      status: 201,
      body: '{"action":{"id":1,"status":"error","error":{"code":"action_failed","message":"no"}}}',
      means: 'PROVIDER_FAILED',
    },
    { status: 423, body: '{"error":{"code":"locked","message":"no"}}', means: 'UPDATE_REFUSED' },
  ],
  options: (url) => ({ token: TOKEN, endpoint: `${url}/v1` }),

  answer({ method, path, headers, json }, far) {
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'unauthorized', 'unable to authenticate');
    }
    for (const action of actionsOf(far).filter(({ left }) => left > 0)) {
      // Changes of one zone come one after the other.
      action.left = method === 'GET' ? action.left - 1 : 0;
      if (action.left === 0) action.act();
    }
    const [, id] = /^\/v1\/actions\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined) {
      const action = actionsOf(far)[Number(id) - 1];
      const isKnown = action !== undefined && method === 'GET';
      return isKnown ? { body: { action: told(action) } } : failure(404, 'not_found', 'not found');
    }
    const [, name = '', rest = ''] = /^\/v1\/zones\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const zone = far.zones.find((item) => hostOf(item.name) === name);
    if (zone === undefined) return failure(404, 'not_found', 'zone not found');
    if (rest === '' && method === 'GET') {
      const about = { id: Number(zone.id), name, mode: 'primary', ttl: DEFAULT_TTL };
      return { body: { zone: about } };
    }
    const [, label = '', type = '', verb] =
      /^\/rrsets\/([^/]+)\/([A-Z]+)(?:\/actions\/(add_records|remove_records|change_ttl))?$/.exec(
        rest,
      ) ?? [];
    if (!TYPES.has(type) || label !== label.toLowerCase()) return invalid('no such RRSet');
    const owner = fqdn(label === '@' ? zone.name : `${label}.${zone.name}`);
    if (verb !== undefined && method === 'POST') {
      return change(far, zone, owner, type as RecordType, verb, json ?? {});
    }
    if (method !== 'GET') return { status: 405 };
    const records = far.records(zone, owner, type);
    const [first] = records;
    if (first === undefined) return failure(404, 'not_found', 'rrset not found');
    const values = records.map((record) => ({ value: rdataText(record.type, record.rdata) }));
    // One that has the zone's TTL omits it.
    const ttl = first.ttl === DEFAULT_TTL ? null : first.ttl;
    const rrset = { id: `${label}/${type}`, name: label, type, ttl, records: values };
    return { body: { rrset: { ...rrset, labels: {}, protection: { change: false } } } };
  },
};
