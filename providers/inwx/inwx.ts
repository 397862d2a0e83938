// INWX (https://www.inwx.de/en/help/apidoc): JSON-RPC within a session that is a cookie. Every
// answer has status 200 and a code as in EPP (RFC 5730 §3).
import { hostOf } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Call } from '../../src/ports/call.ts';
import type { Api, ApiAnswer } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import { denied, failed, limited, refused } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { mayBeDomain } from '../_kit/names.ts';
import { rdataFromText, rdataText, txtValue } from '../_kit/rdata.ts';
import { reach } from '../_kit/reach.ts';
import type { HeldRecord, RecordVerbs } from '../_kit/records.ts';
import { overRecords } from '../_kit/records.ts';
import type { ZoneRef } from '../_kit/rrsets.ts';
import { sessions } from '../_kit/session.ts';
import { STEP, stepAt, totp } from './totp.ts';

const HOST = 'INWX';
const EXISTS = 2302;
const MISSING = 2303;

interface Held extends HeldRecord {
  /** A number or a text: it is sent back in the same type. */
  readonly key: unknown;
}

interface Asked {
  readonly method: string;
  readonly params: object;
  readonly what?: string;
  /** Codes that are answers, besides those of success. */
  readonly takes?: readonly number[];
}

export const inwx = defineProvider({
  type: 'inwx',
  title: 'INWX',
  site: 'https://www.inwx.de/en/help/apidoc',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 300 },
    signs: 'on-request',
    tellsApplied: false,
  },
  options: {
    user: required('text', 'an account; one that may only edit DNS is sufficient'),
    password: required('secret', 'its password'),
    totp: optional('secret', 'the secret of its second factor, as shown below the QR code'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Switch DNSSEC on for the domain in the customer area.',
    'A code of the second factor is valid for one login in 30 s: a run that follows at ' +
      'once waits for the next code.',
    'A second factor stored beside the password protects less; INWX offers accounts for ' +
      'DNS only, without one.',
  ],
  async open(options, tools) {
    const { user, password, totp: second } = options;
    const secrets = second === undefined ? [password] : [password, second];
    const address = 'https://api.domrobot.com/jsonrpc/';
    const api = createApi({
      ...(await reach({ host: HOST, address, secrets }, options, tools)),
      headers: () => ({}),
      said: (body) => saidIn(body),
    });
    const rpc = rpcOver(api, tools.clock);
    const login = loginWith(rpc, tools.clock, { user, password, second });
    const within = sessions(login, (cookie) => cookie);
    const ask: Ask = (asked, call) =>
      within(async (cookie) => (await rpc(asked, call, cookie)).json(), call);
    return overRecords<ZoneRef, Held>({ host: HOST, traits: this.traits, ...verbs(ask) });
  },
});

type Ask = (asked: Asked, call: Call) => Promise<Json>;

function verbs(ask: Ask): RecordVerbs<ZoneRef, Held> {
  return {
    async zoneAt(name, call) {
      if (!mayBeDomain(name)) return undefined;
      const params = { domain: hostOf(name), type: 'SOA' };
      const answer = await ask({ method: 'nameserver.info', params, takes: [MISSING] }, call);
      return answer.at('code').numeric() === MISSING ? undefined : { name };
    },
    async list(zone, owner, type, call) {
      const params = { domain: hostOf(zone.name), name: hostOf(owner), type };
      const records = (await ask({ method: 'nameserver.info', params }, call))
        .at('resData')
        .at('record');
      return records.isMissing
        ? []
        : records
            .list()
            .filter((record) => isOf(record, owner, type))
            .map((record) => ({
              id: record.at('id').id(),
              key: record.at('id').raw,
              ttl: record.at('ttl').numeric(),
              rdata: rdataFromText(type, record.at('content').text()),
            }));
    },
    async add(zone, { owner, type, ttl, rdata }, call) {
      const content = type === 'TXT' ? txtValue(rdata) : rdataText(type, rdata);
      const params = { domain: hostOf(zone.name), name: hostOf(owner), type, content, ttl };
      const what = `the removal of a ${type} record at ${owner}`;
      await ask({ method: 'nameserver.createRecord', params, what, takes: [EXISTS] }, call);
    },
    async remove(_zone, { key, owner, type }, call) {
      const what = `the removal of a ${type} record at ${owner}`;
      const params = { id: key };
      await ask({ method: 'nameserver.deleteRecord', params, what, takes: [MISSING] }, call);
    },
    async retime(_zone, { key, owner, type, ttl }, call) {
      const what = `the TTL of ${type} at ${owner}`;
      await ask({ method: 'nameserver.updateRecord', params: { id: key, ttl }, what }, call);
    },
  };
}

