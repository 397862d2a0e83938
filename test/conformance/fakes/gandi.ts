import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer } from '../fake.ts';
import type { FarRecord, FarSide } from '../far-side.ts';

const TOKEN = 'pat_6f2b8f1c4d7a4e0c9d3e5b1a7c8d9e0f';
const [LEAST, MOST] = [300, 2_592_000];

const failure = (code: number, cause: string, message: string): FakeAnswer => ({
  status: code,
  body: { cause, code, message, object: `HTTP${cause.replace(' ', '')}` },
});

const invalid = (name: string, description: string): FakeAnswer => ({
  status: 400,
  body: { status: 'error', errors: [{ location: 'body', name, description }] },
});

function told(far: FarSide, { type, rdata }: FarRecord): string {
  if (type !== 'TLSA') return rdataText(type, rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
}

/** The RRset in a body; an answer when there is none. */
function written(
  type: RecordType,
  json: unknown,
): { readonly rdata: readonly RdataHex[]; readonly ttl: number } | FakeAnswer {
  const { rrset_values: values, rrset_ttl: ttl = 10_800 } = json as {
    readonly rrset_values?: readonly unknown[];
    readonly rrset_ttl?: unknown;
  };
  if (!Array.isArray(values) || values.length === 0) return invalid('rrset_values', 'Required');
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < LEAST || ttl > MOST) {
    return invalid('rrset_ttl', `${String(ttl)} is not between ${LEAST} and ${MOST}`);
  }
  const texts = values.map(String);
  if (texts.some((text) => !/^[\x20-\x7E]{1,16384}$/.test(text))) {
    return invalid('rrset_values', 'String does not match expected pattern');
  }
  try {
    return { rdata: texts.map((text) => rdataFromText(type, text)), ttl };
  } catch {
    return invalid('rrset_values', `not a ${type} record`);
  }
}

export const gandi: Fake = {
  type: 'gandi',
  source: 'https://api.gandi.net/docs/livedns/, https://api.gandi.net/docs/authentication/',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: `${url}/v5/livedns/` }),

  answer({ method, path, headers, json }, far) {
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'Unauthorized', 'The server could not verify that you authorized.');
    }
    const [, name = '', rest = ''] = /^\/v5\/livedns\/domains\/([^/]+)(.*)$/.exec(path) ?? [];
    const zone = far.zone(name);
    if (zone === undefined) return failure(404, 'Not Found', 'The resource could not be found.');
    if (rest === '') return { body: { fqdn: hostOf(zone.name), automatic_snapshots: false } };
    const [, label = '', type] = /^\/records\/([^/]+)\/(TXT|TLSA)$/.exec(rest) ?? [];
    if (type !== 'TXT' && type !== 'TLSA') return failure(404, 'Not Found', 'No such record type.');
    const owner = label === '@' ? zone.name : fqdn(`${label}.${zone.name}`);
    const records = far.records(zone, owner, type);
    const [first] = records;
    if (method === 'PUT') {
      if (headers['content-type'] !== 'application/json') {
        return failure(415, 'Unsupported Media Type', 'JSON is wanted.');
      }
      const set = written(type, json);
      if (!('rdata' in set)) return set;
      far.replace(zone, owner, type, set.rdata, set.ttl);
      return { status: 201, body: { message: 'DNS Record Created' } };
    }
    if (first === undefined) return failure(404, 'Not Found', "Can't find the DNS record.");
    if (method === 'DELETE') {
      far.replace(zone, owner, type, [], 0);
      return { status: 204 };
    }
    if (method !== 'GET') return failure(405, 'Method Not Allowed', 'The method is not allowed.');
    const values = records.map((record) => told(far, record));
    const rrset = { rrset_name: label, rrset_type: type, rrset_ttl: first.ttl };
    return { body: { ...rrset, rrset_values: values } };
  },
};
