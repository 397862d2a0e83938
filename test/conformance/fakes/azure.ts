import {
  tlsaFields,
  tlsaFromFields,
  txtFromStrings,
  txtStrings,
} from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const CLIENT = '11111111-2222-3333-4444-555555555555';
const SECRET = 'xYz8Q~EXAMPLEclientSECRETofTheFake0123456';
const TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.EXAMPLE.token';
const SUBSCRIPTION = 'd358aa05-cbc2-477b-8012-ffee08ff8973';
const PLACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/mail rg/providers/Microsoft.Network/dnsZones`;

/** CloudError of the description. */
const failure = (status: number, code: string, message: string): FakeAnswer => ({
  status,
  body: { error: { code, message } },
});

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
function token({ headers, text }: FakeRequest): FakeAnswer {
  const wrong = (status: number, error: string, description: string): FakeAnswer => ({
    status,
    body: { error, error_description: description, error_codes: [7000215] },
  });
  const form = new URLSearchParams(text);
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  if (!isForm || form.get('grant_type') !== 'client_credentials') {
    return wrong(400, 'invalid_request', "AADSTS900144: must contain 'grant_type'.");
  }
  if (form.get('client_id') !== CLIENT || form.get('client_secret') !== SECRET) {
    return wrong(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
  }
  if (form.get('scope') !== `http://${headers.host}/.default`) {
    return wrong(400, 'invalid_scope', 'AADSTS70011: The provided value for scope is not valid.');
  }
  return { body: { token_type: 'Bearer', expires_in: 3599, access_token: TOKEN } };
}

function recordTold(far: FarSide, { type, rdata }: FarRecord): object {
  if (type !== 'TLSA') return { value: txtStrings(rdata) };
  const { data, ...numbers } = tlsaFields(rdata);
  return { ...numbers, certAssociationData: far.hex(data.toUpperCase()) };
}

interface Properties {
  readonly TTL?: unknown;
  readonly TLSARecords?: unknown;
  readonly TXTRecords?: unknown;
  readonly metadata?: unknown;
}

const isInt = (it: unknown, most: number): it is number =>
  Number.isInteger(it) && Number(it) >= 0 && Number(it) <= most;

/** By the definitions RecordSet, TlsaRecord and TxtRecord; undefined: not of their form. */
function rdataIn(type: string, record: unknown): RdataHex | undefined {
  const fields = record as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields).sort().join(' ');
  if (type === 'TXT') {
    const { value } = fields;
    if (names !== 'value' || !Array.isArray(value) || value.length === 0) return undefined;
    const isText = (it: unknown): it is string => typeof it === 'string' && it.length <= 255;
    return value.every(isText) ? txtFromStrings(value) : undefined;
  }
  const { usage, selector, matchingType, certAssociationData: data } = fields;
  const isGood =
    names === 'certAssociationData matchingType selector usage' &&
    typeof data === 'string' &&
    /^[0-9a-fA-F ]+$/.test(data);
  if (!isGood || !isInt(usage, 255) || !isInt(selector, 255) || !isInt(matchingType, 255)) {
    return undefined;
  }
  return tlsaFromFields({ usage, selector, matchingType, data });
}

interface Wanted {
  readonly zone: FarZone;
  readonly owner: Fqdn;
  readonly type: RecordType;
}

const keyOf = ({ zone, owner, type }: Wanted): string => `${zone.id} ${owner} ${type}`;
/** Metadata that record sets were given. */
const metadata = new WeakMap<FarSide, Map<string, unknown>>();

function metadataOf(far: FarSide): Map<string, unknown> {
  const held = metadata.get(far) ?? new Map<string, unknown>();
  metadata.set(far, held);
  return held;
}

function told(far: FarSide, wanted: Wanted): object {
  const { zone, owner, type } = wanted;
  const records = far.records(zone, owner, type);
  const name = owner === zone.name ? '@' : owner.slice(0, -zone.name.length - 1);
  return {
    id: `${PLACE}/${hostOf(zone.name)}/${type}/${name}`,
    ...{ name, type: `Microsoft.Network/dnsZones/${type}`, etag: etagOf(records) },
    properties: {
      ...{ TTL: records[0]?.ttl, fqdn: owner, provisioningState: 'Succeeded' },
      metadata: metadataOf(far).get(keyOf(wanted)) ?? null,
      [`${type}Records`]: records.map((record) => recordTold(far, record)),
    },
  };
}

/** Another one after each change. */
const etagOf = (records: readonly FarRecord[]): string =>
  `00000002-0000-0000-${records.map(({ id, ttl }) => `${id}.${ttl}`).join('-')}`;

