import {
  rdataFromText,
  tlsaFields,
  tlsaFromFields,
  txtText,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'cf-token-Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY';
/** Smaller than the one that is asked for: more than one page. */
const PAGE = 1;

interface Written {
  readonly type: RecordType;
  readonly name: string;
  readonly ttl: number;
  readonly content?: string;
  readonly data?: { usage: number; selector: number; matching_type: number; certificate: string };
}

const failure = (status: number, code: number, message: string): FakeAnswer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

const done = (result: unknown): FakeAnswer => ({
  body: { success: true, errors: [], messages: [], result },
});

function page(all: readonly unknown[], url: URL): FakeAnswer {
  const at = Number(url.searchParams.get('page') ?? 1);
  const result = all.slice((at - 1) * PAGE, at * PAGE);
  const pages = Math.ceil(all.length / PAGE);
  const info = { page: at, per_page: PAGE, count: result.length, total_count: all.length };
  return {
    body: {
      success: true,
      errors: [],
      messages: [],
      result,
      result_info: { ...info, total_pages: pages },
    },
  };
}

function told(far: FarSide, { id, owner, type, rdata, ttl }: FarRecord): object {
  const record = { id, name: hostOf(owner), type, ttl, proxied: false };
  if (type !== 'TLSA') return { ...record, content: txtText(rdata) };
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const certificate = far.hex(data.toUpperCase());
  return {
    ...record,
    content: `${usage} ${selector} ${matchingType} ${certificate}`,
    data: { usage, selector, matching_type: matchingType, certificate },
  };
}

function rdataIn({ type, content, data }: Written): RdataHex | undefined {
  if (type !== 'TLSA') return content === undefined ? undefined : rdataFromText(type, content);
  if (data === undefined) return undefined;
  const { usage, selector, matching_type: matchingType, certificate } = data;
  return tlsaFromFields({ usage, selector, matchingType, data: certificate });
}

function create(far: FarSide, zone: FarZone, written: Written): FakeAnswer {
  const rdata = rdataIn(written);
  if (rdata === undefined) return failure(400, 9101, 'data is a required field.');
  if (written.ttl !== 1 && (written.ttl < 60 || written.ttl > 86_400)) {
    return failure(
      400,
      9021,
      'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.',
    );
  }
  const owner = fqdn(written.name);
  if (far.records(zone, owner, written.type).some((record) => record.rdata === rdata)) {
    return failure(400, 81_058, 'An identical record already exists.');
  }
  return done(told(far, far.add(zone, owner, written.type, rdata, written.ttl)));
}

function one(far: FarSide, zone: FarZone, id: string, { method, json }: FakeRequest): FakeAnswer {
  const record = zone.records.find((item) => item.id === id);
  if (record === undefined) return failure(404, 81_044, 'Record does not exist.');
  if (method === 'DELETE') {
    far.remove(zone, id);
    return done({ id });
  }
  if (method !== 'PATCH') return failure(405, 10_000, 'Method not allowed.');
  record.ttl = (json as { readonly ttl: number }).ttl;
  return done(told(far, record));
}

export const cloudflare: Fake = {
  type: 'cloudflare',
  source:
    'https://developers.cloudflare.com/api/resources/dns/subresources/records/, …/resources/zones/',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: `${url}/client/v4` }),

  answer(request, far) {
    const { method, url, path, headers, json } = request;
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return failure(403, 9109, 'Invalid access token');
    const wanted = (key: string): string | undefined => url.searchParams.get(key) ?? undefined;
    if (path === '/client/v4/zones') {
      const found = far.zones.filter(({ name }) => hostOf(name) === wanted('name'));
      return page(
        found.map(({ id, name }) => ({ id, name: hostOf(name), status: 'active' })),
        url,
      );
    }
    const [, zoneId = '', id] =
      /^\/client\/v4\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(path) ?? [];
    const zone = far.zoneById(zoneId);
    if (zone === undefined) return failure(404, 7003, 'Could not route to the zone.');
    if (id !== undefined) return one(far, zone, id, request);
    if (method === 'POST') return create(far, zone, json as Written);
    const name = wanted('name');
    const records = far.records(zone, name === undefined ? undefined : fqdn(name), wanted('type'));
    return page(
      records.map((record) => told(far, record)),
      url,
    );
  },
};
