// DNSimple (https://developer.dnsimple.com/v2/zones/records/): single records with numbers below an
// account, and a query whether all its name servers have the zone.
import type { Clock } from '../src/base/clock.ts';
import { AppError } from '../src/base/errors.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from './_kit/kind.ts';
import { below } from './_kit/names.ts';
import { allPages } from './_kit/pages.ts';
import { rdataFromText, rdataText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RecordVerbs } from './_kit/records.ts';
import { overRecords } from './_kit/records.ts';
import type { ZoneRef } from './_kit/rrsets.ts';

const HOST = 'DNSimple';
const PAGE = 100;
/** Each query costs one of the requests of the hour. */
const LOOKS = 12;
const BETWEEN_LOOKS = 5;

export const dnsimple = defineProvider({
  type: 'dnsimple',
  title: 'DNSimple',
  site: 'https://developer.dnsimple.com/v2/zones/records/',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'record',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: true,
    limits: '2400 requests an hour',
  },
  options: {
    token: required('secret', 'an API access token, best of an account and for one zone'),
    account: optional('text', 'the number of the account, where a user token has more than one'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Its API description does not name TLSA among the record types, but others write ' +
      'such records there: test it first at a name that nothing uses.',
    'Records of some regions are served only there: a TLSA record must be global.',
    'DNSSEC is switched on for each zone.',
  ],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.dnsimple.com/v2', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said,
    });
    let known = options.account;
    const zones = async (call: Call): Promise<string> => {
      known ??= await accountOf(api, call);
      return `/${encodeURIComponent(known)}/zones`;
    };
    const provider = overRecords<ZoneRef>({
      host: HOST,
      traits: this.traits,
      ...verbs(api, zones),
    });
    return {
      ...provider,
      async apply(edit, call) {
        const outcome = await provider.apply(edit, call);
        const zone = `${await zones(call)}/${encodeURIComponent(hostOf(edit.zone))}`;
        if (outcome === 'accepted')
          await distributed(api, `${zone}/distribution`, tools.clock, call);
        return outcome;
      },
    };
  },
});

function verbs(api: Api, zones: (call: Call) => Promise<string>): RecordVerbs<ZoneRef> {
  const recordsOf = async ({ name }: ZoneRef, call: Call): Promise<string> =>
    `${await zones(call)}/${encodeURIComponent(hostOf(name))}/records`;
  return {
    async zoneAt(name, call) {
      const path = `${await zones(call)}/${encodeURIComponent(hostOf(name))}`;
      const answer = await api.send('GET', { path, takes: [404] }, call);
      if (answer.status === 404) return undefined;
      return { name: fqdn(answer.json().at('data').at('name').text()) };
    },
    async list(zone, owner, type, call) {
      const filter = { name: below(owner, zone.name), type };
      const records = await pages(api, await recordsOf(zone, call), filter, call);
      return records
        .filter((record) => record.at('name').text().toLowerCase() === filter.name)
        .filter((record) => record.at('type').text() === type)
        .map((record) => ({
          id: record.at('id').id(),
          ttl: record.at('ttl').number(),
          rdata: rdataFromText(type, record.at('content').text()),
        }));
    },
    async add(zone, { owner, type, ttl, rdata }, call) {
      const path = await recordsOf(zone, call);
      const content = rdataText(type, rdata);
      const body = { name: below(owner, zone.name), type, content, ttl };
      await api.send(
        'POST',
        { path, body, what: `the removal of a ${type} record at ${owner}` },
        call,
      );
    },
    async remove(zone, { id, owner, type }, call) {
      const path = `${await recordsOf(zone, call)}/${encodeURIComponent(id)}`;
      const what = `the removal of a ${type} record at ${owner}`;
      await api.send('DELETE', { path, what, takes: [404] }, call);
    },
    async retime(zone, { id, owner, type, ttl }, call) {
      const path = `${await recordsOf(zone, call)}/${encodeURIComponent(id)}`;
      const what = `the TTL of ${type} at ${owner}`;
      await api.send('PATCH', { path, body: { ttl }, what }, call);
    },
  };
}

/** A message, and what is wrong with each field. */
function said(body: Json): string {
  const errors = body.at('errors').raw;
  return `${body.at('message').text()}${errors === undefined ? '' : ` ${JSON.stringify(errors)}`}`;
}

/** An account token has one account; a user token has all accounts of its user. */
async function accountOf(api: Api, call: Call): Promise<string> {
  const who = (await api.send('GET', { path: '/whoami' }, call)).json().at('data');
  if (!who.at('account').isMissing) return who.at('account').at('id').id();
  const accounts = (await api.send('GET', { path: '/accounts' }, call)).json().at('data').list();
  const [only, ...others] = accounts.map((account) => account.at('id').id());
  if (only !== undefined && others.length === 0) return only;
  throw new AppError('CONFIG_INVALID', `the token for ${HOST} has ${accounts.length} accounts`, {
    hint: 'name one with account = "…"; its number is in the URL of its pages after /a/',
  });
}

async function pages(
  api: Api,
  path: string,
  filter: Readonly<Record<string, string>>,
  call: Call,
): Promise<readonly Json[]> {
  return allPages(HOST, 'its list of records', async (page) => {
    const query = { ...filter, page, per_page: PAGE };
    const answer = (await api.send('GET', { path, query }, call)).json();
    const last = answer.at('pagination').at('total_pages').number();
    return { items: answer.at('data').list(), isLast: page >= last };
  });
}

/**
 * Waits until all name servers have the zone, a minute at most. A timeout or an unknown result is
 * not a failure of the change.
 */
async function distributed(api: Api, path: string, clock: Clock, call: Call): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const isDone = await api.send('GET', { path }, call).then(
      (answer) => answer.json().at('data').at('distributed').raw === true,
      (error: unknown) => {
        if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
        // A limit is reached, or the plan does not include it: further queries are useless.
        return error.code !== 'PROVIDER_FAILED';
      },
    );
    if (isDone || looks >= LOOKS) return;
    await clock.sleep(BETWEEN_LOOKS, call.signal);
  }
}
