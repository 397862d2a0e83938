import { txtFromValue, txtValue } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'dop_v1_b7026089141481d06c65253f6b9b90cb2607a2504c6bb5ff5a763dc1319bcd50';
/** Smaller than the one that is asked for: more than one page. */
const PAGE = 1;
const LEAST_TTL = 30;
/** Of the query, and of what can be made. */
const TYPES = new Set(['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'SOA', 'SRV', 'TXT']);
/** domain_record_txt. */
const NEEDED = ['type', 'name', 'data', 'flags', 'tag'];

type Written = Readonly<Record<string, unknown>>;

const failure = (status: number, id: string, message: string): FakeAnswer => ({
  status,
  body: { id, message, request_id: '4851a473-1621-42ea-b2f9-5071c0ea8414' },
});
const NOT_FOUND = failure(404, 'not_found', 'The resource you requested could not be found.');
const unlike = (message: string): FakeAnswer => failure(422, 'unprocessable_entity', message);

function told(zone: FarZone, { id, owner, type, rdata, ttl }: FarRecord): object {
  const name = owner === zone.name ? '@' : owner.slice(0, -(zone.name.length + 1));
  const data = type === 'TXT' ? txtValue(rdata) : rdata;
  const unused = { priority: null, port: null, weight: null, flags: null, tag: null };
  return { id: Number(id), type, name, data, ttl, ...unused };
}

const ownerIn = (zone: FarZone, name: string): Fqdn =>
  fqdn(name === '@' ? zone.name : `${name}.${zone.name}`);

function wrongTtl({ ttl }: Written): FakeAnswer | undefined {
  if (ttl === undefined || (typeof ttl === 'number' && ttl >= LEAST_TTL)) return undefined;
  return unlike(`TTL must be greater than or equal to ${LEAST_TTL}.`);
}

function create(far: FarSide, zone: FarZone, written: Written): FakeAnswer {
  const missing = NEEDED.find((key) => !Object.hasOwn(written, key));
  if (missing !== undefined) return unlike(`${missing} is required.`);
  const { type, name, data, ttl = 1800 } = written;
  if (type !== 'TXT' || typeof name !== 'string') return unlike('Type is not included in the list');
  if (typeof data !== 'string' || data === '') return unlike("Data can't be blank");
  const wrong = wrongTtl(written);
  if (wrong !== undefined) return wrong;
  const record = far.add(zone, ownerIn(zone, name), 'TXT', txtFromValue(data), Number(ttl));
  return { status: 201, body: { domain_record: told(zone, record) } };
}

function one(far: FarSide, zone: FarZone, id: string, { method, json }: FakeRequest): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined) return NOT_FOUND;
  if (method === 'DELETE') {
    far.remove(zone, id);
    return { status: 204 };
  }
  const written = json as Written;
  if (method !== 'PATCH') return { status: 405 };
  const wrong = written['type'] === record.type ? wrongTtl(written) : unlike('Type is required.');
  if (wrong !== undefined) return wrong;
  record.ttl = Number(written['ttl'] ?? record.ttl);
  return { body: { domain_record: told(zone, record) } };
}

function list(far: FarSide, zone: FarZone, { url }: FakeRequest): FakeAnswer {
  const type = url.searchParams.get('type') ?? undefined;
  const page = Number(url.searchParams.get('page') ?? 1);
  if (type !== undefined && !TYPES.has(type)) return unlike('Type is not included in the list');
  if (Number(url.searchParams.get('per_page') ?? 20) > 200) return unlike('per_page is too big.');
  const all = far.records(zone, undefined, type);
  const pages = Math.ceil(all.length / PAGE);
  const at = (number: number): string =>
    `https://api.digitalocean.com/v2/domains/${hostOf(zone.name)}/records?page=${number}`;
  const forward = page < pages ? { next: at(page + 1), last: at(pages) } : {};
  const backward = page > 1 ? { first: at(1), prev: at(page - 1) } : {};
  const domain_records = all
    .slice((page - 1) * PAGE, page * PAGE)
    .map((record) => told(zone, record));
  const links = pages > 1 ? { pages: { ...forward, ...backward } } : {};
  return { body: { domain_records, links, meta: { total: all.length } } };
}

export const digitalocean: Fake = {
  type: 'digitalocean',
  source: 'https://github.com/digitalocean/openapi: specification/resources/domains',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: url }),

  answer(request, far) {
    const { method, path, headers, json } = request;
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'unauthorized', 'Unable to authenticate you.');
    }
    const [, name = '', rest = ''] = /^\/v2\/domains\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const zone = far.zone(name);
    if (zone === undefined) return NOT_FOUND;
    if (rest === '' && method === 'GET') {
      return { body: { domain: { name: hostOf(zone.name), ttl: 1800, zone_file: '' } } };
    }
    if (rest === '/records' && method === 'GET') return list(far, zone, request);
    if (rest === '/records' && method === 'POST') return create(far, zone, json as Written);
    const [, id] = /^\/records\/(\d+)$/.exec(rest) ?? [];
    return id === undefined ? { status: 405 } : one(far, zone, id, request);
  },
};
