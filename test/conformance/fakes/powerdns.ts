import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const KEY = 'pdns-key-6fae6b4bd6d5b3d9cf7a';

interface Written {
  readonly name: string;
  readonly type: RecordType;
  readonly changetype: string;
  readonly ttl?: number;
  readonly records?: readonly { readonly content: string; readonly disabled?: boolean }[];
}

const invalid = (error: string): FakeAnswer => ({ status: 422, body: { error } });

function content(far: FarSide, { type, rdata }: FarRecord): string {
  if (type !== 'TLSA') return rdataText(type, rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
}

function told(far: FarSide, zone: FarZone, url: URL): object {
  const { name } = zone;
  const about = { id: name, name, kind: 'Master', dnssec: true, serial: zone.serial };
  if (url.searchParams.get('rrsets') === 'false') return about;
  const owner = url.searchParams.get('rrset_name') ?? undefined;
  const type = url.searchParams.get('rrset_type') ?? undefined;
  const found = far.records(zone, owner === undefined ? undefined : fqdn(owner), type);
  const sets = new Map<string, object>();
  for (const { owner: at, type: of, ttl } of found) {
    const records = far
      .records(zone, at, of)
      .map((record) => ({ content: content(far, record), disabled: false }));
    sets.set(`${at} ${of}`, { comments: [], name: at, type: of, ttl, records });
  }
  return { ...about, rrsets: [...sets.values()] };
}

/** What is wrong with an RRset that is to be written. */
function faultOf({ name, changetype, ttl, records }: Written): string | undefined {
  if (!name.endsWith('.')) return `DNS Name '${name}' is not canonical`;
  if (changetype === 'DELETE') return undefined;
  if (changetype !== 'REPLACE') return 'Changetype not understood';
  if (records === undefined) return 'No change for RRset';
  if (ttl === undefined) return "Key 'ttl' not present or not an Integer";
  const contents = records.map((record) => record.content);
  if (new Set(contents).size < contents.length) return `Duplicate record in RRset ${name}`;
  return undefined;
}

function patch(far: FarSide, zone: FarZone, { json }: FakeRequest): FakeAnswer {
  const { rrsets } = json as { readonly rrsets: readonly Written[] };
  const fault = rrsets.map(faultOf).find((reason) => reason !== undefined);
  if (fault !== undefined) return invalid(fault);
  for (const { name, type, ttl = 0, records = [] } of rrsets) {
    const rdata = records.map((record) => rdataFromText(type, record.content));
    far.replace(zone, fqdn(name), type, rdata, ttl);
  }
  return { status: 204 };
}

export const powerdns: Fake = {
  type: 'powerdns',
  source:
    'https://github.com/PowerDNS/pdns, docs/http-api/zone.rst and docs/http-api/openapi/authoritative-api-openapi.yaml',
  secrets: [KEY],
  options: (url) => ({ key: KEY, endpoint: url }),

  answer(request, far) {
    const { method, url, path, headers, text } = request;
    if (headers['x-api-key'] !== KEY) return { status: 401, body: 'Unauthorized' };
    const [, id = '', rest] =
      /^\/api\/v1\/servers\/localhost\/zones\/([^/]+)(\/notify)?$/.exec(path) ?? [];
    const name = id.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const zone = name.endsWith('.') ? far.zone(name) : undefined;
    if (zone === undefined) return { status: 404, body: { error: 'Not Found' } };
    if (rest !== undefined) {
      if (method !== 'PUT') return { status: 405, body: { error: 'Method Not Allowed' } };
      if (text !== '') return { status: 400, body: { error: 'Clients MUST NOT send a body' } };
      return { body: { result: 'Notification queued' } };
    }
    if (method === 'GET') return { body: told(far, zone, url) };
    if (method === 'PATCH') return patch(far, zone, request);
    return { status: 405, body: { error: 'Method Not Allowed' } };
  },
};
