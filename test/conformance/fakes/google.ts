import { verify } from 'node:crypto';
import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import { rsaPem } from '../../support/rsa.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const { publicKey, privateKey: PEM } = rsaPem();
const EMAIL = 'holger@mail-project.iam.gserviceaccount.com';
const TOKEN = 'ya29.c.Ko8BvQfEXAMPLEaccessTOKENoFthEfAkE';
const SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const failure = (status: number, reason: string, message: string): FakeAnswer => ({
  status,
  body: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
});

const partOf = (jwt: string, at: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[at] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

function token({ headers, text }: FakeRequest): FakeAnswer {
  const wrong = (error: string, description: string): FakeAnswer => ({
    status: 400,
    body: { error, error_description: description },
  });
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') {
    return wrong('invalid_request', 'Missing required parameter: grant_type');
  }
  const form = new URLSearchParams(text);
  const jwt = form.get('assertion') ?? '';
  if (form.get('grant_type') !== GRANT)
    return wrong('unsupported_grant_type', 'Invalid grant_type');
  const signed = jwt.split('.').slice(0, 2).join('.');
  const signature = Buffer.from(jwt.split('.')[2] ?? '', 'base64url');
  const isGood = verify('sha256', Buffer.from(signed), publicKey, signature);
  if (!isGood) return wrong('invalid_grant', 'Invalid JWT Signature.');
  const { alg, typ, kid } = partOf(jwt, 0);
  const { iss, scope, aud, iat, exp } = partOf(jwt, 1);
  if (alg !== 'RS256' || typ !== 'JWT' || kid !== 'key-1' || iss !== EMAIL) {
    return wrong('invalid_grant', 'Invalid grant: account not found');
  }
  if (aud !== `http://${headers.host}/token`) return wrong('invalid_grant', 'Invalid JWT: aud');
  if (scope !== SCOPE) return wrong('invalid_scope', 'Invalid OAuth scope');
  const now = Date.now() / 1000;
  const isShort = Number(exp) - Number(iat) <= 3600 && Number(iat) < now + 600;
  if (!isShort || Number(exp) < now) {
    return wrong('invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes)');
  }
  return { body: { access_token: TOKEN, expires_in: 3599, token_type: 'Bearer' } };
}

/** One at a time; the first page of all has nothing on it. */
function page(list: string, all: readonly object[], { url }: FakeRequest): FakeAnswer {
  const at = Number((url.searchParams.get('pageToken') ?? 'p0').slice(1));
  const isEmpty = all.length === 0;
  return {
    body: {
      kind: `dns#${list === 'rrsets' ? 'resourceRecordSets' : list}ListResponse`,
      ...(isEmpty ? {} : { [list]: at === 0 ? [] : all.slice(at - 1, at) }),
      ...(!isEmpty && at < all.length && { nextPageToken: `p${at + 1}` }),
    },
  };
}

function told(far: FarSide, { type, rdata }: FarRecord): string {
  if (type !== 'TLSA') return rdataText(type, rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
}

interface Written {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly rrdatas: readonly string[];
}

/**
 * By the schemas Change and ResourceRecordSet of the discovery document; the reason, or undefined.
 */
function faultIn(body: unknown): string | undefined {
  const isObject = (it: unknown): it is Record<string, unknown> =>
    typeof it === 'object' && it !== null && !Array.isArray(it);
  if (!isObject(body)) return "The 'entity.change' parameter is required but was missing.";
  for (const [key, list] of Object.entries(body)) {
    if (!['additions', 'deletions', 'kind'].includes(key)) return `Unknown name "${key}"`;
    if (key === 'kind') continue;
    if (!Array.isArray(list) || list.length === 0) return `'entity.change.${key}' is not a list`;
    for (const rrset of list as unknown[]) {
      if (!isObject(rrset)) return `'entity.change.${key}[0]' is not a message`;
      const unknown = Object.keys(rrset).find(
        (it) => !['kind', 'name', 'type', 'ttl', 'rrdatas', 'signatureRrdatas'].includes(it),
      );
      if (unknown !== undefined) return `Unknown name "${unknown}"`;
      const { name, type, ttl, rrdatas } = rrset;
      const isName = typeof name === 'string' && name.endsWith('.');
      if (!isName || typeof type !== 'string') return `Invalid value for '${key}[0].name'`;
      if (!Number.isInteger(ttl) || Number(ttl) < 0) return `Invalid value for '${key}[0].ttl'`;
      const isList = Array.isArray(rrdatas) && rrdatas.length > 0;
      const form = type === 'TXT' ? /^("(?:[^"\\]|\\.){0,1020}"\s*)+$/ : /^\d \d \d [0-9a-fA-F ]+$/;
      const isPlain = (text: unknown): boolean =>
        typeof text === 'string' && /^[\x20-\x7e]*$/.test(text) && form.test(text);
      if (!isList || !rrdatas.every(isPlain)) return `Invalid value for '${key}[0].rrdata[0]'`;
    }
  }
  return undefined;
}

/** Changes whose status was not requested yet. */
const pending = new Set<string>();