function put(far: FarSide, wanted: Wanted, { json }: FakeRequest): FakeAnswer {
  const { zone, owner, type } = wanted;
  const bad = (message: string): FakeAnswer => failure(400, 'BadRequest', message);
  const { properties, ...rest } = (json ?? {}) as { readonly properties?: Properties };
  if (properties === undefined || Object.keys(rest).length > 0)
    return bad('The body is not a RecordSet.');
  const list = `${type}Records`;
  const odd = Object.keys(properties).find((key) => !['TTL', 'metadata', list].includes(key));
  if (odd !== undefined) return bad(`Could not find member '${odd}'.`);
  const { TTL: ttl, [list as 'TLSARecords']: records } = properties;
  if (!isInt(ttl, 2_147_483_647) || ttl < 1) return bad("The value for 'TTL' is not valid.");
  if (!Array.isArray(records) || records.length === 0) {
    return bad('The record set has no records.');
  }
  const rdata = records.map((record) => rdataIn(type, record));
  if (rdata.includes(undefined)) return bad(`A record of '${list}' is not valid.`);
  const known = rdata.flatMap((one) => one ?? []);
  if (new Set(known).size < known.length) return bad('The record set has duplicate records.');
  const isNew = far.records(zone, owner, type).length === 0;
  far.replace(zone, owner, type, known, ttl);
  metadataOf(far).set(keyOf(wanted), properties.metadata);
  return { status: isNew ? 201 : 200, body: told(far, wanted) };
}

export const azure: Fake = {
  type: 'azure',
  source:
    'specification/dns/resource-manager/Microsoft.Network/Dns/preview/2023-07-01-preview/dns.json and its examples, of github.com/Azure/azure-rest-api-specs; https://learn.microsoft.com/azure/dns/dns-zones-records#etags',
  secrets: [SECRET, TOKEN],
  options: (url) => ({
    ...{ tenant: TENANT, client_id: CLIENT, client_secret: SECRET },
    ...{ subscription: SUBSCRIPTION, resource_group: 'mail rg' },
    ...{ endpoint: url, login_endpoint: `${url}/login` },
  }),
  isLogin: ({ path }) => path.startsWith('/login/'),

  answer(request, far) {
    const { method, url, path, headers } = request;
    if (path === `/login/${TENANT}/oauth2/v2.0/token` && method === 'POST') return token(request);
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
    }
    if (url.searchParams.get('api-version') !== '2023-07-01-preview') {
      return failure(400, 'NoRegisteredProviderFound', 'The api-version has no such type.');
    }
    const [, name = '', type, relative] =
      /^\/([^/]+)(?:\/(TLSA|TXT)\/([^/]+))?$/.exec(path.replace(PLACE, '')) ?? [];
    if (!path.startsWith(`${PLACE}/`) || name === '' || name.includes('*')) {
      return failure(400, 'BadRequest', `The domain name '${name}' is invalid.`);
    }
    const zone = name.endsWith('.') ? undefined : far.zone(name);
    if (zone === undefined) {
      return failure(404, 'ResourceNotFound', `The Resource '${path}' was not found.`);
    }
    if (type === undefined || relative === undefined) {
      const properties = { zoneType: 'Public', numberOfRecordSets: 2 };
      return { body: { name, type: 'Microsoft.Network/dnszones', etag: '1', properties } };
    }
    const owner = fqdn(relative === '@' ? zone.name : `${relative}.${zone.name}`);
    const wanted = { zone, owner, type: type as RecordType };
    const records = far.records(zone, owner, type);
    if (method === 'GET') {
      if (records.length > 0) return { body: told(far, wanted) };
      // Without `error` around it: the service answers so for record sets.
      const message = `The resource record '${relative}' does not exist in resource group 'mail rg' of subscription '${SUBSCRIPTION}'.`;
      return { status: 404, body: { code: 'NotFound', message } };
    }
    const changed = failure(412, 'PreconditionFailed', 'The condition was not met.');
    const match = headers['if-match'];
    if (method === 'DELETE' && records.length === 0) return { status: 204 };
    if (match !== undefined && match !== etagOf(records)) return changed;
    if (headers['if-none-match'] === '*' && records.length > 0) return changed;
    if (method === 'PUT') return put(far, wanted, request);
    if (method !== 'DELETE') return failure(405, 'MethodNotAllowed', method);
    far.replace(zone, owner, wanted.type, [], 0);
    return { status: 200 };
  },
};
