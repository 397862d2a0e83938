import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TOKEN = 'desec-token-i-T3b1h_OI-H9ab8tRS98stGtURe';
const MINIMUM = 3600;

interface Written {
  readonly subname: string;
  readonly type: RecordType;
  readonly ttl?: number;
  readonly records: readonly string[];
}

const ownerIn = (zone: FarZone, subname: string): Fqdn =>
  fqdn(subname === '' || subname === '@' ? zone.name : `${subname}.${zone.name}`);

const text = (far: FarSide, { type, rdata }: FarRecord): string => {
  if (type !== 'TLSA') return rdataText(type, rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
};

const NOT_FOUND: FakeAnswer = { status: 404, body: { detail: 'Not found.' } };

function bulk(far: FarSide, zone: FarZone, all: readonly Written[]): FakeAnswer {
  const least = zone.leastTtl ?? MINIMUM;
  const low = all.find(
    ({ ttl = least, records }) => records.length > 0 && (ttl < least || ttl > 86_400),
  );
  if (low !== undefined) {
    const ttl = [`Ensure this value is greater than or equal to ${least}.`];
    return { status: 400, body: all.map((one) => (one === low ? { ttl } : {})) };
  }
  for (const { subname, type, ttl, records } of all) {
    const owner = ownerIn(zone, subname);
    const before = far.records(zone, owner, type)[0]?.ttl ?? least;
    far.replace(
      zone,
      owner,
      type,
      records.map((record) => rdataFromText(type, record)),
      ttl ?? before,
    );
  }
  return { body: all };
}

export const desec: Fake = {
  type: 'desec',
  source:
    'https://desec.readthedocs.io/en/latest/dns/rrsets.html, …/dns/domains.html, …/rate-limits.html',
  secrets: [TOKEN],
  options: (url) => ({ token: TOKEN, endpoint: `${url}/api/v1` }),

  answer({ method, path, headers, json }, far) {
    if (headers.authorization !== `Token ${TOKEN}`) {
      return { status: 401, body: { detail: 'Invalid token.' } };
    }
    const [, name = '', rest = ''] = /^\/api\/v1\/domains\/([^/]+)\/(.*)$/.exec(path) ?? [];
    const zone = far.zone(name);
    if (zone === undefined) return NOT_FOUND;
    if (method === 'GET' && rest === '') {
      return { body: { name: hostOf(zone.name), minimum_ttl: zone.leastTtl ?? MINIMUM } };
    }
    if (method === 'PATCH' && rest === 'rrsets/') return bulk(far, zone, json as Written[]);
    const [, subname, type] = /^rrsets\/([^/]+)\/([A-Z]+)\/$/.exec(rest) ?? [];
    if (method !== 'GET' || subname === undefined || type === undefined) {
      return { status: 405, body: { detail: 'Method not allowed.' } };
    }
    const records = far.records(zone, ownerIn(zone, subname), type);
    const [first] = records;
    if (first === undefined) return NOT_FOUND;
    const rrset = { domain: hostOf(zone.name), subname, type, ttl: first.ttl };
    return { body: { ...rrset, records: records.map((record) => text(far, record)) } };
  },
};
