// netcup (https://helpcenter.netcup.com/en/wiki/general/our-api/): one URL for every action, within
// a session that ends after some minutes. Records have the TTL of their zone. Every answer has
// status 200 and a code.
import { hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { AppError } from '../src/base/errors.ts';
import type { Clock } from '../src/base/clock.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { denied, failed, limited, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { belowOrAt, mayBeDomain } from './_kit/names.ts';
import { rdataFromText, rdataText, txtFromInside, txtInside } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { HeldRecord, RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';
import { sessions } from './_kit/session.ts';

const HOST = 'netcup';
/** "Getting DNS zone failed", and "The zone … could not be found". */
const NO_ZONE = [5031, 5028];
/** A zone without records is reported as an error. */
const NO_RECORDS = 5029;

interface Zone extends ZoneRef {
  readonly leastTtl: number;
}

interface Held extends HeldRecord {
  /** As returned: it is sent back complete, with a mark that it is to be deleted. */
  readonly told: object;
}

interface Asked {
  readonly action: string;
  readonly param: object;
  readonly what?: string;
  /** Codes that are answers, besides those of success. */
  readonly takes?: readonly number[];
}

export const netcup = defineProvider({
  type: 'netcup',
  title: 'netcup',
  site: 'https://ccp.netcup.net/run/webservice/servers/endpoint.php',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 300, zone: true },
    signs: 'on-request',
    tellsApplied: false,
    limits: '180 requests a minute',
  },
  options: {
    customer: required('text', 'the customer number'),
    api_key: required('secret', 'an API key of the customer control panel'),
    api_password: required('secret', 'the API password of the customer control panel'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'This is the API of the customer control panel: it does not reach domains that ' +
      'netcup has moved to its CloudDNS.',
    'All records have the TTL of their zone: every rollover waits for it, so set it to ' +
      'an hour or less.',
    'It takes up to 15 minutes until the name servers have a change.',
    'Switch DNSSEC on in the DNS settings of the domain.',
    'netcup also answers "More than 180 requests per minute" if the key or the password ' +
      'is wrong.',
  ],
  async open(options, tools) {
    const { customer, api_key: key, api_password: password } = options;
    const address = 'https://ccp.netcup.net/run/webservice/servers/endpoint.php?JSON';
    const api = createApi({
      ...(await reach({ host: HOST, address, secrets: [key, password] }, options, tools)),
      headers: () => ({}),
      said: saidIn,
    });
    const ask = askAs({ apikey: key, customernumber: customer }, password, api, tools.clock);
    return overRecords<Zone, Held>({ host: HOST, traits: this.traits, ...verbs(ask) });
  },
});

type Ask = (asked: Asked, call: Call) => Promise<Json>;

function askAs(account: object, password: string, api: Api, clock: Clock): Ask {
  const send: Ask = async (asked, call) => {
    const { action, param, what, takes = [] } = asked;
    const body = { action, param: { ...account, ...param } };
    const answer = (await api.send('POST', { path: '', body, ...(what && { what }) }, call)).json();
    const code = answer.at('statuscode').numeric();
    if ((code >= 2000 && code < 3000) || takes.includes(code)) return answer;
    throw errorOf(code, saidIn(answer), asked, clock);
  };
  const within = sessions(
    async (call) => {
      const answer = await send({ action: 'login', param: { apipassword: password } }, call);
      return answer.at('responsedata').at('apisessionid').text();
    },
    (session) => session,
  );
  return (asked, call) =>
    within((session) => {
      const param = { apisessionid: session, ...asked.param };
      return send({ ...asked, param }, call);
    }, call);
}

function verbs(ask: Ask): RecordVerbs<Zone, Held> {
  const write = async (zone: Zone, record: object, what: string, call: Call): Promise<void> => {
    const dnsrecordset = { dnsrecords: [record] };
    const param = { domainname: hostOf(zone.name), dnsrecordset };
    await ask({ action: 'updateDnsRecords', param, what }, call);
  };
  return {
    async zoneAt(name, call) {
      if (!mayBeDomain(name)) return undefined;
      const param = { domainname: hostOf(name) };
      const answer = await ask({ action: 'infoDnsZone', param, takes: NO_ZONE }, call);
      if (NO_ZONE.includes(answer.at('statuscode').numeric())) return undefined;
      return { name, leastTtl: answer.at('responsedata').at('ttl').numeric() };
    },
    async list({ name, leastTtl: ttl }, owner, type, call) {
      const param = { domainname: hostOf(name) };
      const answer = await ask({ action: 'infoDnsRecords', param, takes: [NO_RECORDS] }, call);
      if (answer.at('statuscode').numeric() === NO_RECORDS) return [];
      return answer
        .at('responsedata')
        .at('dnsrecords')
        .list()
        .filter((record) => isOf(record, belowOrAt(owner, name), type))
        .map((record) => ({
          id: record.at('id').id(),
          rdata: rdataIn(type, record.at('destination').text()),
          told: record.raw as object,
          ttl,
        }));
    },
    async add(zone, { owner, type, rdata }, call) {
      const destination = type === 'TXT' ? txtInside(rdata) : rdataText(type, rdata);
      const name = { id: '', hostname: belowOrAt(owner, zone.name), type };
      const more = { priority: '0', destination, deleterecord: false, state: 'yes' };
      await write(zone, { ...name, ...more }, `the removal of a ${type} record at ${owner}`, call);
    },
    async remove(zone, { told, owner, type }, call) {
      const what = `the removal of a ${type} record at ${owner}`;
      await write(zone, { ...told, deleterecord: true }, what, call);
    },
  };
}

function isOf(record: Json, name: string, type: RecordType): boolean {
  return record.at('type').text() === type && record.at('hostname').text().toLowerCase() === name;
}

const rdataIn = (type: RecordType, destination: string): RdataHex =>
  type === 'TXT' ? txtFromInside(destination) : rdataFromText(type, destination);

function saidIn(body: Json): string {
  const texts = [body.at('shortmessage'), body.at('longmessage')];
  return texts.flatMap((text) => (text.isMissing ? [] : [text.text()])).join(' ');
}

function errorOf(code: number, text: string, { action, what }: Asked, clock: Clock): AppError {
  const said = `${code} ${text}`;
  const asked = what ?? 'a question';
  // After too many mistakes netcup refuses all requests for some time.
  if (/too many error/i.test(text)) return limited(HOST, clock.now() + 900, said);
  if (/requests per minute/i.test(text)) return limited(HOST, clock.now() + 60, said);
  // 4001: the session has ended. 4003: the key is invalid. Any other refusal of a login is about
  // its key or password.
  if ([4001, 4003].includes(code) || action === 'login') return denied(HOST, said);
  return code >= 4000 && code < 5000 ? refused(HOST, asked, said) : failed(HOST, asked, said);
}
