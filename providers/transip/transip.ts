// TransIP (https://api.transip.nl/rest/docs.html): a token is fetched with a signed request.
// Entries have no identifier: name, TTL, type and content together identify one.
import { randomBytes } from 'node:crypto';
import type { Fqdn } from '../../src/dns/name.ts';
import { hostOf } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Call } from '../../src/ports/call.ts';
import type { Api, ApiAnswer, ApiRequest } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import { failed } from '../_kit/failures.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { belowOrAt, mayBeDomain } from '../_kit/names.ts';
import { rdataFromText, rdataText, txtFromValue, txtValue } from '../_kit/rdata.ts';
import { reach } from '../_kit/reach.ts';
import type { HeldRecord, NewRecord, RecordVerbs } from '../_kit/records.ts';
import { overRecords } from '../_kit/records.ts';
import type { RRsetKey, ZoneRef } from '../_kit/rrsets.ts';
import type { Within } from '../_kit/session.ts';
import { sessions } from '../_kit/session.ts';
import { signer } from './signature.ts';

const HOST = 'TransIP';
/** Another change of the domain is in progress. */
const BUSY = 409;

interface Entry {
  readonly name: string;
  readonly expire: number;
  readonly type: string;
  readonly content: string;
}

interface Held extends HeldRecord {
  /** As returned: it is needed to remove the entry. */
  readonly entry: Entry;
}

type Asked = Omit<ApiRequest, 'headers'> & { readonly method: 'GET' | 'POST' | 'DELETE' };

export const transip = defineProvider({
  type: 'transip',
  title: 'TransIP',
  site: 'https://api.transip.nl/rest/docs.html',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'always',
    tellsApplied: false,
    limits: '1000 requests in 15 minutes for each account',
  },
  options: {
    login: required('text', 'the name of the account'),
    private_key: required('secret', 'the private key in PEM, as the control panel showed it once'),
    global_key: optional('flag', 'true: request tokens that are valid from any address'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Tokens are valid from the addresses of the whitelist; with global_key = true, ' +
      'they are valid from any address, if the key pair allows it.',
    'DNSSEC is on for domains that use the name servers of TransIP.',
    'A record whose TTL changes exists twice for a moment, with both TTLs.',
  ],
  async open(options, tools) {
    const { login, private_key: pem, global_key: anywhere = false } = options;
    const place = { host: HOST, address: 'https://api.transip.nl/v6', secrets: [pem] };
    const signatureOf = signer(pem);
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: ({ url, body }): Record<string, string> =>
        url.pathname.endsWith('/auth') ? { signature: signatureOf(body) } : {},
      said: (body) => body.at('error').text(),
    });
    const within = sessions(
      async (call) => {
        const nonce = randomBytes(16).toString('hex');
        const rights = { read_only: false, expiration_time: '30 minutes', global_key: anywhere };
        const body = { login, nonce, label: `holger-${nonce}`, ...rights };
        return (await api.send('POST', { path: '/auth', body }, call)).json().at('token').text();
      },
      (token) => token,
    );
    return overRecords<ZoneRef, Held>({
      host: HOST,
      traits: this.traits,
      ...verbs(askWithin(within, api)),
    });
  },
});

type Ask = (asked: Asked, call: Call) => Promise<ApiAnswer>;

const askWithin =
  (within: Within<string>, api: Api): Ask =>
  ({ method, ...request }, call) =>
    within(async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      const takes = [...(request.takes ?? []), BUSY];
      const answer = await api.send(method, { ...request, headers, takes }, call);
      if (answer.status !== BUSY) return answer;
      throw failed(HOST, request.what ?? 'a question', `${BUSY} ${answer.text}`);
    }, call);

async function list(
  { name }: ZoneRef,
  { owner, type }: RRsetKey,
  ask: Ask,
  call: Call,
): Promise<Held[]> {
  const answer = await ask({ method: 'GET', path: `${pathOf(name)}/dns` }, call);
  return answer
    .json()
    .at('dnsEntries')
    .list()
    .map((one) => ({
      name: one.at('name').text(),
      expire: one.at('expire').numeric(),
      type: one.at('type').text(),
      content: one.at('content').text(),
    }))
    .filter((one) => one.type === type && one.name.toLowerCase() === belowOrAt(owner, name))
    .map((entry) => ({
      id: `${entry.expire} ${entry.content}`,
      ttl: entry.expire,
      rdata: rdataIn(type, entry.content),
      entry,
    }));
}

async function add(zone: ZoneRef, record: NewRecord, ask: Ask, call: Call): Promise<void> {
  const { owner, type, ttl, rdata } = record;
  const content = type === 'TXT' ? txtValue(rdata) : rdataText(type, rdata);
  const dnsEntry = { name: belowOrAt(owner, zone.name), expire: ttl, type, content };
  const path = `${pathOf(zone.name)}/dns`;
  const what = `the removal of a ${type} record at ${owner}`;
  try {
    await ask({ method: 'POST', path, body: { dnsEntry }, what }, call);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'UPDATE_REFUSED') throw error;
    // There is no code for an entry that already exists.
    const now = await list(zone, { owner, type }, ask, call);
    if (!now.some((one) => one.rdata === rdata && one.ttl === ttl)) throw error;
  }
}

async function remove(
  { name }: ZoneRef,
  { entry, owner, type }: RRsetKey & { readonly entry: Entry },
  ask: Ask,
  call: Call,
): Promise<void> {
  const path = `${pathOf(name)}/dns`;
  const what = `the removal of a ${type} record at ${owner}`;
  const body = { dnsEntry: entry };
  await ask({ method: 'DELETE', path, body, what, takes: [404] }, call);
}

function verbs(ask: Ask): RecordVerbs<ZoneRef, Held> {
  return {
    async zoneAt(name, call) {
      if (!mayBeDomain(name)) return undefined;
      const answer = await ask({ method: 'GET', path: pathOf(name), takes: [404] }, call);
      return answer.status === 404 ? undefined : { name };
    },
    list: (zone, owner, type, call) => list(zone, { owner, type }, ask, call),
    add: (zone, record, call) => add(zone, record, ask, call),
    remove: (zone, record, call) => remove(zone, record, ask, call),
    async retime(zone, record, call) {
      if (record.entry.expire === record.ttl) return;
      await add(zone, record, ask, call);
      await remove(zone, record, ask, call);
    },
  };
}

const pathOf = (zone: Fqdn): string => `/domains/${encodeURIComponent(hostOf(zone))}`;

/** TXT is returned unchanged, also if it begins with a quotation mark. */
const rdataIn = (type: RecordType, content: string): RdataHex =>
  type === 'TXT' ? txtFromValue(content) : rdataFromText(type, content);
