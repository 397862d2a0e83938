import {
  rdataFromText,
  tlsaFields,
  txtFromValue,
  txtValue,
} from '../../../providers/_kit/rdata.ts';
import { stepAt, totp } from '../../../providers/inwx/totp.ts';
import { fqdn, hostOf } from '../../../src/dns/name.ts';
import type { RecordType } from '../../../src/dns/rrset.ts';
import type { Fake, FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarRecord, FarSide, FarZone } from '../far-side.ts';

const USER = 'mail-operator';
const PASSWORD = 'inwx-password-7hEqo2';
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const SESSION = 'domrobot-session-cookie-';

interface Login {
  isUnlocked: boolean;
}

interface State {
  readonly logins: Map<string, Login>;
  /** Codes are good for one login. */
  readonly used: Set<number>;
}

type Params = Readonly<Record<string, unknown>>;

const told = (code: number, msg: string, more: object = {}): FakeAnswer => ({
  body: { code, msg, runtime: 0.02, svTRID: '20261122-1', ...more },
});
const done = (resData: object = {}): FakeAnswer =>
  told(1000, 'Command completed successfully', { resData });
const MISSING_FIELD = told(2003, 'Required parameter missing');
const NOTHING = told(2303, 'Object does not exist');
const LOCKED = told(2200, 'Authentication error', {
  reasonCode: 'Error_AccountUnlockRequired',
  reason: 'You need to unlock your account with your mobile TAN.',
});
const WRONG_CODE = told(2200, 'Authentication error', {
  reasonCode: 'INVALID',
  reason: 'The confirmation code is invalid.',
});

function recordTold(far: FarSide, { id, owner, type, rdata, ttl }: FarRecord): object {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  const content =
    type === 'TLSA' ? `${usage} ${selector} ${matchingType} ${far.hex(data)}` : txtValue(rdata);
  return { id, name: hostOf(owner), type, content, ttl, prio: 0 };
}

function info(far: FarSide, { domain, name, type }: Params): FakeAnswer {
  if (typeof domain !== 'string') return MISSING_FIELD;
  if (/[_*]/.test(domain)) return told(2005, 'Parameter value syntax error');
  const zone = far.zone(domain);
  if (zone === undefined) return NOTHING;
  const soa = {
    id: `${zone.id}0`,
    name: domain,
    type: 'SOA',
    content: 'ns.inwx.de …',
    ttl: 86_400,
  };
  const all = [soa, ...zone.records.map((record) => recordTold(far, record))] as {
    readonly name: string;
    readonly type: string;
  }[];
  const record = all.filter(
    (one) => (name === undefined || one.name === name) && (type === undefined || one.type === type),
  );
  const head = { roId: Number(zone.id), domain, type: 'MASTER', count: record.length };
  return done(record.length === 0 ? head : { ...head, record });
}

function create(far: FarSide, { domain, name, type, content, ttl = 3600 }: Params): FakeAnswer {
  const texts = [domain, name, type, content];
  if (!texts.every((text): text is string => typeof text === 'string')) return MISSING_FIELD;
  const [zoneName = '', owner = '', kind = '', text = ''] = texts;
  if (typeof ttl !== 'number') return told(2005, 'Parameter value syntax error');
  if (ttl < 300 || ttl > 864_000) return told(2004, 'Parameter value range error');
  const zone = far.zone(zoneName);
  if (zone === undefined) return NOTHING;
  const rdata = kind === 'TXT' ? txtFromValue(text) : rdataFromText(kind as RecordType, text);
  const there = far.records(zone, fqdn(owner), kind);
  if (there.some((record) => record.rdata === rdata)) return told(2302, 'Object exists');
  return done({ id: far.add(zone, fqdn(owner), kind as RecordType, rdata, ttl).id });
}

function one(far: FarSide, method: string, { id, ttl }: Params): FakeAnswer {
  if (typeof id !== 'string') return MISSING_FIELD;
  const holds = ({ records }: FarZone): boolean => records.some((record) => record.id === id);
  const zone = far.zones.find(holds);
  const record = zone?.records.find((item) => item.id === id);
  if (zone === undefined || record === undefined) return NOTHING;
  if (method === 'nameserver.deleteRecord') far.remove(zone, id);
  // A TTL that is too short is raised here, without a word in the answer.
  else if (typeof ttl === 'number' && ttl >= 300) record.ttl = ttl;
  return done();
}

function enter({ user, pass }: Params, state: State): FakeAnswer {
  if (user !== USER || pass !== PASSWORD) return told(2200, 'Authentication error');
  const name = `${SESSION}${state.logins.size}`;
  state.logins.set(name, { isUnlocked: false });
  const cookie = `domrobot=${name}; expires=Wed, 25 Nov 2026 10:00:00 GMT; path=/; secure; HttpOnly`;
  const resData = { customerId: 1, accountId: 2, tfa: 'GOOGLE-AUTH', version: '3.4' };
  return { ...done(resData), headers: { 'set-cookie': cookie } };
}

/** The code of now, of the step before or of the next, and each for one login. */
function unlock({ tan }: Params, login: Login, state: State, now: number): FakeAnswer {
  const at = stepAt(now);
  const step = [at - 1, at, at + 1].find((one) => totp(SECRET, one) === tan);
  if (step === undefined || state.used.has(step)) return WRONG_CODE;
  state.used.add(step);
  login.isUnlocked = true;
  return done();
}

const states = new WeakMap<FarSide, State>();

/** Every login has expired. */
export function endLogins(far: FarSide): void {
  states.get(far)?.logins.clear();
}

interface Rpc {
  readonly method: string;
  readonly params?: Params;
}

export function inwxAt(now: () => number): Fake {
  return {
    type: 'inwx',
    source:
      'https://www.inwx.de/en/help/apidoc/f/ch02s15.html (nameserver), github.com/inwx/php-client, inwx/ansible-collection, inwx/nodejs-client issue 28',
    secrets: [PASSWORD, SECRET, SESSION],
    options: (url) => ({
      user: USER,
      password: PASSWORD,
      totp: SECRET,
      endpoint: `${url}/jsonrpc/`,
    }),
    isWrite: ({ json }: FakeRequest) =>
      /Record$/.test((json as { readonly method: string }).method),

    answer({ method, path, headers, json }, far) {
      if (method !== 'POST' || path !== '/jsonrpc/') return { status: 404, body: 'Not Found' };
      const { method: name, params = {} } = json as Rpc;
      const state = states.get(far) ?? { logins: new Map<string, Login>(), used: new Set() };
      states.set(far, state);
      if (name === 'account.login') return enter(params, state);
      const login = state.logins.get(/domrobot=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '');
      if (login === undefined) return told(2002, 'Command use error');
      if (name === 'account.unlock') return unlock(params, login, state, now());
      if (!login.isUnlocked) return LOCKED;
      if (name === 'nameserver.info') return info(far, params);
      if (name === 'nameserver.createRecord') return create(far, params);
      if (/^nameserver\.(update|delete)Record$/.test(name)) return one(far, name, params);
      return told(2000, 'Unknown command');
    },
  };
}

export const inwx = inwxAt(() => Date.now() / 1000);
