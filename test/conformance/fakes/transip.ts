import { verify } from 'node:crypto';
import {
  rdataFromText,
  tlsaFields,
  txtFromValue,
  txtValue,
} from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { Fqdn } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import { rsaPem } from '../../support/rsa.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const LOGIN = 'mail-operator';
const { publicKey, privateKey } = rsaPem();
const TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzUxMiJ9.transip-token-';

interface Entry {
  readonly name: string;
  readonly expire: number;
  readonly type: RecordType;
  readonly content: string;
}

interface State {
  readonly tokens: Set<string>;
  readonly nonces: Set<string>;
  readonly labels: Set<string>;
}

const states = new WeakMap<FarSide, State>();

/** Every token has expired. */
export function endTokens(far: FarSide): void {
  states.get(far)?.tokens.clear();
}

const failure = (status: number, error: string): FakeAnswer => ({ status, body: { error } });
const done = (status: 201 | 204): FakeAnswer => ({ status });

function contentOf(far: FarSide, { type, rdata }: FarRecord): string {
  if (type !== 'TLSA') return txtValue(rdata);
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return `${usage} ${selector} ${matchingType} ${far.hex(data)}`;
}

const ownerIn = (zone: FarZone, name: string): Fqdn =>
  fqdn(name === '@' ? zone.name : `${name}.${zone.name}`);

const nameOf = (zone: FarZone, owner: Fqdn): string =>
  owner === zone.name ? '@' : owner.slice(0, -zone.name.length - 1);

function told(far: FarSide, zone: FarZone, record: FarRecord): Entry {
  const { owner, ttl, type } = record;
  return { name: nameOf(zone, owner), expire: ttl, type, content: contentOf(far, record) };
}

function isEntry(value: unknown): value is Entry {
  const entry = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof entry['expire'] === 'number' &&
    ['name', 'type', 'content'].every((key) => typeof entry[key] === 'string')
  );
}

function change(far: FarSide, zone: FarZone, { method, json }: FakeRequest): FakeAnswer {
  const entry = (json as { readonly dnsEntry?: unknown } | undefined)?.dnsEntry;
  if (!isEntry(entry)) return failure(406, 'The dnsEntry parameter is missing or not complete.');
  const { name, expire, type, content } = entry;
  const same = zone.records.find((record) => {
    const held = told(far, zone, record);
    return (
      held.name === name && held.expire === expire && held.type === type && held.content === content
    );
  });
  if (method === 'DELETE') {
    if (same === undefined) return failure(404, 'Dns entry not found.');
    far.remove(zone, same.id);
    return done(204);
  }
  if (expire < 60) return failure(406, 'The expire of a dns entry is too low.');
  if (content.length > 1024) return failure(406, 'The content of a dns entry is too long.');
  if (same !== undefined) return failure(406, 'This dns entry already exists.');
  const rdata = type === 'TXT' ? txtFromValue(content) : rdataFromText(type, content);
  far.add(zone, ownerIn(zone, name), type, rdata, expire);
  return done(201);
}

function auth({ headers, text, json }: FakeRequest, state: State): FakeAnswer {
  const signature = Buffer.from(String(headers['signature'] ?? ''), 'base64');
  const { login, nonce, label, ...rest } = json as Readonly<Record<string, unknown>>;
  if (login !== LOGIN || !verify('sha512', Buffer.from(text), publicKey, signature)) {
    return failure(401, 'The provided signature is invalid.');
  }
  const { read_only: readOnly, expiration_time: time, global_key: anywhere } = rest;
  const isComplete = typeof readOnly === 'boolean' && typeof anywhere === 'boolean';
  if (!isComplete || !/^\d+ (seconds|minutes|hours|day)$/.test(String(time))) {
    return failure(406, 'Required parameters are missing.');
  }
  if (typeof nonce !== 'string' || nonce.length > 32 || state.nonces.has(nonce)) {
    return failure(409, 'The nonce has been used before.');
  }
  if (typeof label !== 'string' || state.labels.has(label)) {
    return failure(409, 'There is a token with this label.');
  }
  state.nonces.add(nonce);
  state.labels.add(label);
  const token = `${TOKEN}${state.nonces.size}`;
  state.tokens.add(token);
  return { status: 201, body: { token } };
}

export const transip: Fake = {
  type: 'transip',
  source:
    'https://api.transip.nl/rest/docs.html (Authentication, Domains, DNS), github.com/transip/gotransip, github.com/transip/transip-api-php',
  secrets: [privateKey, TOKEN],
  options: (url) => ({ login: LOGIN, private_key: privateKey, endpoint: `${url}/v6` }),
  isWrite: ({ method, path }) => method !== 'GET' && path !== '/v6/auth',

  answer(request, far) {
    const { method, path, headers } = request;
    const state = states.get(far) ?? { tokens: new Set(), nonces: new Set(), labels: new Set() };
    states.set(far, state);
    if (path === '/v6/auth') {
      return method === 'POST' ? auth(request, state) : failure(405, 'Method not allowed.');
    }
    if (!state.tokens.has((headers.authorization ?? '').replace(/^Bearer /, ''))) {
      return failure(401, 'Your access token has expired.');
    }
    const [, name = '', dns] = /^\/v6\/domains\/([^/]+)(\/dns)?$/.exec(path) ?? [];
    if (/[_*]/.test(name)) return failure(406, 'This is not a valid domain name.');
    const zone = far.zone(name === '' ? '.' : name);
    if (zone === undefined) return failure(404, `Domain with name '${name}' not found.`);
    if (dns === undefined) return { body: { domain: { name, isTransferLocked: false } } };
    if (method === 'GET') {
      return { body: { dnsEntries: zone.records.map((record) => told(far, zone, record)) } };
    }
    return ['POST', 'DELETE'].includes(method)
      ? change(far, zone, request)
      : failure(405, 'Method not allowed.');
  },
};
