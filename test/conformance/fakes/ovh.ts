import { createHash } from 'node:crypto';
import { rdataFromText, rdataText, tlsaFields } from '../../../providers/_kit/rdata.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const [KEY, SECRET, CONSUMER] = [
  '7kbG7Bk7S9Nt7ZSV',
  'EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF',
  'MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1',
];
/** Its clock and ours differ. */
const AHEAD = 5000;
const TYPES = ['TXT', 'TLSA', 'A', 'AAAA', 'CAA', 'CNAME', 'DNAME', 'LOC', 'MX', 'NAPTR', 'NS'];
const FIELDS = ['fieldType', 'subDomain', 'target', 'ttl'];

/** What was requested and is not published. */
interface Draft {
  readonly added: FarRecord[];
  readonly removed: Set<string>;
  readonly ttls: Map<string, number>;
}

const drafts = new WeakMap<FarZone, Draft>();
let next = 5_000_000;

const failure = (status: number, message: string, errorCode?: string): FakeAnswer => ({
  status,
  body: { class: 'Client', message, ...(errorCode === undefined ? {} : { errorCode }) },
});

function draftOf(zone: FarZone): Draft {
  const draft = drafts.get(zone) ?? { added: [], removed: new Set(), ttls: new Map() };
  drafts.set(zone, draft);
  return draft;
}

/** The zone as its owner sees it: with what waits for the refresh. */
function seen(zone: FarZone): readonly FarRecord[] {
  const { added, removed, ttls } = draftOf(zone);
  return [...zone.records, ...added]
    .filter(({ id }) => !removed.has(id))
    .map((record) => ({ ...record, ttl: ttls.get(record.id) ?? record.ttl }));
}

function refresh(far: FarSide, zone: FarZone): FakeAnswer {
  const { removed, ttls } = draftOf(zone);
  const added = draftOf(zone).added.filter(({ id }) => !removed.has(id));
  for (const record of zone.records) record.ttl = ttls.get(record.id) ?? record.ttl;
  for (const { id, owner, type, rdata, ttl } of added) {
    far.add(zone, owner, type, rdata, ttls.get(id) ?? ttl);
  }
  for (const id of removed) far.remove(zone, id);
  drafts.delete(zone);
  return { body: 'null' };
}

/** An answer when the signature is not right. */
function unsigned({ method, url, headers, text }: FakeRequest): FakeAnswer | undefined {
  if (headers['x-ovh-application'] !== KEY) {
    return failure(403, 'This application key is invalid', 'INVALID_KEY');
  }
  if (headers['x-ovh-consumer'] !== CONSUMER) {
    return failure(403, 'This credential does not exist', 'INVALID_CREDENTIAL');
  }
  const time = Number(headers['x-ovh-timestamp']);
  if (!(Math.abs(time - (Date.now() / 1000 + AHEAD)) < 60)) {
    return failure(400, 'Query out of time', 'QUERY_TIME_OUT');
  }
  const whole = `http://${headers.host ?? ''}${url.pathname}${url.search}`;
  const signed = [SECRET, CONSUMER, method, whole, text, headers['x-ovh-timestamp']].join('+');
  const wanted = `$1$${createHash('sha1').update(signed).digest('hex')}`;
  if (headers['x-ovh-signature'] === wanted) return undefined;
  return failure(403, 'Invalid signature', 'INVALID_SIGNATURE');
}

function told(far: FarSide, zone: FarZone, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return {
    ...{ id: Number(id), zone: hostOf(zone.name), fieldType: type, ttl },
    subDomain: hostOf(owner).slice(0, -hostOf(zone.name).length - 1),
    target:
      type === 'TLSA'
        ? `${usage} ${selector} ${matchingType} ${far.hex(data)}`
        : rdataText(type, rdata),
  };
}

interface Written {
  readonly fieldType?: string;
  readonly subDomain?: string;
  readonly target?: string;
  readonly ttl?: number;
}

/** What is wrong with a record; undefined: nothing. */
function faultOf(json: unknown, type: string | undefined): FakeAnswer | undefined {
  const { target, ttl = 0, subDomain = '' } = json as Written;
  const strange = Object.keys(json as object).find((key) => !FIELDS.includes(key));
  if (strange !== undefined) return failure(400, `Received not described parameters: ${strange}`);
  if (type === undefined || !TYPES.includes(type)) return failure(400, 'Missing fieldType');
  if (typeof target !== 'string') return failure(400, 'Missing target parameter');
  if (!Number.isInteger(ttl) || ttl < 0) return failure(400, 'Invalid ttl parameter');
  if (subDomain.endsWith('.')) return failure(400, 'Invalid subDomain parameter');
  if (type !== 'TLSA') return undefined;
  const [, kind, digest = ''] = /^[0-3] [01] ([012]) ([0-9a-fA-F]+)$/.exec(target) ?? [];
  const length = { '0': digest.length, '1': 64, '2': 128 }[kind ?? ''];
  return digest !== '' && digest.length === length
    ? undefined
    : failure(400, 'Invalid subfield found in TLSA : certificate data');
}

