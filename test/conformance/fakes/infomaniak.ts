import {
  rdataFromText,
  rdataText,
  tlsaFields,
  txtFromValue,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'ik-Jt2Rq8vXc0LwZ5mNb7yHs1PdKf4GuTe9';
const PAGE = 1;
const TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'DNAME', 'DNSKEY', 'DS', 'MX', 'NS', 'PTR', 'SMIMEA'];
const ALL_TYPES = [...TYPES, 'SOA', 'SRV', 'SSHFP', 'TLSA', 'TXT'];

const done = (data: unknown, more: object = {}): FakeAnswer => ({
  body: { result: 'success', data, ...more },
});

const failure = (status: number, code: string, description: string): FakeAnswer => ({
  status,
  body: { result: 'error', error: { code, description } },
});

const NOT_FOUND = failure(404, 'object_not_found', 'Object not found');

const invalid = (attribute: string): FakeAnswer => ({
  status: 422,
  body: {
    result: 'error',
    error: {
      ...{ code: 'validation_failed', description: 'Validation failed' },
      errors: [
        {
          ...{ code: 'attribute_required', description: `The ${attribute} attribute is required` },
          context: { attribute },
        },
      ],
    },
  },
});

function told(far: FarSide, zone: FarZone, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const source = hostOf(owner).slice(0, -hostOf(zone.name).length - 1);
  const target =
    type === 'TLSA'
      ? `${usage} ${selector} ${matchingType} ${far.hex(data)}`
      : rdataText(type, rdata);
  return {
    ...{ id: Number(id), source: source === '' ? '.' : source, source_idn: hostOf(owner) },
    ...{ type, ttl, target, updated_at: 1_779_826_643 },
  };
}

function rdataIn(type: string, target: unknown): RdataHex | undefined {
  if (typeof target !== 'string' || target === '') return undefined;
  if (type === 'TXT') return target.startsWith('"') ? undefined : txtFromValue(target);
  try {
    return rdataFromText('TLSA', target);
  } catch {
    return undefined;
  }
}

interface Written {
  readonly source?: string;
  readonly type?: string;
  readonly target?: string;
  readonly ttl?: number;
}

function records(far: FarSide, zone: FarZone, { method, url, json }: FakeRequest): FakeAnswer {
  if (method === 'GET') {
    const page = Number(url.searchParams.get('page') ?? 1);
    const all = zone.records.map((record) => told(far, zone, record));
    const counts = { total: all.length, page, pages: Math.ceil(all.length / PAGE) };
    const data = all.slice((page - 1) * PAGE, page * PAGE);
    return done(data, { ...counts, items_per_page: PAGE });
  }
  if (method !== 'POST') return failure(405, 'method_not_allowed', 'Method not allowed');
  const { source = '.', type = '', target, ttl } = json as Written;
  if (!ALL_TYPES.includes(type)) return invalid('type');
  if (!Number.isInteger(ttl)) return invalid('ttl');
  const rdata = rdataIn(type, target);
  if (rdata === undefined) return invalid('target');
  const owner = fqdn(['.', ''].includes(source) ? zone.name : `${source}.${zone.name}`);
  return done(told(far, zone, far.add(zone, owner, type as RecordType, rdata, ttl ?? 0)));
}

function one(far: FarSide, zone: FarZone, id: string, { method, json }: FakeRequest): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined) return NOT_FOUND;
  if (method === 'GET') return done(told(far, zone, record));
  if (method === 'DELETE') return done(far.remove(zone, id));
  if (method !== 'PUT') return failure(405, 'method_not_allowed', 'Method not allowed');
  const { target, ttl } = json as Written;
  if (!Number.isInteger(ttl)) return invalid('ttl');
  const rdata = rdataIn(record.type, target);
  if (rdata === undefined) return invalid('target');
  [record.rdata, record.ttl] = [rdata, ttl ?? 0];
  return done(told(far, zone, record));
}

export const infomaniak: Fake = {
  type: 'infomaniak',
  source:
    'https://developer.infomaniak.com/docs/api, …/getting-started, https://github.com/Infomaniak/terraform-provider-infomaniak',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: url }),

  answer(request, far) {
    const { method, path, headers } = request;
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'not_authorized', 'Authorization required');
    }
    const [, name = '', rest = ''] = /^\/2\/zones\/([^/]+)(.*)$/.exec(path) ?? [];
    const zone = far.zone(name);
    if (zone === undefined) return NOT_FOUND;
    if (rest === '/exists' && method === 'GET') return done(true);
    if (rest === '/records') return records(far, zone, request);
    const [, id] = /^\/records\/(\d+)$/.exec(rest) ?? [];
    return id === undefined ? NOT_FOUND : one(far, zone, id, request);
  },
};