function change(far: FarSide, zone: FarZone, { json }: FakeRequest): FakeAnswer {
  const fault = faultIn(json);
  if (fault !== undefined) return failure(400, 'invalid', fault);
  const { additions = [], deletions = [] } = json as {
    readonly additions?: readonly Written[];
    readonly deletions?: readonly Written[];
  };
  for (const [at, { name, type, ttl, rrdatas }] of deletions.entries()) {
    const records = far.records(zone, fqdn(name), type);
    const entity = `'entity.change.deletions[${at}]'`;
    if (records.length === 0) {
      const message = `The ${entity} resource named '${name} (${type})' does not exist.`;
      return failure(404, 'notFound', message);
    }
    const own = records.map((one) => told(far, one)).sort();
    const isSame = [...rrdatas].sort().join('\n') === own.join('\n');
    if (!isSame || records.some((one) => one.ttl !== ttl)) {
      return failure(412, 'conditionNotMet', `Precondition not met for ${entity}`);
    }
  }
  const key = ({ name, type }: Written): string => `${name} ${type}`;
  const gone = new Set(deletions.map(key));
  for (const [at, rrset] of additions.entries()) {
    const isThere = far.records(zone, fqdn(rrset.name), rrset.type).length > 0;
    if (isThere && !gone.has(key(rrset))) {
      const message = `The resource 'entity.change.additions[${at}]' named '${rrset.name} (${rrset.type})' already exists`;
      return failure(409, 'alreadyExists', message);
    }
  }
  const added = new Set(additions.map(key));
  for (const { name, type, ttl, rrdatas } of additions) {
    const rdata: RdataHex[] = rrdatas.map((text) => rdataFromText(type, text));
    far.replace(zone, fqdn(name), type, rdata, ttl);
  }
  for (const rrset of deletions.filter((one) => !added.has(key(one)))) {
    far.replace(zone, fqdn(rrset.name), rrset.type, [], 0);
  }
  pending.add(`${zone.id}/changes/${zone.serial}`);
  return { body: { kind: 'dns#change', id: String(zone.serial), status: 'pending', additions } };
}

/** Those that the discovery document has for the list; others are refused. */
const QUERY = new Set(['dnsName', 'name', 'type', 'maxResults', 'pageToken']);

export const google: Fake = {
  type: 'google',
  source:
    'the discovery document of Cloud DNS v1 (dns/v1/dns-api.json of github.com/googleapis/google-api-go-client); https://developers.google.com/identity/protocols/oauth2/service-account',
  secrets: [TOKEN, String(PEM), String(PEM).split('\n')[1] ?? ''],
  options: (url) => ({
    credentials: JSON.stringify({
      ...{ type: 'service_account', project_id: 'mail-project', private_key_id: 'key-1' },
      ...{ private_key: PEM, client_email: EMAIL, token_uri: `${url}/token` },
    }),
    endpoint: url,
  }),
  isLogin: ({ path }) => path === '/token',

  answer(request, far) {
    const { method, url, path, headers } = request;
    if (path === '/token' && method === 'POST') return token(request);
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      return failure(401, 'authError', 'Request had invalid authentication credentials.');
    }
    const odd = [...url.searchParams.keys()].find((key) => !QUERY.has(key));
    if (odd !== undefined) return failure(400, 'badRequest', `Unknown name "${odd}"`);
    const [, name, list, id] =
      /^\/dns\/v1\/projects\/mail-project\/managedZones(?:\/zone-(\d+)\/(rrsets|changes)(?:\/(\d+))?)?$/.exec(
        path,
      ) ?? [];
    const query = (key: string): string | undefined => url.searchParams.get(key) ?? undefined;
    if (name === undefined && path.endsWith('/managedZones') && method === 'GET') {
      const of = far.zones.filter(({ name: own }) => own === (query('dnsName') ?? own));
      // Each name is there twice: once in private.
      const zones = of.flatMap((zone) => [
        { kind: 'dns#managedZone', name: `inside-${zone.id}`, visibility: 'private' },
        { kind: 'dns#managedZone', name: `zone-${zone.id}`, visibility: 'public' },
      ]);
      const named = zones.map((zone, at) => ({ ...zone, dnsName: of[Math.floor(at / 2)]?.name }));
      return page('managedZones', named, request);
    }
    const zone = far.zoneById(name ?? '');
    if (zone === undefined) {
      const message = `The 'parameters.managedZone' resource named '${path}' does not exist.`;
      return failure(404, 'notFound', message);
    }
    if (list === 'changes' && id === undefined && method === 'POST') {
      return change(far, zone, request);
    }
    if (list === 'changes' && id !== undefined && method === 'GET') {
      const status = pending.delete(`${zone.id}/changes/${id}`) ? 'pending' : 'done';
      return { body: { kind: 'dns#change', id, status } };
    }
    if (list !== 'rrsets' || id !== undefined || method !== 'GET') {
      return failure(405, 'httpMethodNotAllowed', 'The request is not of the form.');
    }
    if (query('type') !== undefined && query('name') === undefined) {
      return failure(400, 'invalid', 'type without name');
    }
    const owner = query('name');
    const records = far.records(zone, owner === undefined ? undefined : fqdn(owner), query('type'));
    const keys = [...new Set(records.map((one) => `${one.owner} ${one.type}`))];
    const rrsets = keys.map((key) => {
      const own = records.filter((one) => `${one.owner} ${one.type}` === key);
      const [first] = own;
      const rrdatas = own.map((one) => told(far, one));
      return {
        kind: 'dns#resourceRecordSet',
        name: first?.owner,
        type: first?.type,
        ttl: first?.ttl,
        rrdatas,
      };
    });
    return page('rrsets', rrsets, request);
  },
};