function isOf(record: Json, owner: Fqdn, type: RecordType): boolean {
  return (
    record.at('type').text() === type && record.at('name').text().toLowerCase() === hostOf(owner)
  );
}

type Rpc = (asked: Asked, call: Call, cookie?: string) => Promise<ApiAnswer>;

function rpcOver(api: Api, clock: Clock): Rpc {
  return async ({ method, params, what, takes = [] }, call, cookie) => {
    const headers = cookie === undefined ? {} : { cookie };
    const request = { path: '', body: { method, params }, headers, ...(what && { what }) };
    const answer = await api.send('POST', request, call);
    const body = answer.json();
    const code = body.at('code').numeric();
    if ((code >= 1000 && code < 2000) || takes.includes(code)) return answer;
    const said = `${code} ${saidIn(body)}`;
    // 2002 Command use error: not logged in. 2200 Authentication error, 2201 Authorization error,
    // 2501 the same and the session ends.
    if ([2002, 2200, 2201, 2501].includes(code)) throw denied(HOST, said);
    if (code === 2502) throw limited(HOST, clock.now() + 60, said);
    const asked = what ?? 'a question';
    throw code >= 2000 && code < 2400 ? refused(HOST, asked, said) : failed(HOST, asked, said);
  };
}

function saidIn(body: Json): string {
  const texts = [body.at('msg'), body.at('reason')];
  return texts.flatMap((text) => (text.isMissing ? [] : [text.text()])).join(': ');
}

/**
 * The cookies of an answer, without their attributes, to be sent back. Several lines are joined
 * with ", ".
 */
function cookiesOf({ headers }: ApiAnswer): string {
  const found = (headers['set-cookie'] ?? '').matchAll(/(?:^|, )([^;,=\s]+=[^;,]*)/g);
  return [...found].map(([, cookie = '']) => cookie).join('; ');
}

function loginWith(
  rpc: Rpc,
  clock: Clock,
  { user, password, second }: { user: string; password: string; second: string | undefined },
): (call: Call) => Promise<string> {
  let last = -Infinity;

  async function unlock(secret: string, cookie: string, call: Call): Promise<void> {
    if (stepAt(clock.now()) <= last) {
      await clock.sleep((last + 1) * STEP - clock.now(), call.signal);
    }
    last = Math.max(stepAt(clock.now()), last + 1);
    const params = { tan: totp(secret, last) };
    await rpc({ method: 'account.unlock', params }, call, cookie);
  }

  return async (call) => {
    const params = { user, pass: password, lang: 'en' };
    const answer = await rpc({ method: 'account.login', params }, call);
    const cookie = cookiesOf(answer);
    const factor = answer.json().at('resData').at('tfa').raw;
    if (factor !== 'GOOGLE-AUTH') return cookie;
    if (second === undefined) {
      throw denied(HOST, 'the account asks for a second factor, and no totp is configured');
    }
    try {
      await unlock(second, cookie, call);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'PROVIDER_AUTH') throw error;
      // Another run may have used this code: wait for the next one.
      await unlock(second, cookie, call);
    }
    return cookie;
  };
}
