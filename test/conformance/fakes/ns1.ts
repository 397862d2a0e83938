import {
  rdataFromText,
  tlsaFields,
  txtFromText,
  txtFromValue,
  txtValue,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf, isWithin } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const KEY = 'qACMD09OJXBxT7XOuRs8';
/** This domain's zone has another name, which only the list contains. */
const NAMES: Readonly<Record<string, string>> = { 'sub.example.org': 'sub-for-partners' };

interface Answer {
  readonly id?: string;
  readonly answer: readonly (string | number)[];
  readonly meta?: object;
}

/** Fields of answers beside their data, by zone, name and type. */
const extras = new WeakMap<FarSide, Map<string, Answer>>();

const failure = (status: number, message: string): FakeAnswer => ({ status, body: { message } });

const titleOf = (zone: FarZone): string => NAMES[hostOf(zone.name)] ?? hostOf(zone.name);

function list(far: FarSide, url: URL): FakeAnswer {
  const zones = [...far.zones].sort((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1));
  const after = url.searchParams.get('after');
  const rest = zones.filter((zone) => after === null || titleOf(zone) > after);
  const [first] = rest;
  const next = `<http://api.nsone.net/v1/zones?after=${first === undefined ? '' : titleOf(first)}&limit=1>`;
  return {
    headers: rest.length > 1 ? { link: `${next}; rel="next"` } : {},
    body: rest.slice(0, 1).map((zone) => ({ zone: hostOf(zone.name), name: titleOf(zone) })),
  };
}

function key(type: string, owner: string, rdata: RdataHex): string {
  return `${owner} ${type} ${rdata}`;
}

function told(far: FarSide, { owner, type, rdata, id }: FarRecord): Answer {
  const extra = extras.get(far)?.get(key(type, owner, rdata)) ?? { id };
  if (type !== 'TLSA') return { ...extra, answer: [txtValue(rdata)] };
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return { ...extra, answer: [usage, String(selector), matchingType, far.hex(data)] };
}

function rdataOf(type: RecordType, { answer }: Answer): RdataHex | undefined {
  const parts = answer.map(String);
  if (type === 'TLSA') {
    return parts.length === 4 ? rdataFromText(type, parts.join(' ')) : undefined;
  }
  const [text] = parts;
  if (text === undefined || parts.length !== 1) return undefined;
  return text.startsWith('"') ? txtFromText(text) : txtFromValue(text);
}

/** What is there afterwards; an answer when the body is not as described. */
function written(
  far: FarSide,
  request: FakeRequest,
  at: { readonly zone: FarZone; readonly domain: string; readonly type: RecordType },
): FakeAnswer | { readonly rdata: readonly RdataHex[]; readonly ttl?: number } {
  const { zone, domain, type, answers, ttl } = request.json as {
    readonly [key in 'zone' | 'domain' | 'type']?: string;
  } & { readonly answers?: readonly Answer[]; readonly ttl?: number };
  if (zone !== hostOf(at.zone.name) || domain !== at.domain || type !== at.type) {
    return failure(400, 'zone, domain and type do not match the address');
  }
  if (!Array.isArray(answers) || answers.length === 0) {
    return failure(400, "Input validation failed (Value None for field '<obj>.answers')");
  }
  if (ttl !== undefined && !Number.isInteger(ttl)) return failure(400, 'Input validation failed');
  const all = (answers as readonly Answer[]).map((one) => ({ one, rdata: rdataOf(at.type, one) }));
  const rdata = all.map((item) => item.rdata).filter((item) => item !== undefined);
  if (rdata.length < all.length) return failure(400, `invalid rdata for ${at.type}`);
  const memory = extras.get(far) ?? new Map<string, Answer>();
  extras.set(far, memory);
  for (const { one, rdata: item } of all) {
    if (item !== undefined) memory.set(key(type, fqdn(domain), item), one);
  }
  return { rdata, ...(ttl === undefined ? {} : { ttl }) };
}

function record(
  far: FarSide,
  zone: FarZone,
  domain: string,
  type: RecordType,
  request: FakeRequest,
): FakeAnswer {
  const owner = fqdn(domain);
  const records = far.records(zone, owner, type);
  const [first] = records;
  const { method } = request;
  if (method === 'PUT' || method === 'POST') {
    if (method === 'PUT' && first !== undefined) return failure(400, 'record already exists');
    if (method === 'POST' && first === undefined) return failure(404, 'record not found');
    const set = written(far, request, { zone, domain, type });
    if (!('rdata' in set)) return set;
    far.replace(zone, owner, type, set.rdata, set.ttl ?? first?.ttl ?? 3600);
  } else if (first === undefined) return failure(404, 'record not found');
  else if (method === 'DELETE') {
    far.replace(zone, owner, type, [], 0);
    return { body: {} };
  } else if (method !== 'GET') return failure(405, 'Method Not Allowed');
  const now = far.records(zone, owner, type);
  const answers = now.map((one) => told(far, one));
  return {
    body: {
      ...{ zone: hostOf(zone.name), domain, type, ttl: now[0]?.ttl, answers },
      ...{ filters: [], regions: {}, meta: {} },
    },
  };
}

export const ns1: Fake = {
  type: 'ns1',
  source: 'https://ns1.com/api, https://github.com/ns1/ns1-go, https://github.com/ns1/ns1-python',
  secrets: [KEY],
  options: (url) => ({ api_key: KEY, endpoint: `${url}/v1` }),

  answer(request, far) {
    const { method, url, path, headers } = request;
    if (headers['x-nsone-key'] !== KEY) return failure(401, 'Unauthorized');
    if (path === '/v1/zones' && method === 'GET') return list(far, url);
    const [, title, domain, type] =
      /^\/v1\/zones\/([^/]+)(?:\/([^/]+)\/(TXT|TLSA))?$/.exec(path) ?? [];
    const zone = far.zones.find((one) => titleOf(one) === title);
    if (zone === undefined) return failure(404, 'zone not found');
    if (domain === undefined) {
      return { body: { zone: hostOf(zone.name), name: titleOf(zone), ttl: 3600, dnssec: true } };
    }
    if (!isWithin(fqdn(domain), zone.name)) return failure(400, 'domain is not in the zone');
    return record(far, zone, domain, type as RecordType, request);
  },
};