/** Less than a minute becomes a minute, without a word in the answer. */
const ttlOf = (ttl = 0): number => (ttl === 0 ? 3600 : Math.max(ttl, 60));

/** As in SQL: `_` is any character and `%` any text. */
function like(value: string, pattern: string | null): boolean {
  if (pattern === null || pattern === '') return true;
  const parts = [...pattern].map((char) =>
    char === '_' ? '.' : char === '%' ? '.*' : char.replace(/[.*+?^${}()|[\]\\]/, '\\$&'),
  );
  return new RegExp(`^${parts.join('')}$`, 'i').test(value);
}

function records(far: FarSide, zone: FarZone, request: FakeRequest): FakeAnswer {
  const { method, url, json } = request;
  if (method === 'POST') {
    const { fieldType, subDomain = '', target = '', ttl } = json as Written;
    const fault = faultOf(json, fieldType);
    if (fault !== undefined) return fault;
    const type = fieldType as RecordType;
    const record = {
      id: String((next += 1)),
      owner: fqdn(subDomain === '' ? zone.name : `${subDomain}.${zone.name}`),
      ...{ type, rdata: rdataFromText(type, target), ttl: ttlOf(ttl) },
    };
    draftOf(zone).added.push(record);
    return { body: told(far, zone, record) };
  }
  if (method !== 'GET') return failure(405, 'Method not allowed');
  const [fieldType, subDomain] = ['fieldType', 'subDomain'].map((key) => url.searchParams.get(key));
  const found = seen(zone).filter((record) => {
    const { subDomain: name } = told(far, zone, record) as { readonly subDomain: string };
    return like(record.type, fieldType ?? null) && like(name, subDomain ?? null);
  });
  return { body: found.map(({ id }) => Number(id)) };
}

function one(far: FarSide, zone: FarZone, id: string, request: FakeRequest): FakeAnswer {
  const record = seen(zone).find((item) => item.id === id);
  if (record === undefined) {
    return failure(404, `The requested object (id = ${id}) does not exist`);
  }
  if (request.method === 'GET') return { body: told(far, zone, record) };
  if (request.method === 'DELETE') {
    draftOf(zone).removed.add(id);
    return { body: 'null' };
  }
  if (request.method !== 'PUT') return failure(405, 'Method not allowed');
  const { fieldType, target = '', ttl } = request.json as Written;
  if (fieldType !== undefined) {
    return failure(400, 'Try to alter read-only properties: fieldType');
  }
  const fault = faultOf(request.json, record.type);
  if (fault !== undefined) return fault;
  if (rdataFromText(record.type, target) !== record.rdata) return failure(500, 'not foreseen here');
  draftOf(zone).ttls.set(id, ttlOf(ttl));
  return { body: 'null' };
}

export const ovh: Fake = {
  type: 'ovh',
  source:
    'https://eu.api.ovh.com/console/?section=%2Fdomain, https://github.com/ovh/python-ovh, …/terraform-provider-ovh',
  secrets: [SECRET, CONSUMER],
  options: (url) => ({
    ...{ application_key: KEY, application_secret: SECRET, consumer_key: CONSUMER },
    endpoint: `${url}/1.0`,
  }),
  /** A refresh publishes what was written and writes nothing. */
  isWrite: ({ method, path }) => method !== 'GET' && !path.endsWith('/refresh'),

  answer(request, far) {
    const { method, path } = request;
    if (path === '/1.0/auth/time') return { body: Math.floor(Date.now() / 1000) + AHEAD };
    const refusal = unsigned(request);
    if (refusal !== undefined) return refusal;
    const [, name = '', rest = ''] = /^\/1\.0\/domain\/zone\/([^/]+)(.*)$/.exec(path) ?? [];
    const zone = far.zone(name);
    if (zone === undefined) return failure(404, 'This service does not exist');
    if (rest === '' && method === 'GET') {
      return { body: { name: hostOf(zone.name), dnssecSupported: true, nameServers: [] } };
    }
    if (rest === '/refresh' && method === 'POST') return refresh(far, zone);
    if (rest === '/record') return records(far, zone, request);
    const [, id] = /^\/record\/(\d+)$/.exec(rest) ?? [];
    return id === undefined
      ? failure(404, 'Got an invalid (or empty) URL')
      : one(far, zone, id, request);
  },
};
