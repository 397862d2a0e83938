// Porkbun (https://porkbun.com/api/json/v3/documentation): single records. Every request is a POST
// with the keys in its body, and the error is in the answer. A record is changed by its identifier:
// a change by name and type would merge all records of the RRset into one.
import type { Clock } from '../src/base/clock.ts';
import { defined } from '../src/base/defined.ts';
import type { AppError } from '../src/base/errors.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import { boundedRetry } from '../src/http/retry-after.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { denied, failed, limited, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { below, closestIn } from './_kit/names.ts';
import { pageBounds } from './_kit/pages.ts';
import { rdataFromText, rdataText, txtFromValue, txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { NewRecord, RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';

const HOST = 'Porkbun';
/** Older answers have no code, only a message. */
const DENIED =
  /^INVALID_API_KEYS|^API_KEY_REQUIRED|^INVALID_USER|^IP_NOT_ALLOWED|^DOMAIN_NOT_ALLOWED|^API_ACCESS_DISABLED|invalid api key|not opted in to api access/i;
const NO_RECORD = /^INVALID_RECORD_ID|invalid record id/i;
const DUPLICATE = /^DUPLICATE_RECORD/;
const LIMITED = /^RATE_LIMIT_EXCEEDED/;
/** If a limit names no time. */
const USUAL_PAUSE = 60;

export const porkbun = defineProvider({
  type: 'porkbun',
  title: 'Porkbun',
  site: 'https://porkbun.com/api/json/v3/documentation',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 600 },
    signs: 'on-request',
    tellsApplied: false,
    limits: '20 requests in two seconds; 2500 records for each domain',
  },
  options: {
    api_key: required('secret', 'the API key: pk1_…'),
    secret_api_key: required('secret', 'the secret API key: sk1_…'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'API access must be enabled for each domain in its settings.',
    'Check the DS record of the domain before you rely on TLSA: whether Porkbun signs ' +
      "the zone depends on the domain's name servers.",
  ],
  async open(options, tools) {
    const { api_key: key, secret_api_key: secret } = options;
    const address = 'https://api.porkbun.com/api/json/v3';
    const api = createApi({
      ...(await reach({ host: HOST, address, secrets: [key, secret] }, options, tools)),
      headers: () => ({}),
      said: (body) => body.at('message').text(),
    });
    const ask = askWith({ apikey: key, secretapikey: secret }, api, tools.clock);
    const provider = overRecords<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(ask) });
    const findZone: typeof provider.findZone = async (name, call) =>
      closestIn(name, await zonesOf(ask, call))?.name;
    return { ...provider, findZone };
  },
});

function verbs(ask: Ask): RecordVerbs<ZoneRef> {
  return {
    zoneAt: async (name, call) => (await zonesOf(ask, call)).find((zone) => zone.name === name),
    async list(zone, owner, type, call) {
      const answer = await ask(`/dns/retrieve/${pathOf(zone)}`, {}, call);
      return answer
        .at('records')
        .list()
        .filter((record) => record.at('type').text() === type)
        .filter((record) => fqdn(record.at('name').text()) === owner)
        .map((record) => ({
          id: record.at('id').id(),
          ttl: record.at('ttl').numeric(),
          rdata: rdataOf(type, record.at('content').text()),
        }));
    },
    async add(zone, record, call) {
      const what = `a new ${record.type} record at ${record.owner}`;
      const path = `/dns/create/${pathOf(zone)}`;
      await ask(path, bodyOf(zone, record), call, { what, done: DUPLICATE });
    },
    async remove(zone, { id, owner, type }, call) {
      const what = `the removal of a ${type} record at ${owner}`;
      const path = `/dns/delete/${pathOf(zone)}/${encodeURIComponent(id)}`;
      await ask(path, {}, call, { what, done: NO_RECORD });
    },
    async retime(zone, record, call) {
      const what = `the TTL of ${record.type} at ${record.owner}`;
      const path = `/dns/edit/${pathOf(zone)}/${encodeURIComponent(record.id)}`;
      await ask(path, bodyOf(zone, record), call, { what });
    },
  };
}

interface Meaning {
  readonly what?: string;
  /** What means that it is as it should be, though the answer says no. */
  readonly done?: RegExp;
}

type Ask = (path: string, more: object, call: Call, meaning?: Meaning) => Promise<Json>;

function askWith(keys: object, api: Api, clock: Clock): Ask {
  return async (path, more, call, { what, done } = {}) => {
    const request = { path, body: { ...keys, ...more }, takes: [400], ...defined({ what }) };
    const answer = await api.send('POST', request, call);
    const told = answer.json();
    if (told.at('status').raw === 'SUCCESS') return told;
    const said = [told.at('code').raw, told.at('message').raw].filter((one) => one !== undefined);
    if (done !== undefined && said.some((one) => done.test(String(one)))) return told;
    throw errorOf({ told, status: answer.status, said: said.join(' ') }, what, clock);
  };
}

async function zonesOf(ask: Ask, call: Call): Promise<readonly ZoneRef[]> {
  const found: ZoneRef[] = [];
  const bound = pageBounds(HOST, 'the list of domains');
  for (;;) {
    const more = await ask('/domain/listAll', { start: found.length }, call);
    const page = more.at('domains').list();
    if (page.length === 0) return found;
    const names = page.map((domain) => fqdn(domain.at('domain').text()));
    if (found.some(({ name }) => name === names[0])) {
      throw failed(HOST, 'the list of domains', 'a page comes twice');
    }
    found.push(...names.map((name) => ({ name })));
    bound(page.length);
  }
}

const pathOf = ({ name }: ZoneRef): string => encodeURIComponent(hostOf(name));

interface Refusal {
  readonly told: Json;
  readonly status: number;
  readonly said: string;
}

function errorOf({ told, status, said }: Refusal, what = 'a question', clock: Clock): AppError {
  if (DENIED.test(said)) return denied(HOST, said);
  if (LIMITED.test(said)) {
    const pause = told.at('ttlRemaining');
    const now = clock.now();
    const end = now + (pause.isMissing ? USUAL_PAUSE : pause.numeric());
    return limited(HOST, boundedRetry(end, now), said);
  }
  // With status 200, only an answer of ERROR means that nothing was done.
  const isRefusal = status === 400 || told.at('status').raw === 'ERROR';
  return isRefusal ? refused(HOST, what, said) : failed(HOST, what, said);
}

/** TXT is returned unchanged: quotation marks are part of the value. */
const rdataOf = (type: RecordType, content: string): RdataHex =>
  type === 'TLSA' ? rdataFromText(type, content) : txtFromValue(content);

function bodyOf(zone: ZoneRef, { owner, type, ttl, rdata }: NewRecord): object {
  const content = type === 'TLSA' ? rdataText(type, rdata) : txtValue(rdata);
  return { name: below(owner, zone.name), type, content, ttl: String(ttl) };
}
