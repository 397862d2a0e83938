import {
  rdataFromText,
  tlsaFields,
  txtFromValue,
  txtValue,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const KEY = 'pk1_5299b57125c8f3cdf347d2fe0e713311ee3a1e11f11a14942b26472593e35368';
const SECRET = 'sk1_7d119e3f656b00ae042980302e1425a04163c476efec1833c3cb0054fc6f5022';
/** The real one has 1000. */
const CHUNK = 1;
const LEAST_TTL = 600;
const TYPES = new Set(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'SRV', 'TLSA', 'TXT', 'CAA', 'SSHFP']);

type Written = Readonly<Record<string, unknown>>;

const success = (more: object = {}): FakeAnswer => ({ body: { status: 'SUCCESS', ...more } });
const failure = (code: string, message: string, more: object = {}): FakeAnswer => ({
  status: 400,
  body: { status: 'ERROR', code, message, ...more },
});

function told(far: FarSide, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const content =
    type === 'TLSA' ? `${usage} ${selector} ${matchingType} ${far.hex(data)}` : txtValue(rdata);
  return { id, name: hostOf(owner), type, content, ttl: String(ttl), prio: null, notes: '' };
}

function rdataIn({ type, content }: Written): RdataHex {
  return type === 'TLSA' ? rdataFromText('TLSA', String(content)) : txtFromValue(String(content));
}

function wrongIn({ type, content, name, ttl }: Written): FakeAnswer | undefined {
  if (typeof type !== 'string' || !TYPES.has(type)) {
    return failure('INVALID_TYPE', 'Invalid type passed.');
  }
  if (typeof content !== 'string' || content === '') {
    return failure('INVALID_CONTENT', 'The content is required.');
  }
  if (typeof name !== 'string' || name.includes('@')) {
    return failure('INVALID_NAME', 'The name is invalid.');
  }
  if (ttl !== undefined && !(Number(ttl) >= LEAST_TTL)) {
    return failure('INVALID_TTL', 'The TTL is too low.');
  }
  return undefined;
}

function create(far: FarSide, zone: FarZone, written: Written): FakeAnswer {
  const wrong = wrongIn(written);
  if (wrong !== undefined) return wrong;
  const { type, name, ttl = LEAST_TTL } = written;
  const owner = fqdn(name === '' ? zone.name : `${String(name)}.${zone.name}`);
  const rdata = rdataIn(written);
  const same = far.records(zone, owner, String(type)).find((record) => record.rdata === rdata);
  if (same !== undefined) {
    const message = 'A record with this name, type and content already exists.';
    return failure('DUPLICATE_RECORD', message, { existingId: same.id });
  }
  const record = far.add(zone, owner, type as RecordType, rdata, Number(ttl));
  return success({ id: Number(record.id) });
}

function one(far: FarSide, zone: FarZone, act: string, id: string, written: Written): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined) return failure('INVALID_RECORD_ID', 'Invalid record ID.');
  if (act === 'delete') {
    far.remove(zone, id);
    return success();
  }
  const wrong = wrongIn(written);
  if (wrong !== undefined) return wrong;
  record.rdata = rdataIn(written);
  record.ttl = Number(written['ttl']);
  return success();
}

export const porkbun: Fake = {
  type: 'porkbun',
  source: 'https://porkbun.com/api/json/v3/documentation, https://porkbun.com/llms/dns, …/spec',
  secrets: [KEY, SECRET],
  options: (url) => ({ api_key: KEY, secret_api_key: SECRET, endpoint: `${url}/api/json/v3` }),
  says: [
    {
      status: 400,
      body: '{"status":"ERROR","message":"Invalid API key. (002)"}',
      means: 'PROVIDER_AUTH',
    },
    {
      status: 400,
      body: '{"status":"ERROR","code":"API_ACCESS_DISABLED","message":"Domain is not opted in to API access."}',
      means: 'PROVIDER_AUTH',
    },
    {
      status: 400,
      body: '{"status":"ERROR","code":"RATE_LIMIT_EXCEEDED","message":"Slow down.","ttlRemaining":900}',
      means: 'PROVIDER_LIMITED',
    },
    {
      status: 200,
      body: '{"status":"ERROR","code":"ZONE_RECORD_LIMIT","message":"The zone is full."}',
      means: 'UPDATE_REFUSED',
    },
    { status: 200, body: '{}', means: 'PROVIDER_FAILED' },
  ],
  isWrite: ({ path }) => /\/dns\/(create|edit|delete)\//.test(path),

  answer({ method, path, json }, far) {
    if (method !== 'POST') return { status: 405 };
    const written = (json ?? {}) as Written;
    if (written['apikey'] !== KEY || written['secretapikey'] !== SECRET) {
      return failure('INVALID_API_KEYS_001', 'Invalid API key. (001)');
    }
    const [, rest = ''] = /^\/api\/json\/v3(\/.*)$/.exec(path) ?? [];
    if (rest === '/domain/listAll') {
      const start = Number(written['start'] ?? 0);
      const domains = far.zones
        .slice(start, start + CHUNK)
        .map(({ name }) => ({ domain: hostOf(name), status: 'ACTIVE', apiAccess: 1 }));
      return success({ domains });
    }
    const [, act = '', name = '', id] =
      /^\/dns\/(retrieve|create|edit|delete)\/([^/]+)(?:\/(\d+))?$/.exec(rest) ?? [];
    if (act === '') return { status: 404, body: { status: 'ERROR', message: 'Not found.' } };
    const zone = far.zone(name);
    if (zone === undefined) return failure('INVALID_DOMAIN', 'Invalid domain.');
    if (act === 'create') return create(far, zone, written);
    if (id !== undefined) return one(far, zone, act, id, written);
    const records = zone.records.map((record) => told(far, record));
    return success({ cloudflare: 'disabled', records });
  },
};
