import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'dnsimple_a_3n7Kq9fT0vXc2LwZ5mNb8yHs1PdRj4Gu';
const ACCOUNT = 1010;
/** Fewer than are asked for. */
const PAGE = 1;
/** The first so many queries after a change find it in progress. */
const ON_ITS_WAY = 2;

const failure = (status: number, message: string, errors?: object): FakeAnswer => ({
  status,
  body: { message, ...(errors === undefined ? {} : { errors }) },
});

const looks = new WeakMap<FarZone, { serial: number; count: number }>();

/** Whether all name servers have it: the first queries after each change answer no. */
function distribution(zone: FarZone): FakeAnswer {
  const seen = looks.get(zone);
  const now = seen?.serial === zone.serial ? seen : { serial: zone.serial, count: 0 };
  now.count += 1;
  looks.set(zone, now);
  return { body: { data: { distributed: now.count > ON_ITS_WAY } } };
}

function told(far: FarSide, zone: FarZone, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const content =
    type === 'TLSA'
      ? `${usage} ${selector} ${matchingType} ${far.hex(data)}`
      : rdataText(type, rdata);
  return {
    ...{ id: Number(id), zone_id: hostOf(zone.name), parent_id: null },
    name: hostOf(owner).slice(0, -hostOf(zone.name).length - 1),
    ...{ content, ttl, priority: null, type, regions: ['global'], system_record: false },
    ...{ created_at: '2016-10-05T09:26:38Z', updated_at: '2016-10-05T09:26:38Z' },
  };
}

interface Written {
  readonly name?: string;
  readonly type?: string;
  readonly content?: string;
  readonly ttl?: number;
}

function rdataIn(type: string, content: unknown): RdataHex | undefined {
  if (typeof content !== 'string' || content === '') return undefined;
  try {
    return rdataFromText(type as RecordType, content);
  } catch {
    return undefined;
  }
}

function list(far: FarSide, zone: FarZone, url: URL): FakeAnswer {
  const wanted = (key: string): string | undefined => url.searchParams.get(key) ?? undefined;
  if (Number(wanted('per_page') ?? 30) > 100) return failure(400, 'Invalid per_page');
  const [name, type, page] = [wanted('name'), wanted('type'), Number(wanted('page') ?? 1)];
  const all = zone.records
    .map((record) => told(far, zone, record) as { readonly name: string; readonly type: string })
    .filter((one) => (name === undefined || one.name === name) && (type ?? one.type) === one.type);
  const [total, pages] = [all.length, Math.ceil(all.length / PAGE)];
  return {
    body: {
      data: all.slice((page - 1) * PAGE, page * PAGE),
      pagination: { current_page: page, per_page: PAGE, total_entries: total, total_pages: pages },
    },
  };
}

function create(far: FarSide, zone: FarZone, json: unknown): FakeAnswer {
  const { name, type, content, ttl = 3600 } = json as Written;
  const refused = (errors: object): FakeAnswer => failure(400, 'Validation failed', errors);
  if (typeof name !== 'string') return refused({ name: ["can't be blank"] });
  if (type !== 'TXT' && type !== 'TLSA') return refused({ record_type: ['unsupported'] });
  if (!Number.isInteger(ttl) || ttl < 0) return refused({ ttl: ['is not a number'] });
  const rdata = rdataIn(type, content);
  if (rdata === undefined) return refused({ content: ["can't be blank"] });
  const owner = fqdn(name === '' ? zone.name : `${name}.${zone.name}`);
  const twice = far.records(zone, owner, type).some((record) => record.rdata === rdata);
  if (twice) return refused({ base: ['Zone record already exists'] });
  return { status: 201, body: { data: told(far, zone, far.add(zone, owner, type, rdata, ttl)) } };
}

function one(far: FarSide, zone: FarZone, id: string, { method, json }: FakeRequest): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined) return failure(404, `Record \`${id}\` not found`);
  if (method === 'DELETE') {
    far.remove(zone, id);
    return { status: 204 };
  }
  if (method === 'PATCH') {
    const { ttl, ...others } = json as Written;
    if (Object.keys(others).length > 0 || !Number.isInteger(ttl)) {
      return failure(400, 'Validation failed', { ttl: ['is not a number'] });
    }
    record.ttl = ttl ?? record.ttl;
    zone.serial += 1;
  } else if (method !== 'GET') return { status: 405 };
  return { body: { data: told(far, zone, record) } };
}

export const dnsimple: Fake = {
  type: 'dnsimple',
  source:
    'https://developer.dnsimple.com/v2/, https://github.com/dnsimple/dnsimple-developer (fixtures/v2/api, content/v2/openapi.yml)',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: `${url}/v2` }),

  answer(request, far) {
    const { method, url, path, headers, text } = request;
    if (headers.authorization !== `Bearer ${TOKEN}`) return failure(401, 'Authentication failed');
    if (text !== '' && headers['content-type'] !== 'application/json') {
      return failure(400, 'Content-Type must be application/json');
    }
    if (path === '/v2/whoami') return { body: { data: { user: null, account: { id: ACCOUNT } } } };
    if (path === '/v2/accounts') return { body: { data: [{ id: ACCOUNT }, { id: 456 }] } };
    const [, account, name = '', rest = ''] = /^\/v2\/(\d+)\/zones\/([^/]+)(.*)$/.exec(path) ?? [];
    if (account !== String(ACCOUNT)) return failure(404, 'Not Found');
    const zone = far.zone(name);
    if (zone === undefined) return failure(404, `Zone \`${name}\` not found`);
    if (rest === '' && method === 'GET') {
      return { body: { data: { id: Number(zone.id), account_id: ACCOUNT, name, active: true } } };
    }
    if (rest === '/distribution' && method === 'GET') return distribution(zone);
    if (rest === '/records' && method === 'GET') return list(far, zone, url);
    if (rest === '/records' && method === 'POST') return create(far, zone, request.json);
    const [, id] = /^\/records\/(\d+)$/.exec(rest) ?? [];
    return id === undefined ? { status: 405 } : one(far, zone, id, request);
  },
};
